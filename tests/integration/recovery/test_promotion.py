"""A reader is promoted while people write and read through the real API.

Aurora acknowledges a commit when four of six copies of the storage have it, which its readers share: a promoted reader
has all of it. Two servers stand for that when a commit waits for the copy. A global database does not wait: what that
costs is measured apart.
"""

from collections.abc import Callable
from time import monotonic, sleep

import pytest

from devstack import copies, postgres
from tests.fixtures.gateway import Gateway
from tests.integration.recovery.conftest import Crowd, Pair, close, platform_at

# What an asynchronous copy may lack, in seconds before the loss; AWS names about one second between regions.
LAG_SECONDS = 1.0


@pytest.mark.parametrize("together", [True, False], ids=["acknowledged by both", "acknowledged by one"])
def test_what_was_acknowledged_is_there_and_reading_never_ends(
    together: bool, start_pair: Callable[..., Pair], record_property: Callable[[str, object], None]
) -> None:
    pair = start_pair(together=together)
    serving = pair.primary
    with Crowd(lambda: (serving, pair.copy)) as crowd:
        crowd.await_written(50)
        lost_at = monotonic()
        postgres.kill(pair.primary.data_dir)
        sleep(0.5)  # somebody or something has to notice
        copies.promote(pair.copy)
        serving = pair.copy  # its name is the writer's now
        crowd.await_written(50)

    first = next(ended for _, ended, answer in crowd.writes if answer.status == 201 and ended > lost_at + 0.5)
    lost = lost_writes(crowd, pair)
    during = [answer for started, _, answer in crowd.reads if lost_at < started < first]
    told = {
        "acknowledged": len(crowd.written),
        "lost": len(lost),
        "seconds_to_first_write": round(first - lost_at, 2),
        "reads_meanwhile": len(during),
    }
    record_property("promotion", told)
    print(f"\npromoted reader: {told}")
    # Before, a copy may not show yet what was just written.
    assert {answer.status for started, _, answer in crowd.reads if started > lost_at} == {200}
    assert during
    assert {answer.status for answer in crowd.refused} <= {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in crowd.refused)
    assert lost == [] if together else all(lost_at - at < LAG_SECONDS for at in lost)


def lost_writes(crowd: Crowd, pair: Pair) -> list[float]:
    """When those were acknowledged that are not there."""
    platform = platform_at(pair.copy)
    gateway = Gateway(platform)
    done = [(at, answer.headers["location"]) for _, at, answer in crowd.writes if answer.status == 201]
    lost = [at for at, place in done if gateway.get(place, user=crowd.person).status != 200]
    gateway.close()
    close(platform)
    return lost
