from mundotango.ports import Clock
from mundotango.tonight.model import Area, Listed
from mundotango.tonight.policy import MOST
from mundotango.work import UnitOfWork


def list_tonight(work: UnitOfWork, area: Area, clock: Clock) -> tuple[list[Listed], bool]:
    """What is on, and whether there is more than is told."""
    found = work.tonight.list_tonight(area, clock.now(), MOST + 1)
    return found[:MOST], len(found) > MOST
