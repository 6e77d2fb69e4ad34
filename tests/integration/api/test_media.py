from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from mundotango.media import policy
from mundotango.media.model import Media, media_payload
from mundotango.realtime.announcement import picture_progress
from tests.factories.media import pending_media, ready_media
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]

ASKED = {"purpose": "post", "content_type": "image/jpeg", "size": 1000}


def uploaded(gateway: Gateway, owner: UUID, **row: object) -> Media:
    """Allowed a moment ago, unless the row says otherwise."""
    now = gateway.platform.clock.now()
    media = pending_media(**({"owner_id": owner, "created_at": now, "expires_at": now + timedelta(days=15)} | row))
    gateway.platform.media.add(media)
    return media


@contextmanager
def asking_by(gateway: Gateway, size: int) -> Iterator[list[int]]:
    """How many ids the index was asked for, each time."""
    asked: list[int] = []
    newest = gateway.platform.media.newest_of_owner

    def counted(owner_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
        asked.append(limit)
        return newest(owner_id, before, limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.platform.media, "newest_of_owner", counted)
        yield asked
    assert set(asked) == {size}


def test_a_persons_pictures_come_newest_first_and_nobody_elses(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    rows = [uploaded(gateway, malena) for _ in range(5)]
    uploaded(gateway, carlos)

    seen, cursor = [], None
    for _ in range(3):
        page = gateway.get("/api/media", user=malena, query={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += page.json()["items"]
        cursor = page.json()["next_cursor"]

    assert [each["id"] for each in seen] == [str(row.media_id) for row in reversed(rows)]
    assert cursor is None
    assert gateway.get(f"/api/media/{rows[0].media_id}", user=malena).json() == seen[-1]


def test_what_never_came_is_not_listed_and_a_page_is_full_all_the_same(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    first, second = uploaded(gateway, malena), uploaded(gateway, malena)
    yesterday = gateway.platform.clock.now() - timedelta(days=1)
    for _ in range(7):
        forgotten = uploaded(gateway, malena, created_at=yesterday)
    kept = uploaded(gateway, malena)

    with asking_by(gateway, 3):
        page = gateway.get("/api/media", user=malena, query={"limit": 2}).json()
        rest = gateway.get("/api/media", user=malena, query={"limit": 2, "cursor": page["next_cursor"]}).json()

    assert [each["id"] for each in page["items"]] == [str(kept.media_id), str(second.media_id)]
    assert [each["id"] for each in rest["items"]] == [str(first.media_id)]
    assert gateway.get(f"/api/media/{forgotten.media_id}", user=malena).status == 404


def test_a_failed_picture_says_why_in_the_readers_language(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    uploaded(gateway, malena, status="failed", reason=policy.EMPTY)

    answer = gateway.get("/api/media", user=malena, headers={"Accept-Language": "es"})

    assert answer.json()["items"][0]["reason"] == "El archivo está vacío."
    assert answer.headers["content-language"] == "es"


@pytest.mark.parametrize("cursor", ["x", "WyIyMDI2LTExLTIzVDIwOjAwOjAwKzAwOjAwIl0.c2lnbmVk"])
def test_a_cursor_of_no_list_is_refused(gateway: Gateway, join: Join, cursor: str) -> None:
    answer = gateway.get("/api/media", user=join("malena"), query={"cursor": cursor})

    assert (answer.status, answer.refused_fields) == (400, {"cursor"})


def test_what_is_told_on_the_socket_is_what_the_api_answers(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    row = ready_media(owner_id=malena)
    gateway.platform.media.add(row)

    told = picture_progress(None, row, gateway.platform.clock)

    assert told is not None
    assert told.payload == media_payload(row) == gateway.get(f"/api/media/{row.media_id}", user=malena).json()


def test_an_upload_is_allowed_for_known_bytes(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    asked = ASKED | {"sha256": "AB" * 32, "keep_attribution": True}

    started = gateway.post("/api/media", user=malena, json=asked)

    assert started.status == 201
    row = gateway.platform.media.find(UUID(started.json()["id"]))
    assert row is not None
    assert (row.sha256, row.keep_attribution) == ("ab" * 32, True)
    assert started.json()["upload"]["fields"]["x-amz-checksum-sha256"] == "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="


@pytest.mark.parametrize(("field", "value"), [("sha256", "ab"), ("sha256", 7), ("keep_attribution", "yes")])
def test_what_cannot_be_allowed_is_named(gateway: Gateway, join: Join, field: str, value: object) -> None:
    answer = gateway.post("/api/media", user=join("malena"), json=ASKED | {field: value})

    assert (answer.status, answer.refused_fields) == (422, {field})
