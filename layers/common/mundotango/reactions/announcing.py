"""Claims that a post's totals are told to those who look at it: at once after a silence, and else once a second.

What is claimed is told: the claim stands in the row of counts, and the stream of that table brings it to `push` in each
region (`realtime/totals.py`).

Who counts has read when the post was last told. If that was a second ago they claim the next telling by the write that
counts, which holds only while nobody else has claimed it since. If not, that write says that news is *owed*; they wait
for the rest of the second, once at the end of their batch, and claim then by a write of its own, which takes that back.
Who does not win a claim need not tell: the other's came after what was counted here. Who ends before they claim has the
batch again, and finds that its news is still owed. So the last state is always told.
"""

from collections.abc import Mapping
from datetime import timedelta
from time import sleep
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.reactions.model import Claim, Standing, Told
from mundotango.reactions.ports import Counters
from mundotango.threads import side_by_side

GAP = timedelta(seconds=1)


class Announcements:
    """Those of one batch."""

    def __init__(self, counters: Counters, clock: Clock) -> None:
        self._counters, self._clock = counters, clock
        self._waiting: dict[UUID, Standing] = {}

    def claim(self, told: Told) -> Claim | None:
        """To be written with what is counted; None where the target was told within the last second."""
        now = self._clock.now()
        return None if told.at is not None and now - told.at < GAP else Claim(told, ids.new_id(), now)

    def wait(self, target_id: UUID, standing: Standing) -> None:
        """What is owed, until `claim_rest`."""
        self._waiting[target_id] = standing

    def claim_rest(self) -> list[UUID]:
        """The targets of which it could not be claimed."""
        if not self._waiting:
            return []
        now = self._clock.now()
        rests = [GAP - (now - each.told.at) for each in self._waiting.values() if each.told.at is not None]
        # Of some the second may be over by now.
        sleep(min(max([timedelta(), *rests]), GAP).total_seconds())
        return self._claim_those(self._waiting)

    def _claim_those(self, waiting: Mapping[UUID, Standing]) -> list[UUID]:
        """A read of all spares the claims that others have won meanwhile: refused, each would be paid as a write."""

        def claimed(due: tuple[UUID, Told]) -> bool:
            target_id, told = due
            try:
                self._counters.claim(target_id, Claim(told, ids.new_id(), self._clock.now()))
            except Unavailable:
                return False
            return True

        try:
            newest = self._counters.standing(waiting)
        except Unavailable:
            return list(waiting)
        due = [(each, newest[each].told) for each, before in waiting.items() if newest[each].told.by == before.told.by]
        return [target_id for (target_id, _), done in zip(due, side_by_side(claimed, due), strict=True) if not done]
