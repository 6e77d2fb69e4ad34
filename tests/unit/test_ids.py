import time
import uuid

import pytest

from mundotango import ids


def test_an_id_is_a_uuid_of_version_7_and_tells_the_millisecond_it_was_made_in() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_sort_in_the_order_they_were_made_and_none_comes_twice() -> None:
    made = [ids.new_id() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert [str(one) for one in made] == sorted(str(one) for one in made)


def test_a_clock_that_goes_back_does_not_turn_the_order_round(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert ids.new_id() > first


def test_an_id_follows_one_of_a_machine_whose_clock_is_ahead_and_turns_no_other_clock() -> None:
    ahead = uuid.UUID(int=ids.new_id().int + (3_600_000 << 80))

    following = ids.new_id_after(ahead)

    assert ahead < following < ids.new_id_after(following)
    assert following.version == 7
    assert ids.new_id() < ids.new_id_after(ids.new_id()) < ahead


def test_what_follows_the_time_is_random() -> None:
    assert len({ids.new_id().int & (1 << 62) - 1 for _ in range(1000)}) == 1000


def test_the_same_parts_have_the_same_id_and_no_others() -> None:
    assert ids.derived_id("a", "bc") == ids.derived_id("a", "bc")
    assert ids.derived_id("a", "bc") != ids.derived_id("ab", "c")
