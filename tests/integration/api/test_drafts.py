"""Drafts are kept as they are sent, and checked when they are published."""

from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.drafts import service
from mundotango.errors import Conflict
from tests.factories.media import ready_media
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


def test_a_draft_is_kept_changed_and_published_once(gateway: Gateway, join: Join, announced: FakeActivities) -> None:
    malena, picture = join("malena"), ids.new_id()
    kept = gateway.post(
        "/api/drafts", user=malena, json={"body": " ", "media": [{"id": str(picture)}], "language": "?"}
    )
    assert kept.status == 201
    path = kept.headers["location"]
    assert gateway.get(path, user=malena).json() == kept.json()
    assert kept.json()["media"] == [{"id": str(picture), "alt": None}]
    assert gateway.post(f"{path}/publish", user=malena).refused_fields == {"media.0.alt"}
    described = {"body": " ", "media": [{"id": str(picture), "alt": ""}], "language": "?"}
    assert gateway.put(path, user=malena, json=described).json()["media"] == described["media"]
    assert gateway.post(f"{path}/publish", user=malena).refused_fields == {"language"}
    row = ready_media(owner_id=malena)
    gateway.platform.media.add(row)
    content = {
        "body": "Hola",
        "city": "Rosario",
        "media": [{"id": str(row.media_id), "alt": "us"}],
        "visibility": "followers",
    }
    assert gateway.put(path, user=malena, json=content).json()["body"] == "Hola"
    made = gateway.post(f"{path}/publish", user=malena)
    assert (made.status, made.json()["visibility"], made.json()["media"][0]["alt"]) == (201, "followers", "us")
    assert gateway.get(made.headers["location"], user=malena).json() == made.json()
    assert gateway.post(f"{path}/publish", user=malena).status == 404
    assert gateway.get("/api/drafts", user=malena).json()["items"] == []
    assert [each.activity.kind for each in announced.appended] == ["post.created"]


def test_a_draft_is_its_writer_s_alone(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    path = gateway.post("/api/drafts", user=malena, json={}).headers["location"]
    assert gateway.get(path, user=carlos).status == 404
    assert gateway.put(path, user=carlos, json={}).status == 404
    assert gateway.delete(path, user=carlos).status == 404
    assert gateway.post(f"{path}/publish", user=carlos).status == 404
    assert gateway.get("/api/drafts", user=carlos).json()["items"] == []
    assert [gateway.delete(path, user=malena).status for _ in range(2)] == [204, 404]


def test_a_draft_takes_all_that_can_be_a_post_and_not_much_more(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    pictures = [{"id": str(ids.new_id()), "alt": "\U0001d11e" * 1000} for _ in range(10)]
    draft = {"body": "\U0001d11e" * 5000, "media": pictures}
    path = gateway.post("/api/drafts", user=malena, json=draft).headers["location"]
    for field, absurd in (("body", "\U0001d11e" * 20_000), ("media", pictures * 2)):
        for answer in (
            gateway.post("/api/drafts", user=malena, json=draft | {field: absurd}),
            gateway.put(path, user=malena, json=draft | {field: absurd}),
        ):
            assert (answer.status, answer.refused_fields) == (422, {field})


def test_drafts_come_in_pages_last_changed_first(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    paths = [gateway.post("/api/drafts", user=malena, json={"body": f"{n}"}).headers["location"] for n in range(3)]
    gateway.put(paths[0], user=malena, json={"body": "again"})
    first = gateway.get("/api/drafts", user=malena, query={"limit": 2}).json()
    second = gateway.get("/api/drafts", user=malena, query={"cursor": first["next_cursor"]}).json()
    assert [item["body"] for item in first["items"] + second["items"]] == ["again", "2", "1"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"body": "a\x00b"}, "body"),
        ({"city": "\ud800"}, "city"),
        ({"media": [{"id": str(ids.new_id()), "alt": "\x00"}]}, "media.0.alt"),
        ({"media": [{"id": "x"}]}, "media.0.id"),
        ({"title": "x"}, "title"),
        ({"body": "x" * 20_001}, "body"),
    ],
)
def test_a_draft_that_no_store_keeps_is_refused(
    gateway: Gateway, join: Join, content: dict[str, object], field: str
) -> None:
    answer = gateway.post("/api/drafts", user=join("malena"), json=content)
    assert (answer.status, answer.refused_fields) == (422, {field})


def test_a_hundred_drafts_are_kept_at_most(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    with gateway.platform.database.transaction() as connection:
        connection.execute(
            "INSERT INTO drafts SELECT gen_random_uuid(), %s, '{}', now() FROM generate_series(1, 100)", (malena,)
        )
    assert gateway.post("/api/drafts", user=malena, json={}).problem == "conflict"
    assert gateway.post("/api/drafts", user=ids.new_id(), json={}).problem == "profile-missing"


def test_a_draft_changed_while_it_is_published_stays(gateway: Gateway, join: Join) -> None:
    malena, platform = join("malena"), gateway.platform
    path = gateway.post("/api/drafts", user=malena, json={"body": "one"}).headers["location"]
    draft_id = UUID(path.rpartition("/")[2])
    with platform.unit_of_work() as work:
        draft = service.get_draft(work, draft_id, malena)
    gateway.put(path, user=malena, json={"body": "two"})

    def publish() -> None:
        with platform.unit_of_work() as work:
            service.publish_draft(work, platform.media, draft, platform.clock)

    with pytest.raises(Conflict):
        publish()
    assert gateway.get(path, user=malena).json()["body"] == "two"
    assert gateway.get("/api/feed", user=malena).json()["items"] == []
