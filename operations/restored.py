"""Jobs on what was restored, before it serves: they write while writes are stopped for everybody else."""

from typing import Any

from operations.deployed import Deployed
from operations.moving import Step
from operations.refusal import Refusal
from operations.scale.aurora import KeptInParameter


def taking(found: Deployed, *, while_stopped: bool) -> dict[str, Any]:
    """What a job is to be given.

    Raises:
        Refusal: amid a move of the database what was written now could be lost with the old server.
    """
    if not while_stopped:
        return {}
    move = KeptInParameter(found).load()
    if move.old and move.step is not Step.RESUMED:
        raise Refusal("the database is being moved", cure="end that first: mundo scale move-database, or its --abort")
    return {"while_stopped": True}
