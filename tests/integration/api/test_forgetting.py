"""Whatever an act makes another of the public answers, the edge was told to forget: over all routes that write.

The answers of the scene are read before and after; caches inside of the API are emptied in between, as they are by
themselves before the edge forgets. Which copies CloudFront drops is by the tags that an answer left with.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.api.access import declared_for
from functions.api.caching import PUBLIC_PATH
from functions.api.openapi import Operation, operations
from functions.api.schemas import examples
from tests.fakes.commands import FakeCommands
from tests.fixtures.gateway import Answer
from tests.integration.api.scene import Scene
from tests.integration.api.test_events import MILONGA

OPERATIONS = operations()
WRITING = [each for each in OPERATIONS if each.method != "GET"]
PUBLIC = [each for each in OPERATIONS if each.method == "GET" and each.path.startswith(PUBLIC_PATH)]
# Within it anything may be as it was (docs/edge.md), also without a word to the edge.
A_MINUTE = 60
# Kept for so many seconds whatever happens, as before: counts among them change with each post and each follower, and
# lists with what takes place anywhere. Nobody is on the way by them.
BY_AGE = {
    "/api/public/calendars/{city_name}.ics": 360,
    "/api/public/events": 900,
    "/api/public/events.geojson": 900,
    "/api/public/events/facets": 900,
    "/api/public/push/key": 7200,
    "/api/public/users/{handle}": 360,
    "/api/public/users/{handle}/posts": 360,
    "/api/public/venues": 360,
    "/api/public/venues/{venue_id}": 360,
}
# How often a post was liked, shown and commented on is told to visitors by age alone, as it was.
TOTALS = re.compile(r'"totals":\{[^}]*\}')
type Answers = dict[tuple[str, bool, str], Answer]
TONIGHT = f"{PUBLIC_PATH}events/tonight"
ACTORS = ("owner", "stranger", "moderator", "anonymous")


@dataclass(frozen=True, slots=True)
class Act:
    """By the example of the description, or with what is `sent` in its stead."""

    method: str
    path: str
    sent: dict[str, Any] = field(default_factory=dict)
    who: str | None = None

    @property
    def operation(self) -> Operation:
        return next(each for each in WRITING if (each.method, each.path) == (self.method, self.path))

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.sent or ''}"


def patched(path: str, who: str | None = None, **changes: object) -> Act:
    return Act("PATCH", path, {"json": changes, "headers": {"if-match": '"1"'}}, who)


EVENT, PROFILE, VENUE = "/api/events/{event_id}", "/api/users/me", "/api/venues/{venue_id}"
OCCURRENCE = "/api/events/{event_id}/occurrences/{original_start}"
MORE = [
    patched(EVENT, status="cancelled"),
    patched(EVENT, title="La otra"),
    patched(EVENT, people=[{"role": "dj", "name": "Biagi"}]),
    patched(OCCURRENCE, status="cancelled"),
    patched(PROFILE, display_name="Otra"),
    patched(PROFILE, handle="la_otra"),
    patched(PROFILE, visibility="members"),
    patched(PROFILE, private=True),
    patched(VENUE, who="moderator", name="Otro salón"),
    patched(VENUE, who="moderator", latitude=-34.6, longitude=-58.4),
    Act("POST", "/api/moderation/reports/{report_id}/resolution", {"json": {"resolution": "hidden", "reason": "spam"}}),
    Act(
        "POST",
        "/api/moderation/reports/{report_id}/resolution",
        {"json": {"resolution": "suspended", "reason": "spam"}},
    ),
]
# What they change, public answers show for a minute at most (who registers), or show to nobody before and after.
NOBODY_MAY = {
    ("DELETE", "/api/events/{event_id}"),
    ("DELETE", "/api/registrations/{registration_id}/check-in"),
    ("POST", "/api/conversations/{conversation_id}/decline"),
    ("POST", "/api/link/{token}/registration"),
    ("POST", "/api/occurrences/{occurrence_id}/offers"),
    ("POST", "/api/registrations/{registration_id}/accept"),
    ("POST", "/api/registrations/{registration_id}/approve"),
    ("POST", "/api/registrations/{registration_id}/decline"),
    ("POST", "/api/registrations/{registration_id}/refuse"),
    ("POST", "/api/users"),
}
ACTS = [Act(each.method, each.path) for each in WRITING] + MORE


def kept_for(answer: Answer) -> int:
    """Seconds at the edge, without those in which it is stale."""
    said = re.search(r"s-maxage=(\d+)", answer.headers["cache-control"]) or re.search(
        r"max-age=(\d+)", answer.headers["cache-control"]
    )
    return int(said[1]) if said and answer.status == 200 else 0


def read(scene: Scene) -> Answers:
    """All there is for everybody, of what is the owner's and of what is another's."""
    scene.forget()
    asked: list[tuple[Operation, bool, dict[str, Any]]] = [
        (each, elsewhere, {}) for each in PUBLIC for elsewhere in (False, True)
    ]
    tonight = next(each for each in PUBLIC if each.path.endswith("/tonight"))
    asked.append((tonight, False, {"query": {"city": "Buenos Aires"}}))
    asked += [(tonight, False, {"query": {"latitude": -34.61, "longitude": -58.4, "radius_km": km}}) for km in (5, 100)]
    return {
        (each.path, elsewhere, str(sent)): scene.act(each, "anonymous", elsewhere=elsewhere, **sent)
        for each, elsewhere, sent in asked
    }


def told_to_forget(scene: Scene) -> set[str]:
    assert isinstance(scene.platform.commands, FakeCommands)
    found = [each.payload["tags"] for each in scene.platform.commands.rows.values() if each.kind == "edge_forget"]
    return {tag for tags in found for tag in tags}


def tags_of(answer: Answer) -> set[str]:
    return set(filter(None, answer.headers.get("cache-tag", "").split(",")))


def body_of(answer: Answer) -> str:
    return TOTALS.sub("", answer.text) if answer.status == 200 else ""


def may(act: Act) -> str | None:
    """Somebody whose act is not refused, by what is declared beside the route."""
    declared = declared_for(act.operation.endpoint)
    assert declared is not None
    return act.who or next((who for who in ACTORS if getattr(declared, who) < 300), None)


def left_standing(scene: Scene, before: Answers, act: Act, who: str) -> tuple[int, list[str], set[str]]:
    """The status of the act, what the edge would go on saying, and which answers became others."""
    with scene.undone():
        scene.forget()
        status = scene.act(act.operation, who, **act.sent).status
        forgotten = told_to_forget(scene)
        after = read(scene)
    changed = {each: answer for each, answer in before.items() if body_of(answer) != body_of(after[each])}
    late = [
        f"{path} {sent}"
        for (path, _, sent), answer in changed.items()
        if kept_for(answer) > BY_AGE.get(path, A_MINUTE) and not tags_of(answer) & forgotten
    ]
    return status, late, {path for path, _, _ in changed}


@pytest.fixture(scope="module")
def before(scene: Scene) -> Answers:
    with scene.undone():
        return read(scene)


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_what_an_act_makes_another_is_forgotten(scene: Scene, before: Answers, act: Act) -> None:
    who = may(act)
    if who is None:
        assert (act.method, act.path) in NOBODY_MAY
        return

    status, late, changed = left_standing(scene, before, act, who)

    assert status < 300
    assert late == [], changed
    if act in MORE:
        assert changed - BY_AGE.keys(), "worth looking at"


def made(answer: Answer) -> str:
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def shown_elsewhere(scene: Scene) -> list[str]:
    """Pages that show of the owner's what stands in none of the scene's: a mention, a repost, a session, a name."""
    gateway, people = scene.gateway, scene.people
    owner, post = people.owner, scene.here(examples.POST_ID)
    mention = made(gateway.post("/api/posts", user=people.stranger.id, json={"body": f"¡@{owner.handle}!"}))
    assert gateway.put(f"/api/posts/{post}/repost", user=people.moderator.id).status == 204
    with scene.undone() as connection:
        found = connection.execute("SELECT id FROM posts WHERE repost_of = %s", (post,)).fetchone()
    assert found is not None
    festival = made(gateway.post("/api/events", user=owner.id, json=MILONGA | {"kind": "festival"}))
    session = made(gateway.post("/api/events", user=owner.id, json=MILONGA | {"parent_id": festival}))
    named = MILONGA | {"people": [{"role": "dj", "user_id": str(owner.id)}]}
    event = made(gateway.post("/api/events", user=people.stranger.id, json=named))
    paths = [f"posts/{mention}", f"posts/{found[0]}", f"events/{session}", f"events/{event}"]
    return [PUBLIC_PATH + each for each in paths]


@pytest.mark.parametrize(
    ("act", "becomes_another"),
    [
        (patched(PROFILE, display_name="Otra"), {1, 3}),
        (patched(PROFILE, handle="la_otra"), {0, 1, 3}),
        (Act("PUT", "/api/moderation/users/{handle}/suspension", who="moderator"), {0, 1, 2, 3}),
        (Act("PUT", "/api/users/me/deletion"), {0, 1, 2, 3}),
        (patched("/api/posts/{post_id}", body="Otra"), {1}),
    ],
    ids=str,
)
def test_what_shows_it_elsewhere_is_forgotten_too(scene: Scene, act: Act, becomes_another: set[int]) -> None:
    who = act.who or "owner"
    with scene.undone():
        scene.forget()
        pages = shown_elsewhere(scene)
        scene.forget()
        before = [scene.gateway.get(page) for page in pages]
        scene.forget()
        assert scene.act(act.operation, who, **act.sent).status < 300
        forgotten = told_to_forget(scene)
        scene.forget()
        after = [scene.gateway.get(page) for page in pages]

    assert [each.status for each in before] == [200] * len(pages)
    others = {at for at, each in enumerate(before) if body_of(each) != body_of(after[at])}
    assert others == becomes_another
    assert all(tags_of(before[at]) & forgotten for at in others)


def test_a_session_says_what_its_festival_is_called(scene: Scene) -> None:
    gateway, owner = scene.gateway, scene.people.owner.id
    with scene.undone():
        festival = made(gateway.post("/api/events", user=owner, json=MILONGA | {"kind": "festival"}))
        session = made(gateway.post("/api/events", user=owner, json=MILONGA | {"parent_id": festival}))
        before = gateway.get(f"{PUBLIC_PATH}events/{session}")
        scene.forget()
        headers = {"if-match": '"1"'}
        changed = gateway.patch(f"/api/events/{festival}", user=owner, json={"title": "Otro"}, headers=headers)
        assert changed.status == 200
        forgotten = told_to_forget(scene)
        assert gateway.get(f"{PUBLIC_PATH}events/{session}").text != before.text

    assert tags_of(before) & forgotten


@pytest.mark.parametrize("returns", ["suspension", "deletion"])
def test_who_returns_is_on_tonight_again(scene: Scene, returns: str) -> None:
    gateway, people = scene.gateway, scene.people
    path, who, groups = (
        (f"/api/moderation/users/{people.owner.handle}/suspension", people.moderator.id, ("moderators",))
        if returns == "suspension"
        else ("/api/users/me/deletion", people.owner.id, ())
    )
    where = {"latitude": -34.61, "longitude": -58.4}
    with scene.undone():
        assert gateway.put(path, user=who, groups=groups, json={"reason": "spam"}).status < 300
        scene.forget()
        before = [gateway.get(TONIGHT, query=query) for query in (where, {"city": "Buenos Aires"})]
        scene.forget()
        assert gateway.delete(path, user=who, groups=groups).status == 204
        forgotten = told_to_forget(scene)
        scene.forget()
        after = [gateway.get(TONIGHT, query=query) for query in (where, {"city": "Buenos Aires"})]

    assert all(one.text != other.text for one, other in zip(before, after, strict=True))
    assert all(tags_of(each) & forgotten for each in before)
