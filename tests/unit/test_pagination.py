from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.errors import BadCursor, Invalid
from mundotango.ids import new_id
from mundotango.pagination import Keyring, Place, Ranked, checked_limit, page_of

KEYS = [b"the only key"]
PLACE = Place(datetime(2026, 11, 23, 20, 0, 0, 123456, tzinfo=UTC), new_id())


def keys() -> list[bytes]:
    return KEYS


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_went(at: datetime, item_id: object) -> None:
    place = Place(at, item_id)  # type: ignore[arg-type]
    assert Keyring().read("feed", Keyring().sign("feed", place, keys), keys) == place


@given(st.integers(-(2**40), 2**40), st.uuids())
def test_a_cursor_of_a_ranked_list_too(rank: int, item_id: object) -> None:
    place = Ranked(rank, item_id)  # type: ignore[arg-type]
    assert Keyring().read_ranked("search", Keyring().sign("search", place, keys), keys) == place


@given(st.data())
def test_a_cursor_that_was_touched_is_refused(data: st.DataObject) -> None:
    cursor = Keyring().sign("feed", PLACE, keys)
    index = data.draw(st.integers(0, len(cursor) - 1))
    changed = cursor[:index] + data.draw(st.characters(exclude_characters=cursor[index])) + cursor[index + 1 :]
    try:
        place = Keyring().read("feed", changed, keys)
    except BadCursor:
        return
    # Base64 leaves bits of the last character unused: another spelling, the same place.
    assert place == PLACE


@given(st.text())
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        Keyring().read("feed", cursor, keys)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(BadCursor):
        Keyring().read("events", Keyring().sign("feed", PLACE, keys), keys)


def test_a_new_key_signs_while_the_old_ones_cursors_are_read() -> None:
    old = Keyring().sign("feed", PLACE, lambda: [b"old"])
    rotated = Keyring()
    assert rotated.read("feed", old, lambda: [b"old", b"new"]) == PLACE
    assert Keyring().read("feed", rotated.sign("feed", PLACE, keys), lambda: [b"new"]) == PLACE


def test_a_process_that_has_only_the_old_key_learns_the_new_one() -> None:
    process = Keyring()
    process.sign("feed", PLACE, lambda: [b"old"])
    elsewhere = Keyring().sign("feed", PLACE, lambda: [b"old", b"new"])
    assert process.read("feed", elsewhere, lambda: [b"old", b"new"]) == PLACE


def test_a_retired_key_signs_nothing_we_accept() -> None:
    with pytest.raises(BadCursor):
        Keyring().read("feed", Keyring().sign("feed", PLACE, lambda: [b"old"]), lambda: [b"new"])


def test_keys_are_read_once() -> None:
    reads: list[int] = []

    def counted() -> list[bytes]:
        reads.append(1)
        return KEYS

    keyring = Keyring()
    cursor = keyring.sign("feed", PLACE, counted)
    keyring.read("feed", cursor, counted)
    keyring.sign("feed", PLACE, counted)
    assert len(reads) == 1


def test_a_page_that_is_full_by_chance_is_the_last() -> None:
    assert page_of([1, 2], 2, str).next_cursor is None
    assert page_of([1, 2, 3], 2, str) == page_of([1, 2, 4], 2, str)
    assert page_of([1, 2, 3], 2, str).next_cursor == "2"
    assert page_of([], 2, str).items == []


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_limits(limit: int) -> None:
    with pytest.raises(Invalid):
        checked_limit(limit)
