"""Somebody leaves: whatever happens on the way, in the end nothing of them is left, and all of the others."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.jobs import handler as jobs
from mundotango.errors import Unavailable
from mundotango.exports.service import ask_export
from mundotango.media.policy import original_key
from mundotango.privacy.erasing import STEP_SECONDS, erase_accounts, erase_person
from mundotango.privacy.policy import CLOCKS_DIFFER, GRACE, SIGNED_OUT_AFTER
from mundotango.privacy.service import ask_to_leave, stay
from mundotango.privacy.stores import rows
from tests.factories.media import pending_media
from tests.factories.outbox import ample
from tests.factories.search import places
from tests.factories.traces import Traces, newcomer
from tests.factories.traces_of_events import insert
from tests.integration.privacy.conftest import Place

SECOND = timedelta(seconds=1)
# Ids that name nobody any more: of the erasure itself, the command that ended the sign-in, what moderators did; in
# others' inboxes for 90 days, and beside others' reactions to a post that is gone, until the next recount.
IDS_MAY_STAY = {"test-erasures", "test-commands", "audit", "test-notifications", "test-reactions"}
# Ids of pictures that are gone, in what deleted them.
PICTURES_MAY_STAY = {"test-commands", "outbox"}


class Killed(BaseException):
    """What ends a function from outside: nothing catches it."""


def leave(place: Place, who: Traces) -> None:
    with place.platform.unit_of_work() as work:
        ask_to_leave(work, who.id, place.clock)
    place.clock.advance(GRACE + CLOCKS_DIFFER + SECOND)


def sign_ins_end(place: Place) -> None:
    assert place.run("erase_accounts")["waiting"] == 1
    place.clock.advance(SIGNED_OUT_AFTER)


def without(stores: dict[str, list[str]], who: Traces) -> None:
    assert places(stores, who.marker) == set()
    assert places(stores, str(who.id)) <= IDS_MAY_STAY
    assert places({"own": stores["test-notifications"]}, f"user#{who.id}") == set()
    assert places({"devices": stores["test-notifications"]}, f'"user_id": {{"S": "{who.id}"}}') == set()
    assert places(stores, str(who.media_id)) <= PICTURES_MAY_STAY


def rows_of_one(rows: list[str], who: Traces, other: Traces) -> list[str]:
    """What one person wrote that has nothing to do with the other."""
    others = (other.marker, *map(str, (other.id, other.post_id, other.comment_id, other.message_id)))
    return [row for row in rows if who.marker in row and not any(mark in row for mark in others)]


def test_a_marker_stands_in_every_store_first(place: Place) -> None:
    """Else finding none afterwards would say nothing."""
    stores = place.search()
    silent = {
        "event_documents_due", "hidden_events", "removed_media", "schema_migrations", "signing_keys", "test-commands",
        "test-counters", "test-erasures", "test-tickets",
    }  # fmt: skip

    for who in (place.ana, place.bruno):
        found = places(stores, who.marker) | places(stores, str(who.id)) | places(stores, str(who.post_id))
        assert found == stores.keys() - silent


def test_nothing_is_left_of_who_left_and_everything_of_the_others(place: Place) -> None:
    before = place.search()
    leave(place, place.ana)
    sign_ins_end(place)

    assert place.run("erase_accounts") == {
        "job": "erase_accounts", "done": True, "erased": 1, "waiting": 0, "failed": 0,
    }  # fmt: skip
    place.carry_out()

    after = place.search()
    without(after, place.ana)
    assert place.identities.known == {place.bruno.id}
    kept = {name: rows_of_one(rows, place.bruno, place.ana) for name, rows in before.items()}
    assert [row for name, rows in kept.items() for row in rows if row not in after.get(name, ())] == []
    assert {"users", "posts", "drafts", "events", "test-media", "test-uploads"} <= places(after, place.bruno.marker)
    assert place.run("erase_accounts")["erased"] == 0


def test_what_others_said_stays(place: Place) -> None:
    leave(place, place.ana)
    sign_ins_end(place)
    place.run("erase_accounts")

    with place.platform.database.transaction() as connection:
        emptied = connection.execute(
            "SELECT user_id, body, entities, deleted_at IS NOT NULL FROM comments WHERE id = %s",
            (place.ana.answered_id,),
        ).fetchone()
        replies = connection.execute("SELECT user_id FROM comments WHERE parent_id = %s", (place.ana.answered_id,))
        assert replies.fetchall() == [(place.bruno.id,)]
        mentioning = connection.execute(
            "SELECT entities FROM posts WHERE user_id = %s AND entities <> '[]'", (place.bruno.id,)
        ).fetchall()
    assert emptied == (None, "", [], True)
    assert mentioning == [([{"kind": "link", "start": 0, "end": 9, "url": "https://x"}],)]


def test_totals_of_others_posts_follow(place: Place) -> None:
    leave(place, place.ana)
    sign_ins_end(place)
    place.run("erase_accounts")

    with place.platform.database.transaction() as connection:
        told = connection.execute(
            """
            SELECT kind, payload ->> 'post_id', actor_id FROM outbox
            WHERE kind IN ('comment.removed', 'post.removed', 'post.unshared')
            """
        ).fetchall()
    on_brunos = [kind for kind, post_id, _ in told if post_id == str(place.bruno.post_id)]
    assert sorted(on_brunos) == ["comment.removed"] * 3 + ["post.unshared"]
    assert ("post.removed", str(place.ana.post_id), None) in told
    assert {actor for _, _, actor in told} == {None}


def test_nobody_is_erased_who_did_not_ask_or_changed_their_mind(place: Place) -> None:
    with place.platform.unit_of_work() as work:
        ask_to_leave(work, place.ana.id, place.clock)
        place.clock.advance(GRACE - SECOND)
        stay(work, place.ana.id, place.clock)
    place.clock.advance(GRACE)

    for _ in range(2):
        assert place.run("erase_accounts")["erased"] == 0
        place.clock.advance(SIGNED_OUT_AFTER)

    assert places(place.search(), place.ana.marker)
    assert place.platform.erasures.noted(None, 9) == []


def test_sign_ins_end_hours_before_the_rest(place: Place) -> None:
    leave(place, place.ana)

    for _ in range(3):
        assert place.run("erase_accounts")["waiting"] == 1
        place.carry_out()
        assert place.ana.id not in place.identities.known
        assert "posts" in places(place.search(), place.ana.marker)
        place.clock.advance(SIGNED_OUT_AFTER / 3)

    assert place.run("erase_accounts")["erased"] == 1


def killing_after(steps: int) -> Iterator[float]:
    for _ in range(steps):
        yield 300.0
    raise Killed


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(place: Place) -> None:
    leave(place, place.ana)
    sign_ins_end(place)
    kills = 0
    while True:
        try:
            outcome = erase_accounts(place.platform, killing_after(kills + 1).__next__)
        except Killed:
            kills += 1
            with place.platform.database.transaction() as connection:
                left = connection.execute("SELECT count(*) FROM users WHERE id = %s", (place.ana.id,)).fetchone()
            if left == (0,):
                break
        else:
            assert outcome["erased"] == 1
            break

    assert kills > 20
    place.carry_out()
    without(place.search(), place.ana)
    assert place.identities.known == {place.bruno.id}


@pytest.mark.parametrize(("store", "method"), [("media", "remove"), ("objects", "list_keys"), ("cache", "delete")])
def test_a_run_that_is_killed_within_a_step_is_too(
    place: Place, store: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    leave(place, place.ana)
    sign_ins_end(place)
    with monkeypatch.context() as broken:
        broken.setattr(getattr(place.platform, store), method, killed)
        with pytest.raises(Killed):
            place.run("erase_accounts")

    assert place.run("erase_accounts")["erased"] == 1

    place.carry_out()
    without(place.search(), place.ana)


def test_a_run_that_was_killed_before_the_sign_in_was_ended_ends_it_later(place: Place) -> None:
    leave(place, place.ana)
    place.platform.erasures.note(place.ana.id, place.clock.now())
    place.clock.advance(SIGNED_OUT_AFTER)

    assert place.run("erase_accounts")["erased"] == 1
    place.carry_out()

    assert place.ana.id not in place.identities.known


def test_a_command_that_could_not_be_handed_on_is_not_erased(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise Unavailable("the table does not answer; try again")

    leave(place, place.ana)
    place.platform.erasures.note(place.ana.id, place.clock.now() - SIGNED_OUT_AFTER)
    with monkeypatch.context() as broken:
        broken.setattr(place.platform.commands, "put", away)
        assert place.run("erase_accounts")["erased"] == 1
    assert place.ana.id in place.identities.known

    place.run("sweep_outbox")
    place.carry_out()

    assert place.ana.id not in place.identities.known


def test_an_account_without_a_profile_takes_what_it_uploaded_along(place: Place) -> None:
    nobody, picture = newcomer(), pending_media()
    platform = place.platform
    place.identities.known.add(nobody.id)
    platform.media.add(replace(picture, owner_id=nobody.id))
    platform.objects.put(
        "uploads", original_key(picture.media_id), nobody.marker.encode(), content_type="", cache_control=""
    )
    with platform.unit_of_work() as work:
        ask_export(work, nobody.id, place.clock)
    leave(place, nobody)
    sign_ins_end(place)
    found = place.search()
    assert places(found, nobody.marker) | places(found, str(nobody.id)) >= {
        "departures", "exports", "test-media", "test-uploads",
    }  # fmt: skip

    assert place.run("erase_accounts")["erased"] == 1
    place.carry_out()

    without(place.search(), nobody)
    assert nobody.id not in place.identities.known
    assert place.run("erase_accounts")["waiting"] == 0


def test_a_run_whose_time_is_up_says_so_and_the_next_goes_on(place: Place) -> None:
    leave(place, place.ana)
    sign_ins_end(place)
    left = iter([300.0, 300.0, STEP_SECONDS - 1])

    outcome = erase_accounts(place.platform, lambda: next(left))

    assert outcome == {"done": False, "erased": 0, "waiting": 0, "failed": 0}
    assert place.run("erase_accounts")["erased"] == 1
    without(place.search(), place.ana)


def test_one_who_cannot_be_erased_holds_up_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sorted((place.ana, place.bruno), key=lambda who: who.id)
    for who in (first, second):
        with place.platform.unit_of_work() as work:
            ask_to_leave(work, who.id, place.clock)
    place.clock.advance(GRACE + CLOCKS_DIFFER + SECOND)
    assert place.run("erase_accounts")["waiting"] == 2
    place.clock.advance(SIGNED_OUT_AFTER)
    forget = place.platform.edges.forget

    def busy(user_id: UUID, limit: int) -> int:
        if user_id == first.id:
            raise Unavailable("the table is busy; try again")
        return forget(user_id, limit)

    with monkeypatch.context() as broken:
        broken.setattr(place.platform.edges, "forget", busy)
        with pytest.raises(jobs.JobFailed):
            place.run("erase_accounts")

    stores = place.search()
    assert places(stores, second.marker) == set()
    assert "users" in places(stores, first.marker)
    assert place.run("erase_accounts")["erased"] == 1


def test_somebody_with_much_is_erased_in_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAGE", 20)  # three pages; moto is slow with many rows
    with place.platform.database.transaction() as connection:
        for number in range(45):
            insert(
                connection, "posts", id=UUID(int=number), user_id=place.ana.id, body="", city="",
                created_at=place.clock.now(), version=1,
            )  # fmt: skip
            insert(
                connection, "comments", id=UUID(int=number), post_id=place.bruno.post_id, user_id=place.ana.id,
                body="", created_at=place.clock.now(),
            )  # fmt: skip

    assert erase_person(place.platform, place.ana.id, ample) > 90

    without(place.search(), place.ana)
