"""The steps of the story that are about going out: a weekly milonga, who comes to it, and people's calendars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from devstack.expectations import FRAME_SECONDS, expect, same

if TYPE_CHECKING:
    from devstack.story import Story

# Where it is evening at some hour of each day. The milonga is on the ice, where no reader's list looks.
ZONES = (
    "Pacific/Honolulu", "America/New_York", "America/Argentina/Buenos_Aires", "Europe/London", "Asia/Karachi",
    "Asia/Tokyo", "Pacific/Auckland",
)  # fmt: skip
LATITUDE = -85.0
EVENING = range(17, 23)


def publish_weekly(story: Story) -> None:
    """One place: whoever comes second waits."""
    now = datetime.now(UTC).replace(microsecond=0)
    starts_at = now + timedelta(minutes=30)
    event = {
        "title": f"Milonga {story.tag}", "kind": "milonga", "city": story.city, "country": "AR",
        "venue_name": f"Hielo {story.tag}", "latitude": LATITUDE, "longitude": _longitude(story),
        "zone": _zone_where_it_is_evening(now), "starts_at": _utc(starts_at),
        "ends_at": _utc(starts_at + timedelta(minutes=30)), "rule": "FREQ=WEEKLY;COUNT=4",
    }  # fmt: skip
    story.milonga = story.ana.ask("POST", "/api/events", 201, json=event)
    story.ana.ask("PUT", f"/api/events/{story.milonga['id']}/registration", json={"capacity": 1})


def find_tonight(story: Story) -> None:
    here = {"latitude": LATITUDE, "longitude": _longitude(story)}
    answer = story.stack.viewer.get("/api/public/events/tonight", params=here)
    same("status", answer.status_code, 200)
    found = [item for item in answer.json()["items"] if item["id"] == story.milonga["id"]]
    same("tonight", [(item["occurrence_id"], item["status"]) for item in found], [(_tonight(story), "published")])
    expect("max-age=20" in answer.headers["cache-control"], "20 s in caches", answer.headers["cache-control"])


def register(story: Story) -> None:
    path = f"/api/occurrences/{_tonight(story)}/registrations"
    first = story.carla.ask("POST", path, 201, json={"role": "follower"})
    same("Carla", first["state"], "accepted")
    second = story.bruno.ask("POST", path, 201, json={"role": "leader"})
    same("Bruno", (second["state"], second["ahead"]), ("waiting", 0))
    story.registrations = {"carla": first["id"], "bruno": second["id"]}


def move_up(story: Story) -> None:
    story.carla.ask("DELETE", f"/api/registrations/{story.registrations['carla']}", 204)
    told = _told_of(story, "offered")
    expect(told["offered_until"], "until when", "nothing")
    accepted = story.bruno.ask("POST", f"/api/registrations/{story.registrations['bruno']}/accept")
    same("Bruno", accepted["state"], "accepted")


def take_home_calendar(story: Story) -> None:
    """The series for everybody, and in a calendar of one's own what one comes to, until one takes its address back."""
    whole = story.stack.viewer.get(f"/api/public/events/{story.milonga['id']}/calendar.ics")
    same("status", whole.status_code, 200)
    expect(whole.headers["content-type"].startswith("text/calendar"), "a calendar", whole.headers["content-type"])
    expect("RRULE:FREQ=WEEKLY;COUNT=4" in whole.text, "the series", whole.text)
    address = story.bruno.ask("POST", "/api/calendars/feed", 201)["path"]
    own = story.stack.viewer.get(address)
    same("times in it", (own.status_code, own.text.count("BEGIN:VEVENT")), (200, 1))
    expect(f"Milonga {story.tag}" in own.text, "the milonga", own.text)
    again = story.stack.viewer.get(address, headers={"If-None-Match": own.headers["etag"]})
    same("status with the ETag", again.status_code, 304)
    story.bruno.ask("DELETE", "/api/calendars/feed", 204)
    same("status once it is taken back", story.stack.viewer.get(address).status_code, 404)


def call_off(story: Story) -> None:
    """All of it: what the story made is on nowhere."""
    version = str(story.ana.ask("GET", f"/api/events/{story.milonga['id']}")["version"])
    path = f"/api/events/{story.milonga['id']}"
    story.ana.ask("PATCH", path, json={"status": "cancelled"}, headers={"If-Match": version})
    page = story.stack.viewer.get(f"/api/public/events/{story.milonga['id']}").json()
    same("its page", page["status"], "cancelled")
    same("for search engines", page["json_ld"]["eventStatus"], "https://schema.org/EventCancelled")


def _told_of(story: Story, state: str) -> Any:
    """What Bruno hears of his registration, up to where it is in this state."""
    while True:
        told = story.sockets["bruno"].expect("registration.updated", FRAME_SECONDS)["data"]
        if told["state"] == state:
            same("registration", told["registration_id"], story.registrations["bruno"])
            return told


def _tonight(story: Story) -> str:
    return str(story.milonga["occurrence_id"])


def _longitude(story: Story) -> float:
    """Each telling has a piece of the ice for itself."""
    return int(story.tag, 16) % 3600 / 10 - 180


def _zone_where_it_is_evening(now: datetime) -> str:
    return next(zone for zone in ZONES if now.astimezone(ZoneInfo(zone)).hour in EVENING)


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
