from pathlib import Path

import pytest

from operations.cost import workload
from operations.cost.workload import PATH, load
from operations.refusal import Refusal


def test_the_owners_figures_stand_as_they_were_given() -> None:
    """They are changed by a decision record, and then here."""
    person = load().person

    assert person.sessions == 25
    assert person.requests_a_session == 20
    assert person.likes_a_session == 8
    assert person.socket_minutes_a_session == 12
    assert person.pictures == 2


def test_the_kinds_of_requests_are_all_of_a_session() -> None:
    found = load()

    assert found.json_a_session + found.pictures_a_session == found.person.requests_a_session
    assert found.pictures_a_session / found.json_a_session == pytest.approx(2, abs=0.01)
    assert sum(found.regions.values()) == pytest.approx(1)


def test_pictures_are_uploaded_as_often_as_their_forms_are_asked_for() -> None:
    found = load()

    assert found.requests["picture"] * found.person.sessions == pytest.approx(found.person.pictures)


def test_the_edge_keeps_public_requests_from_the_origin() -> None:
    """Of a session's 6.67 requests of JSON, 3.72 are public."""
    found = load()
    acts = found.acts()

    answered = found.edge.offload_json * 6.67
    assert sum(acts[name] for name in workload.PUBLIC) == pytest.approx(25 * (3.72 - answered))
    assert acts["feed"] == pytest.approx(25 * found.requests["feed"])
    assert (acts["like"], acts["ping"]) == (200, 75)


@pytest.mark.parametrize("cut", ["sessions = 25", "tonight = 1.24", "sa-east-1 = 0.35"])
def test_a_figure_that_lacks_is_named(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "workload.toml"
    text = PATH.read_text(encoding="utf-8")
    path.write_text(text.replace(cut, ""))

    assert cut in text
    with pytest.raises(Refusal, match=cut.split(" ", 1)[0]):
        load(path)


def test_another_reading_reads_more_and_writes_no_more() -> None:
    found = load()
    dearer = workload.all_of_json(found)

    assert dearer.json_a_session == pytest.approx(20)
    assert dearer.pictures_a_session == pytest.approx(40)
    assert dearer.acts()["post"] == found.acts()["post"]
    assert dearer.acts()["feed"] > 3 * found.acts()["feed"]
