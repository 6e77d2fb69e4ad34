"""Who gets a place: balance between leaders and followers, and the order in which the waiting move up.

Dancers of both roles are promised to no side. How far a headcount is from balance is the least difference between
leaders and followers among the ways in which they can dance, some of both roles leading and the rest following, with
each role within its limit. So they fill whichever side is short, and change sides with every change.

Admission never takes the imbalance beyond the tolerance. Those who leave may; from then on admission takes it no
further than it is, and what it has lost it does not get back.

A *group* is the parties that are admitted in one step: mostly one party; several where none could come without the
others, as a leader and a follower with a tolerance of 0. Moving up is repeated until no group is admissible. Of
several, that one moves up whose first party came first; if it is the same party, whose second did.

Nobody admissible is left waiting, because whatever set of parties is admissible contains one of GROUPS that is. Let t
be the tolerance, or the imbalance where that is greater, l leaders, f followers and b of both. A number of those who
lead among b exists if and only if l and f are within their limits; the total is within the capacity, the limits' sum,
and twice either limit plus t; l - f - b and f - l - b are at most t; and, where t is 0, the total is even. All but the
last two hold for a part of a set if they hold for the set, so they never make a set admissible that has no such part.

- t ≥ 1: a party is admissible by itself if it makes neither l - f - b nor f - l - b greater: any but leaders alone
  and followers alone. Of a set of leaders alone, each is: it makes the first greater by less than the set. In a set
  of both, one is by itself, unless leaders take l - f - b beyond t and followers f - l - b. The two differences are
  -2b together, so that needs t = 1, b = 0 and couples: two leaders and two followers, who can come together.
- t = 0: two people are admissible, be they a couple or single, unless both lead or both follow. Two who lead are
  where somebody of both roles can change sides; where nobody can, they are with two who follow. Of each two, either
  are a couple or both single; of four singles, a leader and a follower are enough.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from mundotango.registrations.model import Headcount, Limits

type Line = Mapping[Headcount, Sequence[int]]
"""Who waits: for each kind of party the positions of those who came first, MOST_OF_A_KIND at least where there are."""

LEADER, FOLLOWER, BOTH = Headcount(leaders=1), Headcount(followers=1), Headcount(both=1)
TWO_LEADERS, TWO_FOLLOWERS = Headcount(leaders=2), Headcount(followers=2)
PARTIES = (
    LEADER,
    FOLLOWER,
    BOTH,
    Headcount(leaders=1, followers=1),
    Headcount(leaders=1, both=1),
    Headcount(followers=1, both=1),
    Headcount(both=2),
    TWO_LEADERS,
    TWO_FOLLOWERS,
)
# A part before the whole.
GROUPS = (
    *(Counter([party]) for party in PARTIES),
    Counter([LEADER, FOLLOWER]),
    Counter([LEADER, BOTH]),
    Counter([FOLLOWER, BOTH]),
    Counter([BOTH, BOTH]),
    Counter([LEADER, LEADER]),
    Counter([FOLLOWER, FOLLOWER]),
    Counter([TWO_LEADERS, TWO_FOLLOWERS]),
    Counter([TWO_LEADERS, FOLLOWER, FOLLOWER]),
    Counter([TWO_FOLLOWERS, LEADER, LEADER]),
)
MOST_OF_A_KIND = 2


def next_admitted(limits: Limits, taken: Headcount, line: Line) -> tuple[int, ...]:
    """The positions of the group that moves up next; none where no group can. It costs the same however many wait."""
    found: list[Counter[Headcount]] = []
    for group in GROUPS:
        waits = all(len(line.get(party, ())) >= number for party, number in group.items())
        if waits and not any(part <= group for part in found) and admissible(limits, taken, *group.elements()):
            found.append(group)
    return min((_positions(group, line) for group in found), default=())


def admitted_last(limits: Limits, taken: Headcount, line: Line, party: Headcount) -> bool:
    """Whether such a party would be admitted if it came now, behind a line of which nobody is: perhaps with others."""
    behind = 1 + max((position for positions in line.values() for position in positions), default=0)
    ahead = line.get(party, ())[: MOST_OF_A_KIND - 1]
    return behind in next_admitted(limits, taken, {**line, party: (*ahead, behind)})


def _positions(group: Counter[Headcount], line: Line) -> tuple[int, ...]:
    return tuple(sorted(position for party, number in group.items() for position in line[party][:number]))


def admissible(limits: Limits, taken: Headcount, *parties: Headcount) -> bool:
    """Whether all these parties may be admitted at once to those who hold a place, `taken`."""
    after = sum(parties, taken)
    if not fits(limits, after):
        return False
    return limits.tolerance is None or imbalance(limits, after) <= max(limits.tolerance, imbalance(limits, taken))


def fits(limits: Limits, taken: Headcount) -> bool:
    """Whether there is a place for each; in balance or not."""
    least, most = _who_lead(limits, taken)
    return least <= most and (limits.capacity is None or taken.total <= limits.capacity)


def imbalance(limits: Limits, taken: Headcount) -> int:
    """By how many the roles differ when those of both dance as is best. Asked of what `fits`."""
    least, most = _who_lead(limits, taken)
    wanted = (taken.followers + taken.both - taken.leaders) // 2
    leaders = taken.leaders + min(max(wanted, least), most)
    return abs(2 * leaders - taken.total)


def _who_lead(limits: Limits, taken: Headcount) -> tuple[int, int]:
    """How many of both roles must lead, and how many may."""
    least, most = 0, taken.both
    if limits.followers is not None:
        least = max(least, taken.followers + taken.both - limits.followers)
    if limits.leaders is not None:
        most = min(most, limits.leaders - taken.leaders)
    return least, most
