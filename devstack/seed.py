"""A small believable community, made through the platform's own doors: identities by Cognito's admin API, all else over
HTTP. So a seed that ends well has proved the platform.

What is there already is left alone: a seed that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from devstack.failure import DevstackFailed
from devstack.people import Person, Picture, Refused
from devstack.pictures import photograph
from devstack.stack import Stack
from mundotango.reactions.model import REACTION_KINDS

COMMUNITY = Path(__file__).with_name("data") / "community.json"
# The same for everyone, printed and of no worth: this pool answers on loopback only.
PASSWORD = "Cambalache-1934"  # noqa: S105
DEMO, MODERATOR = "malena", "osvaldo_ba"
WEEKS = 26
# MiniStack starts one process for each request of a function that runs at the same time.
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class SignIn:
    email: str
    password: str
    moderator: bool = False


DEMO_SIGN_INS = (
    SignIn(f"{DEMO}@example.org", PASSWORD),
    SignIn(f"{MODERATOR}@example.org", PASSWORD, moderator=True),
)


def plant(stack: Stack, report: Callable[[str], None]) -> None:
    """The whole community; `report` is told what came out of it.

    Raises:
        DevstackFailed: the platform refused something, or did not finish a picture.
    """
    community = json.loads(COMMUNITY.read_text())
    people = {dancer["handle"]: _person(stack, dancer["handle"]) for dancer in community["dancers"]}
    try:
        with ThreadPoolExecutor(AT_ONCE) as several:
            cities = {city["name"]: city for city in community["cities"]}
            list(several.map(lambda dancer: _join(people[dancer["handle"]], dancer, cities), community["dancers"]))
            list(several.map(lambda dancer: _follow(people[dancer["handle"]], dancer), community["dancers"]))
            list(several.map(lambda dancer: _close(people[dancer["handle"]], dancer), community["dancers"]))
            milongas = sum(several.map(lambda city: _announce(people, city), community["cities"]))
            posts = list(several.map(lambda post: _post(people[post["by"]], post), community["posts"]))
            list(several.map(lambda post: _talk(people, *post), zip(community["posts"], posts, strict=True)))
            list(several.map(lambda dancer: _react(people, dancer, community, posts), community["dancers"]))
    except Refused as refused:
        raise DevstackFailed(f"the seed was refused: {refused}", cure="make reset, then make run") from refused
    pictures = sum("picture" in post for post in community["posts"])
    comments = sum(len(post.get("comments", ())) for post in community["posts"])
    report(
        f"{len(community['cities'])} cities, {len(people)} dancers, {len(posts)} posts with {pictures} pictures and"
        f" {comments} comments, {milongas} dances each week for {WEEKS} weeks"
    )


def _person(stack: Stack, handle: str) -> Person:
    return Person(stack, f"{handle}@example.org", PASSWORD)


def _join(person: Person, dancer: Any, cities: dict[str, Any]) -> None:
    person.make()
    if dancer["handle"] == MODERATOR:
        person.make_moderator()
    person.sign_in()
    if person.request("GET", "/api/users/me").is_success:
        return
    person.create_profile(**profile_of(dancer, cities[dancer["city"]]))


def profile_of(dancer: Any, city: Any) -> dict[str, Any]:
    return {
        "handle": dancer["handle"],
        "display_name": dancer["name"],
        "bio": dancer["bio"],
        "city": city["name"],
        "country": city["country"],
        "latitude": city["latitude"],
        "longitude": city["longitude"],
        "languages": dancer["languages"],
        "dance_role": dancer["role"],
        "dancing_since": dancer["since"],
        "occupations": dancer["does"],
    }


def _follow(person: Person, dancer: Any) -> None:
    for handle in dancer["follows"]:
        person.follow(handle)


def _close(person: Person, dancer: Any) -> None:
    """Who approves their followers does so from here on: those of the community follow already."""
    if dancer.get("private"):
        person.ask("PATCH", "/api/users/me", json={"private": True})


def _announce(people: dict[str, Person], city: Any) -> int:
    """The city's dances, each a series at its hour of the city's own clock."""
    zone = ZoneInfo(city["zone"])
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    known = {event["title"] for event in _listed(people[DEMO], city["name"])}
    for number, milonga in enumerate(city["milongas"]):
        hour, minute = map(int, milonga["at"].split(":"))
        days = (milonga["weekday"] - today.weekday()) % 7 or 7  # from tomorrow on, at whatever hour this is
        starts_at = (today + timedelta(days=days)).replace(hour=hour, minute=minute)
        if milonga["title"] not in known:
            event = _event(city, milonga, number, starts_at)
            people[milonga["organiser"]].ask("POST", "/api/events", 201, json=event)
    return len(city["milongas"])


def _listed(person: Person, city: str) -> list[Any]:
    """As of this moment, which nobody else asks for: a list that is asked for again is a minute old."""
    asked = {"city": city, "from": _utc(datetime.now(UTC)), "limit": "50"}
    items: list[Any] = person.ask("GET", "/api/public/events", params=asked)["items"]
    return items


def _event(city: Any, milonga: Any, number: int, starts_at: datetime) -> dict[str, Any]:
    # The end by the clock on the wall too, also in the night the clocks change.
    ends_at = starts_at + timedelta(hours=milonga["hours"])
    return {
        "title": milonga["title"],
        "description": milonga["about"],
        "kind": milonga["kind"],
        "city": city["name"],
        "country": city["country"],
        "venue_name": milonga["venue"],
        "address": milonga["address"],
        # Venues are invented, so they stand a few streets from the city's centre.
        "latitude": round(city["latitude"] + 0.008 * (number + 1), 6),
        "longitude": round(city["longitude"] - 0.006 * (number + 1), 6),
        "zone": city["zone"],
        "starts_at": _utc(starts_at),
        "ends_at": _utc(ends_at),
        "rule": f"FREQ=WEEKLY;COUNT={WEEKS}",
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _post(person: Person, post: Any) -> str:
    """The id of the post, also of one that an earlier seed made."""
    for mine in person.feed():
        if mine["body"] == post["text"]:
            return str(mine["id"])
    media = []
    if picture := post.get("picture"):
        body = photograph(picture["scene"], seed=len(post["text"]))
        media_id = person.send_picture(Picture(body))
        finished = person.await_media(media_id)
        if finished["status"] != "ready":
            raise DevstackFailed(
                f"a picture of the seed is {finished['status']} ({finished.get('reason')})", cure="make reset"
            )
        media.append((media_id, picture["alt"]))
    return str(person.post(post["text"], city=post["city"], media=media)["id"])


def _talk(people: dict[str, Person], post: Any, post_id: str) -> None:
    """Who reposts it, and what is said below it; a reply is to the comment before."""
    for handle in post.get("reposts", ()):
        people[handle].repost(post_id)
    comments = post.get("comments", ())
    if not comments or people[post["by"]].ask("GET", f"/api/posts/{post_id}/comments")["items"]:
        return
    said: Any = None
    for comment in comments:
        parent_id = said["id"] if said and comment.get("reply") else None
        said = people[comment["by"]].comment(post_id, comment["text"], parent_id)


def _react(people: dict[str, Person], dancer: Any, community: Any, posts: list[str]) -> None:
    """Everybody reacts to some: to which and how hangs on the handle, so that a second seed does the same."""
    person = people[dancer["handle"]]
    taste = sum(person.email.encode())
    for number, (post, post_id) in enumerate(zip(community["posts"], posts, strict=True)):
        if (taste + number * 7) % 5 < 2 and sees(community, dancer, post):
            person.react(post_id, REACTION_KINDS[(taste + number) % len(REACTION_KINDS)])


def sees(community: Any, dancer: Any, post: Any) -> bool:
    """Whether this dancer's eyes reach the post: a private account's only from among its followers."""
    private = {one["handle"] for one in community["dancers"] if one.get("private")}
    return post["by"] in {dancer["handle"], *dancer["follows"]} or post["by"] not in private
