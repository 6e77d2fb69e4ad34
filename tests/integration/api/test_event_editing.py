"""Events from draft to cancelled: what they say, who may change it, and who is told."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.realtime.model import city_channel, event_channel
from tests.factories.media import ready_media
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import MILONGA, announce

Join = Callable[[str], UUID]
Told = list[tuple[str, str]]


def edit(gateway: Gateway, user: UUID, event: dict[str, Any], **changes: Any) -> Answer:
    shown = {"If-Match": str(event["version"])}
    return gateway.patch(f"/api/events/{event['id']}", user=user, json=changes, headers=shown)


def edited(gateway: Gateway, user: UUID, event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = edit(gateway, user, event, **changes)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(announced: FakeActivities) -> Told:
    found: Told = [
        (each.activity.kind, each.channel) for each in announced.appended if each.activity.kind[:6] == "event."
    ]
    announced.appended.clear()
    return found


def picture(gateway: Gateway, owner: UUID, **changes: Any) -> dict[str, str]:
    row = ready_media(owner_id=owner, **{"purpose": "event"} | changes)
    gateway.platform.media.add(row)
    return {"id": str(row.media_id), "alt": "La pista"}


def listed(gateway: Gateway, **query: str) -> list[Any]:
    items: list[Any] = gateway.get("/api/public/events", query=query).json()["items"]
    return items


def plain(gateway: Gateway, event: dict[str, Any]) -> dict[str, Any]:
    """To everybody, without what search engines are told beside."""
    found: dict[str, Any] = gateway.get(f"/api/public/events/{event['id']}").json()
    return {name: value for name, value in found.items() if name != "json_ld"}


def test_all_that_an_event_says_is_answered(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    said = {
        "language": "es",
        "translations": [{"language": "en-gb", "title": "The Shavings", "description": "A class at eight."}],
        "people": [
            {"role": "dj", "user_id": str(carlos)},
            {"role": "orchestra", "name": "Sexteto Milonguero"},
        ],
        "price": 800_000,
        "currency": "ARS",
        "link": "https://viruta.example/",
        "tags": ["Música en vivo", "#Principiantes", "musica EN vivo"],
        "media": [picture(gateway, malena)],
    }

    event = announce(gateway, malena, **said)

    assert event["translations"] == [{"language": "en-GB", "title": "The Shavings", "description": "A class at eight."}]
    dj, orchestra = event["people"]
    assert (dj["name"], dj["profile"]["handle"]) == ("Carlos", "carlos")
    assert orchestra == {"role": "orchestra", "name": "Sexteto Milonguero", "profile": None}
    assert event["tags"] == ["musica en vivo", "principiantes"]
    (shown,) = event["media"]
    assert (shown["id"], shown["alt"]) == (said["media"][0]["id"], "La pista")  # type: ignore[index]
    assert plain(gateway, event) == event
    assert listed(gateway) == [event]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z"])
def test_a_moment_that_no_zone_has_is_refused(
    gateway: Gateway, malena: UUID, zone: str, field: str, moment: str
) -> None:
    event = announce(gateway, malena, zone=zone)

    assert edit(gateway, malena, event, **{field: moment}).refused_fields == {field}


def test_a_page_of_the_largest_events_is_less_than_lambda_answers(gateway: Gateway, malena: UUID) -> None:
    """6 MB, as a text in JSON that holds JSON."""
    gateway.platform.clock = FakeClock()
    said = {
        "language": "es", "description": '"' * 10_000, "rule": "FREQ=WEEKLY;COUNT=50",
        "starts_at": "2026-11-27T22:00:00-03:00", "ends_at": "2026-11-28T04:00:00-03:00",
    }  # fmt: skip
    words = [{"language": f"en-{place}", "title": "t", "description": '"' * 10_000} for place in ("gb", "us")]

    large = announce(gateway, malena, **said, translations=words[:1])
    refused = edit(gateway, malena, large, translations=words)

    assert (refused.status, refused.refused_fields) == (422, {"description"})
    new = gateway.post("/api/events", user=malena, json=MILONGA | said | {"translations": words})
    assert (new.status, new.refused_fields) == (422, {"description"})
    page = gateway.get(f"/api/public/events/{large['id']}/occurrences", query={"limit": 50})
    assert len(page.json()["items"]) == 50
    assert len(json.dumps(page.text)) < 6 * 1024 * 1024


def test_what_was_edited_too_often_is_still_called_off(gateway: Gateway, malena: UUID, database: Database) -> None:
    event = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=3")
    with database.transaction() as connection:
        connection.execute("UPDATE events SET version = 500")
    event |= {"version": 500}
    path = f"/api/events/{event['id']}/occurrences/{event['original_start']}"

    assert edit(gateway, malena, event, title="Again").status == 409
    assert edit(gateway, malena, event, title="Again", status="cancelled").status == 409
    one = gateway.patch(path, user=malena, json={"status": "cancelled"}, headers={"If-Match": "500"})
    assert (one.status, one.json()["status"]) == (200, "cancelled")
    assert edited(gateway, malena, one.json(), status="cancelled")["version"] == 502
    assert edit(gateway, malena, event | {"version": 502}, status="cancelled").status == 409


def test_what_has_sessions_stays_one_that_holds_some(gateway: Gateway, malena: UUID) -> None:
    festival = announce(gateway, malena, kind="festival")
    announce(gateway, malena, parent_id=festival["id"])

    assert edit(gateway, malena, festival, kind="milonga").refused_fields == {"kind"}
    assert edited(gateway, malena, festival, kind="encuentro")["kind"] == "encuentro"


def test_ones_own_events_come_in_pages_last_made_first(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    made = [announce(gateway, malena, title=f"{n}", rule="FREQ=WEEKLY;COUNT=3")["id"] for n in range(3)]
    announce(gateway, carlos)
    made.append(announce(gateway, carlos, people=[{"role": "organiser", "user_id": str(malena)}])["id"])
    announce(gateway, carlos, people=[{"role": "dj", "user_id": str(malena)}])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = gateway.get("/api/events", user=malena, query={"limit": 3, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]


def test_a_cancelled_event_is_told_where_it_was_looked_at(
    gateway: Gateway, malena: UUID, announced: FakeActivities
) -> None:
    event = announce(gateway, malena)
    channels = [city_channel("buenos aires"), event_channel(event["id"])]
    assert listed(gateway) == [event]
    told(announced)

    cancelled = edited(gateway, malena, event, status="cancelled")
    assert cancelled["status"] == "cancelled"
    assert listed(gateway) == [cancelled]
    assert told(announced) == [("event.cancelled", channel) for channel in channels]

    postponed = edited(gateway, malena, cancelled, status="postponed")
    back = edited(gateway, malena, postponed, status="published", starts_at="2031-06-06T22:00:00-03:00",
                  ends_at="2031-06-07T03:00:00-03:00")  # fmt: skip
    assert (back["starts_at"], back["occurrence_id"]) == ("2031-06-07T01:00:00Z", event["occurrence_id"])
    assert told(announced) == [("event.updated", channel) for _ in range(2) for channel in channels]


def test_an_event_that_moves_is_told_in_both_cities(gateway: Gateway, malena: UUID, announced: FakeActivities) -> None:
    event, paris = announce(gateway, malena), announce(gateway, malena, city="Paris", country="FR")
    assert [item["id"] for item in listed(gateway, city="Paris")] == [paris["id"]]
    told(announced)

    edited(gateway, malena, event, venue_id=paris["venue_id"], zone="Europe/Paris")

    cities = [city_channel("buenos aires"), city_channel("paris")]
    assert told(announced) == [("event.updated", channel) for channel in (*cities, event_channel(event["id"]))]
    assert listed(gateway, city="buenos aires") == []
    moved = next(item for item in listed(gateway, city="Paris") if item["id"] == event["id"])
    # By the clocks it begins at the same hour, in the other zone.
    assert (moved["first_start"], moved["starts_at"]) == (event["first_start"], "2031-05-02T20:00:00Z")


def test_what_it_was_before_each_edit_is_kept_for_its_organisers(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=2")
    second = edited(gateway, malena, event, title="Otra", price=0)
    path = f"/api/events/{event['id']}"
    gateway.patch(
        f"{path}/occurrences/{event['first_start']}",
        user=malena,
        json={"status": "cancelled"},
        headers={"If-Match": str(second["version"])},
    )

    versions = gateway.get(f"{path}/versions", user=malena).json()["items"]

    assert [each["version"] for each in versions] == [3, 2, 1]
    assert [each["content"]["texts"][0]["title"] for each in versions] == ["Otra", "Otra", "La Viruta"]
    assert [each["content"]["price"] for each in versions] == [0, 0, None]
    assert versions[1]["content"]["occurrence"]["original_start"] == event["first_start"]
    assert gateway.get(f"{path}/versions", user=carlos).status == 403


def test_an_edit_is_to_the_version_that_was_seen(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena)
    assert edit(gateway, carlos, event, title="Mine").status == 403
    assert gateway.patch(f"/api/events/{event['id']}", user=malena, json={}).status == 428
    once = edited(gateway, malena, event, title="Una")
    assert edit(gateway, malena, event, title="Otra").status == 412
    assert plain(gateway, event) == once
    assert edit(gateway, malena, {"id": ids.new_id(), "version": 1}, title="x").status == 404


def test_a_picture_comes_and_goes_with_the_edits(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    helper = {"role": "organiser", "user_id": str(carlos)}
    first, second = picture(gateway, malena), picture(gateway, carlos)
    event = announce(gateway, malena, media=[first], people=[helper])

    event = edited(gateway, carlos, event, media=[second, first | {"alt": "La barra"}])
    assert [(one["id"], one["alt"]) for one in event["media"]] == [
        (second["id"], "La pista"),
        (first["id"], "La barra"),
    ]
    event = edited(gateway, malena, event, media=[second])
    assert [one["id"] for one in event["media"]] == [second["id"]]

    # What an edit took off is deleted; what its owner deletes goes from the event.
    assert edit(gateway, malena, event, media=[first]).status == 404
    assert gateway.delete(f"/api/media/{second['id']}", user=carlos).status == 204
    shown = gateway.get(f"/api/public/events/{event['id']}").json()
    assert (shown["media"], shown["version"]) == ([], event["version"] + 1)


def test_a_picture_must_be_ones_own_and_made_for_events(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena, media=[picture(gateway, malena)])
    for wrong in (picture(gateway, carlos), picture(gateway, malena, purpose="post")):
        assert edit(gateway, malena, event, media=[wrong]).refused_fields == {"media.0.id"}
        made = gateway.post("/api/events", user=malena, json=MILONGA | {"media": [wrong]})
        assert made.refused_fields == {"media.0.id"}
    other = announce(gateway, malena)
    assert edit(gateway, malena, other, media=[{"id": event["media"][0]["id"], "alt": ""}]).status == 409


class TestSessions:
    @pytest.fixture
    def festival(self, gateway: Gateway, malena: UUID) -> dict[str, Any]:
        times = {"starts_at": "2031-05-01T12:00:00-03:00", "ends_at": "2031-05-05T12:00:00-03:00"}
        return announce(gateway, malena, kind="festival", status="draft", **times)

    def session(self, gateway: Gateway, user: UUID, festival: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return announce(gateway, user, parent_id=festival["id"], **changes)

    def test_a_festival_holds_its_programme(
        self, gateway: Gateway, malena: UUID, festival: dict[str, Any], announced: FakeActivities
    ) -> None:
        late = self.session(gateway, malena, festival, title="Gran milonga")
        early = self.session(
            gateway, malena, festival, kind="class", starts_at="2031-05-02T15:00:00-03:00",
            ends_at="2031-05-02T17:00:00-03:00",
        )  # fmt: skip
        assert (late["status"], listed(gateway), told(announced)) == ("draft", [], [])

        published = edited(gateway, malena, festival, status="published")

        assert told(announced) == [("event.created", city_channel("buenos aires"))] * 3
        programme = gateway.get(f"/api/public/events/{festival['id']}/sessions").json()["items"]
        assert [(each["id"], each["status"], each["parent_id"]) for each in programme] == [
            (early["id"], "published", festival["id"]),
            (late["id"], "published", festival["id"]),
        ]
        edited(gateway, malena, programme[0], status="cancelled")
        cancelled = edited(gateway, malena, published, status="cancelled")
        assert {each["status"] for each in listed(gateway)} == {"cancelled"}
        edited(gateway, malena, cancelled, status="published")
        programme = gateway.get(f"/api/public/events/{festival['id']}/sessions").json()["items"]
        assert [each["status"] for each in programme] == ["cancelled", "published"]

    def test_what_holds_no_sessions(
        self, gateway: Gateway, malena: UUID, carlos: UUID, festival: dict[str, Any]
    ) -> None:
        milonga = announce(gateway, malena)
        session = self.session(gateway, malena, festival, kind="workshop")
        nothing = {"id": ids.new_id()}
        for user, parent, status in (
            (malena, milonga, 422), (malena, session, 422), (carlos, festival, 404), (malena, nothing, 404),
        ):  # fmt: skip
            asked = MILONGA | {"parent_id": str(parent["id"])}
            refused = gateway.post("/api/events", user=user, json=asked)
            assert (refused.status, refused.refused_fields) == (status, {"parent_id"})


def test_people_are_shown_as_everybody_may_know_them(
    gateway: Gateway, malena: UUID, carlos: UUID, database: Database, apart: Callable[[UUID, UUID], None], join: Join
) -> None:
    event = announce(gateway, malena, people=[{"role": "dj", "user_id": str(carlos)}])
    with database.transaction() as connection:
        connection.execute("UPDATE users SET visibility = 'members' WHERE id = %s", (carlos,))
    assert gateway.get(f"/api/public/events/{event['id']}").json()["people"] == []

    # An edit that does not speak of them leaves them there.
    edited(gateway, malena, event, title="Otra")
    with database.transaction() as connection:
        connection.execute("UPDATE users SET visibility = 'public' WHERE id = %s", (carlos,))
    assert len(gateway.get(f"/api/public/events/{event['id']}").json()["people"]) == 1

    bruno = join("bruno")
    apart(bruno, malena)
    named = gateway.post("/api/events", user=malena, json=MILONGA | {"people": [{"role": "dj", "user_id": str(bruno)}]})
    assert (named.status, named.refused_fields) == (404, {"people.0.user_id"})


def test_an_event_is_answered_at_its_next_time(gateway: Gateway, malena: UUID) -> None:
    clock = gateway.platform.clock = FakeClock()
    starts = {"starts_at": "2026-11-27T22:00:00-03:00", "ends_at": "2026-11-28T04:00:00-03:00"}
    event = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=3", **starts)

    def next_start() -> str:
        found: str = gateway.get(f"/api/public/events/{event['id']}").json()["original_start"]
        return found

    assert next_start() == "2026-11-27T22:00:00"
    clock.advance(timedelta(days=5))
    assert next_start() == "2026-12-04T22:00:00"
    clock.advance(timedelta(days=50))
    assert next_start() == "2026-12-11T22:00:00"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "cancelled"}, "status"),
        ({"language": "español"}, "language"),
        ({"translations": [{"language": "", "title": "x"}]}, "translations.0.language"),
        ({"language": "es", "translations": [{"language": "ES", "title": "x"}]}, "translations.0.language"),
        ({"translations": [{"language": "en", "title": ""}]}, "translations.0.title"),
        ({"people": [{"role": "singer", "name": "x"}]}, "people.0.role"),
        ({"people": [{"role": "dj"}]}, "people.0.name"),
        ({"people": [{"role": "dj", "name": "x"}] * 2}, "people"),
        ({"people": [{"role": "dj", "user_id": str(ids.new_id())}]}, "people.0.user_id"),
        ({"price": -1, "currency": "EUR"}, "price"),
        ({"price": 100}, "currency"),
        ({"price": 100, "currency": "XXX"}, "currency"),
        ({"price": 12.5, "currency": "EUR"}, "price"),
        ({"link": "http://viruta.example"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"tags": [f"tag{n}" for n in range(11)]}, "tags"),
        ({"tags": ["…"]}, "tags"),
        ({"media": [{"id": str(ids.new_id()), "alt": ""}]}, "media.0.id"),
        ({"latitude": None}, "latitude"),
    ],
)
def test_what_an_event_cannot_say_is_refused_by_field(
    gateway: Gateway, malena: UUID, change: dict[str, Any], field: str
) -> None:
    refused = gateway.post("/api/events", user=malena, json=MILONGA | change)

    assert 400 <= refused.status < 500
    assert refused.refused_fields == {field}
