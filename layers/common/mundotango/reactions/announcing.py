"""Tells a post's totals to those who look at it: at once after a while of silence, and else once a second.

Who counts has read when the post was last told. If that was a second ago they *claim* the next telling by the write
that counts, which holds only while nobody else has claimed it since, and answers the totals to be told. If not, they
wait for the rest of the second, once at the end of their batch, and claim then by a write of its own. Who does not win
a claim need not tell: the other's came after what was counted here, and so did its totals. So the last state is always
told; and whose batch comes again, because they claimed and could not tell, looks at what was told last.

What other regions counted is told as it was read after the claim before and before this one, so it never turns back. Of
two regions that count one post within the second that this takes each may tell it without the other's; the next
telling, and whoever asks, has both.
"""

from collections.abc import Mapping
from datetime import timedelta
from time import sleep
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.ports import Clock
from mundotango.reactions.model import ENDED, Claim, Standing, Told
from mundotango.reactions.ports import Counters
from mundotango.reactions.service import total
from mundotango.realtime.model import Activity, post_channel
from mundotango.realtime.ports import Activities
from mundotango.threads import side_by_side

GAP = timedelta(seconds=1)
# Among so many of a channel's newest activities the last announcement is looked for.
LOOKED_THROUGH = 10


class Announcements:
    """Those of one batch."""

    def __init__(self, counters: Counters, activities: Activities, clock: Clock) -> None:
        self._counters, self._activities, self._clock = counters, activities, clock
        self._waiting: dict[UUID, Standing] = {}

    def claim(self, told: Told) -> Claim | None:
        """To be written with what is counted; None where the target was told within the last second."""
        now = self._clock.now()
        return None if told.at is not None and now - told.at < GAP else Claim(told, ids.new_id(), now)

    def tell(self, target_id: UUID, standing: Standing, claim: Claim | None) -> None:
        """What is counted, and claimed by the same write; without a claim in `tell_rest`."""
        if claim is None:
            self._waiting[target_id] = standing
        else:
            self._append(target_id, standing, claim)

    def tell_again(self, target_id: UUID, standing: Standing) -> None:
        """Of a batch that was counted when it came before. It may not have been announced then, so this looks."""
        if self._newest(target_id) == _news_in(total(standing.counts, target_id)):
            return
        if self.claim(standing.told) is None:
            self._waiting[target_id] = standing
        else:
            self._claim_and_tell(target_id, standing)

    def tell_rest(self) -> list[UUID]:
        """The targets that could not be told."""
        failed: list[UUID] = []
        while self._waiting:
            now = self._clock.now()
            rests = [GAP - (now - each.told.at) for each in self._waiting.values() if each.told.at is not None]
            # Of some the second may be over by now.
            sleep(min(max(timedelta(), *rests), GAP).total_seconds())
            waiting, self._waiting = self._waiting, {}
            failed += self._tell_those(waiting)
        return failed

    def _tell_those(self, waiting: Mapping[UUID, Standing]) -> list[UUID]:
        """A read of all spares the claims that others have won meanwhile: refused, each would be paid as a write."""

        def told(due: tuple[UUID, Standing]) -> bool:
            try:
                self._claim_and_tell(*due)
            except Unavailable:
                return False
            return True

        try:
            newest = self._counters.standing(waiting)
        except Unavailable:
            return list(waiting)
        due = [(each, newest[each]) for each, before in waiting.items() if newest[each].told == before.told]
        return [target_id for (target_id, _), done in zip(due, side_by_side(told, due), strict=True) if not done]

    def _claim_and_tell(self, target_id: UUID, standing: Standing) -> None:
        claim = Claim(standing.told, ids.new_id(), self._clock.now())
        claimed = self._counters.claim(target_id, claim)
        if claimed is not None:
            self._append(target_id, standing.after(claimed), claim)

    def _append(self, target_id: UUID, standing: Standing, claim: Claim) -> None:
        counts = standing.counts
        guards = [counts[key][region].guard or "" for key in sorted(counts) for region in sorted(counts[key])]
        if ENDED in guards:
            return
        self._activities.append(
            Activity(
                # Of how far each bucket is counted, so that the same totals are told under the same id.
                id=ids.derived_id("reaction.changed", str(target_id), *guards),
                kind="reaction.changed",
                actor_id=None,
                channel=post_channel(target_id),
                payload={"post_id": str(target_id), "totals": total(counts, target_id)},
                occurred_at=claim.at,
            )
        )
        if self._clock.now() - claim.at > GAP / 2:
            # That took long: a later telling may stand before this one, which has then to be told after it.
            newest = self._counters.standing([target_id])[target_id]
            if newest.told.by != claim.by:
                self._waiting[target_id] = newest

    def _newest(self, target_id: UUID) -> dict[str, int] | None:
        """What the newest announcement of this target says."""
        for appended in self._activities.newest(post_channel(target_id), LOOKED_THROUGH):
            if appended.activity.kind == "reaction.changed":
                return _news_in(appended.activity.payload["totals"])
        return None


def _news_in(totals: Mapping[Any, int]) -> dict[str, int]:
    return {name: number for name, number in totals.items() if name != "views"}
