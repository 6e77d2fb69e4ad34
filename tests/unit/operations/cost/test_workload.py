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

    assert sum(found.requests.values()) == pytest.approx(found.person.requests_a_session)
    assert sum(found.regions.values()) == pytest.approx(1)


def test_pictures_are_uploaded_as_often_as_their_forms_are_asked_for() -> None:
    found = load()

    assert found.requests["picture"] * found.person.sessions == pytest.approx(found.person.pictures)


def test_the_edge_keeps_public_requests_from_the_origin() -> None:
    """Of the 20 requests, 12 are public."""
    found = load()
    acts = found.acts()

    answered = found.edge.offload_json * 20
    assert sum(acts[name] for name in workload.PUBLIC) == pytest.approx(25 * (12 - answered))
    assert acts["feed"] == pytest.approx(25 * found.requests["feed"])
    assert (acts["like"], acts["ping"]) == (200, 300)


@pytest.mark.parametrize("cut", ["sessions = 25", "tonight = 4.0", "sa-east-1 = 0.35"])
def test_a_figure_that_lacks_is_named(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "workload.toml"
    text = PATH.read_text(encoding="utf-8")
    path.write_text(text.replace(cut, ""))

    assert cut in text
    with pytest.raises(Refusal, match=cut.split(" ", 1)[0]):
        load(path)
