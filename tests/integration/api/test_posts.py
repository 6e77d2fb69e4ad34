from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.media.model import Media, kept_picture, shown_picture
from mundotango.reactions.model import target_of, zeros
from mundotango.realtime.model import author_channel
from tests.factories.media import pending_media, ready_media
from tests.fakes.reactions import FakeEngagements, FakeTable
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


def post(gateway: Gateway, author: UUID, body: str = "Hola") -> str:
    answer = gateway.post("/api/posts", user=author, json={"body": body})
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def with_picture(gateway: Gateway, row: Media) -> Media:
    gateway.platform.media.add(row)
    return row


def test_a_picture_of_before_has_no_colour(gateway: Gateway, join: Join, database: Database) -> None:
    malena = join("malena")
    picture = with_picture(gateway, ready_media(owner_id=malena))
    attached = [{"id": str(picture.media_id), "alt": ""}]
    made = gateway.post("/api/posts", user=malena, json={"body": "", "media": attached})
    with database.transaction() as connection:
        connection.execute("DELETE FROM post_media_details")

    (shown,) = gateway.get(made.headers["location"], user=malena).json()["media"]

    assert shown == made.json()["media"][0] | {"color": None}


def test_a_post_is_answered_kept_and_announced_alike(gateway: Gateway, join: Join, announced: FakeActivities) -> None:
    malena = join("malena")
    row = ready_media(owner_id=malena)
    assert row.measures is not None
    measures = replace(row.measures, animated=True, attribution="Ana")
    picture = with_picture(gateway, replace(row, measures=measures))

    made = gateway.post(
        "/api/posts",
        user=malena,
        json={
            "body": "La Viruta",
            "city": "Buenos Aires",
            "media": [{"id": str(picture.media_id), "alt": "Una pista"}],
        },
    )

    assert made.status == 201
    body = made.json()
    assert made.headers["location"] == f"/api/posts/{body['id']}"
    assert body["author"] == {"id": str(malena), "handle": "malena", "display_name": "Malena", "avatar": None}
    assert (body["totals"], body["reaction"], body["version"]) == (zeros(), None, 1)
    (shown,) = body["media"]
    assert (shown["id"], shown["alt"], shown["width"], shown["height"]) == (
        str(picture.media_id), "Una pista", 1000, 500,
    )  # fmt: skip
    assert all(variant["url"].startswith("/media/") for variant in shown["variants"])
    assert shown == shown_picture(kept_picture(picture.media_id, measures)) | {"alt": "Una pista"}

    assert gateway.get(made.headers["location"], user=join("carlos")).json() == body
    (appended,) = announced.appended
    assert (appended.activity.kind, appended.channel) == ("post.created", author_channel(malena))
    assert appended.activity.payload == {name: body[name] for name in body if name not in ("totals", "reaction")}


def test_a_feed_has_ones_own_posts_and_those_of_whom_one_follows(gateway: Gateway, join: Join) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    gateway.put("/api/users/carlos/follow", user=malena)
    own, followed, _ = post(gateway, malena), post(gateway, carlos), post(gateway, anibal)

    answer = gateway.get("/api/feed", user=malena)

    assert [item["id"] for item in answer.json()["items"]] == [followed, own]
    assert answer.json()["next_cursor"] is None
    assert answer.headers["cache-control"] == "private, no-cache"
    assert gateway.get("/api/feed", user=malena, headers={"If-None-Match": answer.headers["etag"]}).status == 304


def test_a_profile_counts_its_posts_at_once(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")

    def counted() -> int:
        return int(gateway.get("/api/users/malena", user=carlos).json()["counts"]["posts"])

    assert counted() == 0
    first = post(gateway, malena)
    assert counted() == 1
    draft = gateway.post("/api/drafts", user=malena, json={"body": "Hola"}).json()["id"]
    assert gateway.post(f"/api/drafts/{draft}/publish", user=malena).status == 201
    assert counted() == 2
    gateway.put(f"/api/posts/{first}/repost", user=malena)
    assert counted() == 3
    gateway.delete(f"/api/posts/{first}/repost", user=malena)
    assert counted() == 2
    gateway.delete(f"/api/posts/{first}", user=malena)
    assert counted() == 1


def test_home_has_public_posts_of_ones_city_by_strangers(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    gateway.patch("/api/users/me", user=carlos, json={"city": "San Telmo", "country": "AR"})
    made = {}
    for city in ("SAN  télmo", "Rosario"):
        for visibility in ("public", "followers"):
            body = {"body": "Hola", "city": city, "visibility": visibility}
            made[city, visibility] = gateway.post("/api/posts", user=malena, json=body).json()["id"]

    home = gateway.get("/api/feed", user=carlos).json()["items"]

    assert [item["id"] for item in home] == [made["SAN  télmo", "public"]]


def test_a_feed_comes_in_pages(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    made = [post(gateway, malena, f"{n}") for n in range(5)]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = gateway.get("/api/feed", user=malena, query={"limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["nonsense", "WyIyMDI2Il0.c2ln", "%", "\x00", "é", "x" * 501, "."])
def test_a_cursor_of_no_list_is_refused(gateway: Gateway, join: Join, cursor: str) -> None:
    answer = gateway.get("/api/feed", user=join("malena"), query={"cursor": cursor})

    assert answer.problem in {"bad-cursor", "invalid"}
    assert 400 <= answer.status < 500
    assert answer.refused_fields == {"cursor"}


def test_a_cursor_of_another_list_and_a_tampered_one_are_refused(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    for _ in range(2):
        post(gateway, malena)
    cursor = gateway.get("/api/feed", user=malena, query={"limit": 1}).json()["next_cursor"]

    assert gateway.get("/api/public/events", query={"cursor": cursor}).problem == "bad-cursor"
    assert gateway.get("/api/feed", user=malena, query={"cursor": cursor[:-1] + "!"}).problem == "bad-cursor"
    assert gateway.get("/api/feed", user=malena, query={"cursor": cursor}).status == 200


@pytest.mark.parametrize("limit", ["0", "-1", "51", "x", "1.5", "99999999999999999999"])
def test_a_page_has_from_1_to_50_items(gateway: Gateway, join: Join, limit: str) -> None:
    answer = gateway.get("/api/feed", user=join("malena"), query={"limit": limit})

    assert (answer.status, answer.refused_fields) == (422, {"limit"})


def test_a_reaction_counts_for_who_gives_it_at_once(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    path = f"/api/posts/{post(gateway, malena)}"

    for kind in ("like", "like", "abrazo"):
        answer = gateway.put(f"{path}/reaction", user=carlos, json={"kind": kind}).json()
        assert answer == {"totals": zeros() | {kind: 1}, "reaction": kind}
        seen = gateway.get(path, user=carlos).json()
        assert (seen["totals"], seen["reaction"]) == (answer["totals"], kind)
    assert gateway.get(path, user=malena).json()["reaction"] is None
    for _ in range(2):
        answer = gateway.delete(f"{path}/reaction", user=carlos).json()
        assert answer == {"totals": zeros(), "reaction": None}
    assert gateway.get(path, user=carlos).json()["reaction"] is None


class TestViews:
    @pytest.fixture
    def table(self, gateway: Gateway) -> FakeTable:
        assert isinstance(gateway.platform.engagements, FakeEngagements)
        return gateway.platform.engagements.table

    def test_each_counts_once_and_ones_own_and_what_is_no_post_not_at_all(
        self, gateway: Gateway, join: Join, table: FakeTable
    ) -> None:
        malena, carlos = join("malena"), join("carlos")
        seen, own = post(gateway, malena), post(gateway, carlos)
        body = {"post_ids": [seen, own, str(ids.new_id()), seen]}

        for _ in range(2):
            assert gateway.post("/api/posts/views", user=carlos, json=body).status == 204

        (view,) = table.stream
        assert (str(target_of(view.bucket)), view.after) == (seen, "views")

    def test_of_a_post_the_viewer_may_not_see_nothing_is_kept(
        self, gateway: Gateway, join: Join, platform: Platform, table: FakeTable
    ) -> None:
        malena, carlos = join("malena"), join("carlos")
        hidden = post(gateway, malena)
        with platform.database.transaction() as connection:
            connection.execute("UPDATE posts SET visibility = 'mentioned' WHERE id = %s", (hidden,))

        assert gateway.post("/api/posts/views", user=carlos, json={"post_ids": [hidden]}).status == 204

        assert table.stream == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"post_ids": []}, "post_ids"),
            ({"post_ids": [str(ids.new_id())] * 51}, "post_ids"),
            ({"post_ids": ["x"]}, "post_ids.0"),
            ({}, "post_ids"),
            ({"post_ids": [], "day": "2026-11-23"}, "day"),
        ],
    )
    def test_what_is_no_list_of_posts_is_refused(
        self, gateway: Gateway, join: Join, body: dict[str, object], field: str
    ) -> None:
        answer = gateway.post("/api/posts/views", user=join("malena"), json=body)

        assert (answer.status, answer.problem) == (422, "invalid")
        assert field in answer.refused_fields


@pytest.mark.parametrize("body", [{"kind": "hate"}, {}, {"kind": "like", "weight": 5}])
def test_a_reaction_that_is_none_is_refused(gateway: Gateway, join: Join, body: dict[str, object]) -> None:
    malena = join("malena")
    path = f"/api/posts/{post(gateway, malena)}/reaction"

    assert gateway.put(path, user=malena, json=body).problem == "invalid"


def test_what_is_not_there_cannot_be_read_or_liked(gateway: Gateway, join: Join) -> None:
    malena, path = join("malena"), f"/api/posts/{ids.new_id()}"

    assert gateway.get(path, user=malena).problem == "not-found"
    assert gateway.put(f"{path}/reaction", user=malena, json={"kind": "like"}).problem == "not-found"
    assert gateway.delete(f"{path}/reaction", user=malena).problem == "not-found"


@pytest.mark.parametrize(
    "body",
    [{"body": ""}, {"body": "  \n "}, {"body": "x" * 5001}, {"body": "a\x00b"}, {"body": None}, {}, {"body": "\udfff"}],
)
def test_a_post_without_a_body_that_can_be_kept_is_refused(
    gateway: Gateway, join: Join, announced: FakeActivities, body: dict[str, object]
) -> None:
    answer = gateway.post("/api/posts", user=join("malena"), json=body)

    assert (answer.status, answer.problem, answer.refused_fields) == (422, "invalid", {"body"})
    assert announced.appended == []


def test_a_picture_must_be_ones_own_and_ready(gateway: Gateway, join: Join, announced: FakeActivities) -> None:
    malena, carlos = join("malena"), join("carlos")
    strange = with_picture(gateway, ready_media(owner_id=carlos))
    unready = with_picture(gateway, pending_media(owner_id=malena))

    def attach(*media_ids: object) -> tuple[str, set[str]]:
        media = [{"id": str(media_id), "alt": ""} for media_id in media_ids]
        answer = gateway.post("/api/posts", user=malena, json={"body": "Hola", "media": media})
        return answer.problem, answer.refused_fields

    assert attach(strange.media_id) == ("not-found", {"media.0.id"})
    assert attach(ids.new_id()) == ("not-found", {"media.0.id"})
    assert attach(unready.media_id) == ("media-not-ready", {"media.0.id"})
    undescribed = {"body": "Hola", "media": [{"id": str(ids.new_id())}]}
    assert gateway.post("/api/posts", user=malena, json=undescribed).refused_fields == {"media.0.alt"}
    assert attach("x") == ("invalid", {"media.0.id"})
    assert attach(*[ids.new_id() for _ in range(11)]) == ("invalid", {"media"})
    assert announced.appended == []
    assert gateway.get("/api/feed", user=malena).json()["items"] == []
