"""Makes derived data anew from the facts it was derived from, by the function that is inside the network."""

from operations import jobs, restored
from operations.deployed import Deployed
from operations.refusal import Refusal

PASSES = 5


def edges(deployed: Deployed, *, while_stopped: bool = False) -> int:
    """Has the copy of all follows corrected; answers how many it corrected.

    `while_stopped`: though nobody else may write.

    Raises:
        Refusal: the function failed; its log says why.
    """
    taking = restored.taking(deployed, while_stopped=while_stopped)
    answers = jobs.run(deployed, "rebuild_edges", "rebuilding the edges", **taking)
    return sum(int(said["corrected"]) for said in answers)


def counters(deployed: Deployed, *, while_stopped: bool = False) -> int:
    """Has every bucket of reactions recounted; answers how many had a wrong count.

    It runs beside the function that counts, and goes on until a pass finds no bucket that would not stand still.

    Raises:
        Refusal: the function failed, or some buckets were not still in any of several passes.
    """
    taking = restored.taking(deployed, while_stopped=while_stopped)
    corrected = 0
    for _ in range(PASSES):
        answers = list(jobs.run(deployed, "recount", "recounting reactions", all=True, **taking))
        corrected += sum(int(said["corrected"]) for said in answers)
        if not any(said["unsettled"] for said in answers):
            return corrected
    raise Refusal(
        "some totals still differ", cure="see that CountersFunction keeps up with its stream, then run this again"
    )
