"""Tells a post's totals to those who look at it: at once after a while of silence, and else once a second.

Whoever has counted something looks when the post was last told. If that was a second ago it *claims* the next telling,
a write that only one can win, and reads the totals after it. If not, it waits for the rest of the second, once at the
end of its batch, and claims then. Who does not win a claim need not tell: the other's came after what was counted here,
and so did the reading of its totals. So the last state is always told.

What other regions counted is told as it came here last. Of two regions that count one post within the second that this
takes each may tell it without the other's; the next telling, and whoever asks, has both.
"""

from collections.abc import Mapping
from datetime import timedelta
from time import sleep
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.reactions.model import ENDED, Told, Totals, bucket_keys
from mundotango.reactions.ports import Counters
from mundotango.reactions.service import total
from mundotango.realtime.model import Activity, post_channel
from mundotango.realtime.ports import Activities

GAP = timedelta(seconds=1)
# Among so many of a channel's newest activities the last announcement is looked for.
LOOKED_THROUGH = 10


class Announcements:
    """Those of one batch."""

    def __init__(self, counters: Counters, activities: Activities, clock: Clock) -> None:
        self._counters, self._activities, self._clock = counters, activities, clock
        self._waiting: dict[UUID, Told] = {}

    def tell(self, target_id: UUID, *, again: bool) -> None:
        """After what changed is counted: now, or in `tell_rest`.

        `again` is for a batch that was counted when it came before. It may not have been announced then, so this looks.
        """
        if again and self._newest(target_id) == _news_in(self._read(target_id)[1]):
            return
        last = self._counters.told(target_id)
        if last.at is not None and self._clock.now() - last.at < GAP:
            self._waiting[target_id] = last
        else:
            self._claim_and_tell(target_id, last)

    def tell_rest(self) -> list[UUID]:
        """The targets that could not be told."""
        failed: list[UUID] = []
        while self._waiting:
            now = self._clock.now()
            rest = max(GAP - (now - last.at) for last in self._waiting.values() if last.at is not None)
            sleep(min(rest, GAP).total_seconds())
            waiting, self._waiting = self._waiting, {}
            for target_id, last in waiting.items():
                try:
                    self._claim_and_tell(target_id, last)
                except Unavailable:
                    failed.append(target_id)
        return failed

    def _claim_and_tell(self, target_id: UUID, last: Told) -> None:
        claimed_at = self._clock.now()
        if not self._counters.claim(target_id, last, claimed_at, str(ids.new_id())):
            return
        guards, totals = self._read(target_id)
        if ENDED in guards:
            return
        self._activities.append(
            Activity(
                # Of how far each bucket is counted, so that the same totals are told under the same id.
                id=ids.derived_id("reaction.changed", str(target_id), *guards),
                kind="reaction.changed",
                actor_id=None,
                channel=post_channel(target_id),
                payload={"post_id": str(target_id), "totals": totals},
                occurred_at=claimed_at,
            )
        )
        if self._clock.now() - claimed_at > GAP / 2:
            # That took long: a later telling may stand before this one, which has then to be told after it.
            newest = self._counters.told(target_id)
            if newest.number > last.number + 1:
                self._waiting[target_id] = newest

    def _read(self, target_id: UUID) -> tuple[list[str], Totals]:
        counts = self._counters.everywhere(bucket_keys(target_id), fresh=True)
        guards = [counts[key][region].guard or "" for key in sorted(counts) for region in sorted(counts[key])]
        return guards, total(counts, target_id)

    def _newest(self, target_id: UUID) -> dict[str, int] | None:
        """What the newest announcement of this target says."""
        for appended in self._activities.newest(post_channel(target_id), LOOKED_THROUGH):
            if appended.activity.kind == "reaction.changed":
                return _news_in(appended.activity.payload["totals"])
        return None


def _news_in(totals: Mapping[Any, int]) -> dict[str, int]:
    return {name: number for name, number in totals.items() if name != "views"}
