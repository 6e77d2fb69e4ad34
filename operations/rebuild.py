"""Makes derived data anew from the facts it was derived from.

Both are done by the function that is inside the network; one call does as much as it has time for and says where the
next goes on.
"""

import json
from collections.abc import Iterator
from typing import Any

from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

PASSES = 5


def edges(deployed: Deployed) -> int:
    """Has the copy of all follows corrected; answers how many it corrected.

    Raises:
        Refusal: the function failed; its log says why.
    """
    return sum(int(said["corrected"]) for said in _answers(deployed, {"job": "rebuild_edges"}))


def counters(deployed: Deployed) -> int:
    """Has every bucket of reactions recounted; answers how many had a wrong count.

    It runs beside the function that counts, and goes on until a pass finds no bucket that would not stand still.

    Raises:
        Refusal: the function failed, or some buckets were not still in any of several passes.
    """
    corrected = 0
    for _ in range(PASSES):
        answers = list(_answers(deployed, {"job": "recount", "all": True}))
        corrected += sum(int(said["corrected"]) for said in answers)
        if not any(said["unsettled"] for said in answers):
            return corrected
    raise Refusal(
        "some totals still differ", cure="see that CountersFunction keeps up with its stream, then run this again"
    )


def _answers(deployed: Deployed, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What each call of the job says, until one is done."""
    function = deployed.physical_id("JobsFunction")
    said: dict[str, Any] = {"done": False}
    while not said["done"]:
        with aws_errors_explained(f"the job {job['job']}"):
            answer = deployed.functions.invoke(FunctionName=function, Qualifier="live", Payload=json.dumps(job))
            said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            reason = said.get("errorMessage", "no reason given")
            raise Refusal(f"JobsFunction failed: {reason}", cure="read its log, then run this again")
        yield said
        job = job | {"after": said.get("after")}
