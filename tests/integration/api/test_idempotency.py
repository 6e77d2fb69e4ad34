"""A POST under an Idempotency-Key happens once, whatever becomes of its answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from functions.api import idempotency
from functions.api.app import create_api
from functions.api.dependencies import unit_of_work
from functions.api.once import KEPT_NOWHERE
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeEngagements
from tests.fakes.requests import FakeAnswers
from tests.fixtures.gateway import Answer, Gateway, Log, fake_platform

Join = Callable[[str], UUID]
HOLA = {"body": "Hola"}


class Died(BaseException):
    """As Lambda ends a function: nothing after it happens."""


@pytest.fixture
def platform(real_database: Database, clock: FakeClock) -> Platform:
    """With the real pool and real commits."""
    platform = fake_platform()
    platform.database = real_database
    platform.clock = clock
    return platform


@pytest.fixture
def answers(platform: Platform) -> FakeAnswers:
    assert isinstance(platform.answers, FakeAnswers)
    return platform.answers


def send(gateway: Gateway, user: UUID, key: str = "key", path: str = "/api/posts", json: Any = HOLA) -> Answer:
    return gateway.post(path, user=user, json=json, headers={"Idempotency-Key": key})


def posts_of(gateway: Gateway, user: UUID) -> list[str]:
    return [item["id"] for item in gateway.get("/api/feed", user=user).json()["items"]]


def test_the_first_answer_comes_again(gateway: Gateway, malena: UUID) -> None:
    first, again = send(gateway, malena), send(gateway, malena)

    assert first.status == 201
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status, again.text) == (first.status, first.text)
    for name in ("location", "content-type", "content-length", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert posts_of(gateway, malena) == [first.json()["id"]]


def test_a_key_is_of_one_person_and_one_address(gateway: Gateway, malena: UUID, join: Join) -> None:
    troilo = join("troilo")
    made = [send(gateway, malena), send(gateway, troilo), send(gateway, malena, key="other")]

    assert [answer.status for answer in made] == [201] * 3
    assert len({answer.json()["id"] for answer in made}) == 3
    upload = {"purpose": "post", "content_type": "image/jpeg", "size": 1000}
    assert send(gateway, malena, path="/api/media", json=upload).status == 201


def test_another_body_under_the_same_key_is_refused(gateway: Gateway, malena: UUID) -> None:
    send(gateway, malena)

    answer = send(gateway, malena, json={"body": "Chau"})

    assert (answer.status, answer.problem) == (422, "idempotency-key-reused")
    assert len(posts_of(gateway, malena)) == 1


def test_while_the_first_is_under_way_the_next_is_told_to_wait(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch, answers: FakeAnswers
) -> None:
    seen: list[Answer] = []

    other = Gateway(gateway.platform)
    with monkeypatch.context() as slowly:
        find = gateway.platform.media.find_many
        upload = {"id": str(ids.new_id()), "alt": ""}

        def find_many(media_ids: Any) -> Any:
            if not seen:
                seen.append(_in_thread(lambda: send(other, malena, json=HOLA | {"media": [upload]})))
            return find(media_ids)

        slowly.setattr(gateway.platform.media, "find_many", find_many)
        send(gateway, malena, json=HOLA | {"media": [upload]})
    other.close()

    assert [(answer.status, answer.problem) for answer in seen] == [(409, "in-progress")]
    assert int(seen[0].headers["retry-after"]) > 0


def _in_thread(call: Callable[[], Answer]) -> Answer:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def test_a_refusal_is_kept_and_a_failure_is_not(
    gateway: Gateway, malena: UUID, real_database: Database, answers: FakeAnswers
) -> None:
    refused = send(gateway, malena, json={"body": ""})
    assert refused.status == 422
    assert send(gateway, malena, json={"body": ""}).headers["idempotency-replayed"] == "true"

    class Away:
        def transaction(self) -> Any:
            raise Unavailable("away")

    gateway.platform.database = Away()  # type: ignore[assignment]
    assert send(gateway, malena, key="failed").status == 503
    gateway.platform.database = real_database
    assert send(gateway, malena, key="failed").status == 201


def test_what_was_refused_while_somebody_was_suspended_happens_once_they_are_restored(
    gateway: Gateway, malena: UUID, join: Join
) -> None:
    moderating: dict[str, Any] = {"user": join("osvaldo"), "groups": ("moderators",)}
    suspension = "/api/moderation/users/malena/suspension"
    assert gateway.put(suspension, json={"reason": "spam"}, **moderating).status == 204
    assert send(gateway, malena).problem == "suspended"
    assert gateway.delete(suspension, **moderating).status == 204

    assert send(gateway, malena).status == 201


def test_what_nobody_foresaw_is_not_kept(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch, answers: FakeAnswers
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("mundotango.posts.policy.body", lambda *_, **__: 1 / 0)
        assert send(gateway, malena).status == 500
    assert send(gateway, malena).status == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "a\x7fb", "a\x80b"])
def test_a_key_that_is_none_is_refused(gateway: Gateway, malena: UUID, key: str) -> None:
    answer = send(gateway, malena, key=key)

    assert (answer.status, answer.problem, answer.refused_fields) == (400, "bad-idempotency-key", {"Idempotency-Key"})
    assert posts_of(gateway, malena) == []


def test_the_longest_key_is_taken(gateway: Gateway, malena: UUID) -> None:
    assert send(gateway, malena, key="k" * 255).status == 201


def test_of_what_adds_nothing_when_it_is_told_again_no_answer_is_kept(
    gateway: Gateway, malena: UUID, join: Join, answers: FakeAnswers
) -> None:
    posted = send(gateway, join("troilo")).json()["id"]
    answers.rows.clear()

    told = [send(gateway, malena, path="/api/posts/views", json={"post_ids": [posted]}) for _ in range(2)]

    assert [(answer.status, answer.text) for answer in told] == [(204, "")] * 2
    assert answers.rows == {}
    assert isinstance(gateway.platform.engagements, FakeEngagements)
    assert [change.after for change in gateway.platform.engagements.table.stream] == ["views"]
    assert WITHOUT_A_KEY_OF_THEIR_OWN.keys() >= KEPT_NOWHERE


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_need_no_key_and_ignore_it(gateway: Gateway, malena: UUID, method: str) -> None:
    path = "/api/users/malena" + ("" if method == "GET" else "/follow")
    for _ in range(2):
        answer = gateway.call(method, path, user=malena, headers={"Idempotency-Key": ""})
        assert "idempotency-replayed" not in answer.headers
        assert answer.status != 400


def test_who_is_not_signed_in_is_told_that_first(gateway: Gateway) -> None:
    answer = gateway.post("/api/posts", json=HOLA, headers={"Idempotency-Key": ""})

    assert (answer.status, answer.problem) == (401, "unauthenticated")


def test_a_crash_between_effect_and_record_repeats_nothing(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch, answers: FakeAnswers
) -> None:
    with monkeypatch.context() as crashing:

        def die(*_: object) -> None:
            raise Died

        crashing.setattr(answers, "keep", die)
        with pytest.raises(AssertionError, match="500"):  # Mangum's own, which a function that died would not send
            send(gateway, malena)
    (made,) = posts_of(gateway, malena)
    assert send(gateway, malena).problem == "in-progress"
    answers.give_up()

    again = send(gateway, malena)

    assert (again.status, again.json()["id"], again.json()["body"]) == (201, made, "Hola")
    assert again.headers["location"] == f"/api/posts/{made}"
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["cache-control"] == "no-store"
    assert posts_of(gateway, malena) == [made]
    assert send(gateway, malena).text == again.text


def test_a_record_that_cannot_be_written_costs_no_answer(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch, answers: FakeAnswers, log: Log
) -> None:
    with monkeypatch.context() as failing:

        def fail(*_: object) -> None:
            raise Unavailable("away")

        failing.setattr(answers, "keep", fail)
        first = send(gateway, malena)
    assert first.status == 201
    line = next(line for line in log.lines() if line.get("route") == "/api/posts")
    assert line["idempotency_failures"] == 1
    answers.give_up()
    assert send(gateway, malena).json()["id"] == first.json()["id"]


def test_what_was_done_and_cannot_be_shown_is_said_to_be_done(
    gateway: Gateway, malena: UUID, real_database: Database, answers: FakeAnswers
) -> None:
    send(gateway, malena)
    answers.rows.clear()
    with real_database.transaction() as connection:
        connection.execute("DELETE FROM posts")

    answer = send(gateway, malena)

    assert (answer.status, answer.problem) == (409, "already-done")
    assert posts_of(gateway, malena) == []


def test_what_was_done_is_not_shown_to_another_body(gateway: Gateway, malena: UUID, answers: FakeAnswers) -> None:
    send(gateway, malena)
    answers.rows.clear()

    assert send(gateway, malena, json={"body": "Chau"}).problem == "idempotency-key-reused"
    assert len(posts_of(gateway, malena)) == 1


def test_a_large_answer_is_kept_by_its_place(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch, answers: FakeAnswers
) -> None:
    monkeypatch.setattr(idempotency, "LARGEST_KEPT", 10)
    first = send(gateway, malena)
    ((_, kept),) = answers.rows.values()
    assert kept == {"status": 201, "location": first.headers["location"]}

    again = send(gateway, malena)

    assert (again.status, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"


def test_while_nobody_knows_what_was_done_nothing_is(gateway: Gateway, malena: UUID, answers: FakeAnswers) -> None:
    answers.away = True

    answer = send(gateway, malena)

    assert (answer.status, answer.problem) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert posts_of(gateway, malena) == []
    assert gateway.post("/api/posts", user=malena, json=HOLA).status == 201


def test_after_a_day_the_same_key_is_another_request(
    gateway: Gateway, malena: UUID, answers: FakeAnswers, clock: FakeClock
) -> None:
    send(gateway, malena)
    answers.rows.clear()
    clock.advance(timedelta(hours=24, seconds=1))

    assert "idempotency-replayed" not in send(gateway, malena).headers
    assert len(posts_of(gateway, malena)) == 2


def test_what_cannot_be_done_twice_is_told_as_done_and_not_refused(
    gateway: Gateway, malena: UUID, answers: FakeAnswers
) -> None:
    """A draft that was published is there no more, and one export waits at a time: the repetition is refused earlier
    than where it meets its key."""
    draft = gateway.post("/api/drafts", user=malena, json=HOLA).json()["id"]
    for path in (f"/api/drafts/{draft}/publish", "/api/users/me/export"):
        first = send(gateway, malena, path=path, json=None)
        answers.rows.clear()

        again = send(gateway, malena, path=path, json=None)

        assert (again.status, again.headers["location"]) == (first.status, first.headers["location"])
        assert again.headers["idempotency-replayed"] == "true"
        assert {**again.json(), "link": None} == {**first.json(), "link": None}
    assert len(posts_of(gateway, malena)) == 1


@pytest.mark.parametrize(
    ("path", "json", "secret"),
    [
        ("/api/realtime/tickets", None, "ticket"),
        ("/api/realtime/grants", {"channels": ["city:lima"]}, "grant"),
    ],
)
def test_a_secret_of_sockets_is_another_each_time_and_kept_nowhere(
    gateway: Gateway, malena: UUID, answers: FakeAnswers, path: str, json: Any, secret: str
) -> None:
    first, again = (send(gateway, malena, path=path, json=json) for _ in range(2))

    assert first.status == again.status == 201
    assert first.json()[secret] != again.json()[secret]
    assert "idempotency-replayed" not in again.headers
    assert answers.rows == {}


# Of what no transaction of PostgreSQL is the effect, and why doing it twice is nothing.
WITHOUT_A_KEY_OF_THEIR_OWN = {
    "/api/calendars/import": "an event that is there already is not made again",
    "/api/feedback": "a person who says it twice is counted once",
    "/api/link/{token}/registration": "each act of a guest leaves the state that it is offered in",
    "/api/media": "of two forms the one that nobody used ends",
    "/api/posts/views": "a set for each viewer and day, to which what is in it adds nothing",
    "/api/realtime/grants": "a grant that nobody names ends in ten minutes",
    "/api/realtime/tickets": "a ticket that nobody used ends in a minute",
}
# What these make is read nowhere: done before, they answer 409 `already-done`; or, without a caller, the same again.
READ_NOWHERE = {
    "/api/conversations/{conversation_id}/decline",
    "/api/link/{token}/unsubscribe",
    "/api/moderation/reports/{report_id}/resolution",
    "/api/occurrences/{occurrence_id}/offers",
    "/api/public/guests",
    "/api/reports",
}


def test_every_post_notes_its_key_with_its_effect_or_need_not() -> None:
    without, nowhere = set(), set()
    for context in iter_route_contexts(create_api(fake_platform()).routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "POST" in (route.methods or ()):
            noted = any(each.call is unit_of_work for each in route.dependant.dependencies)
            if not noted:
                without.add(route.path)
            elif route.dependant.response_param_name is None:
                nowhere.add(route.path)

    assert without == WITHOUT_A_KEY_OF_THEIR_OWN.keys()
    assert nowhere == READ_NOWHERE
