"""Jobs of the two functions that schedules wake, woken by an operator."""

import json
from collections.abc import Iterator
from typing import Any

from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

# All others are of the function that reaches the database.
# Whose they are that are not the function of jobs'.
ELSEWHERE = {"close_sockets": "effects", "count_dead_letters": "effects", "advise": "advisor"}


def run(deployed: Deployed, job: str, doing: str, **taking: Any) -> Iterator[dict[str, Any]]:
    """What each call answered: one does as much as it has time for and says where the next goes on.

    `taking` is what the job takes beside its name.

    Raises:
        Refusal: the function failed; its log says why.
    """
    name = f"{ELSEWHERE.get(job, 'jobs').capitalize()}Function"
    function = deployed.physical_id(name)
    asked: dict[str, Any] = {"job": job, **taking}
    done = False
    while not done:
        with aws_errors_explained(doing):
            answer = deployed.functions.invoke(FunctionName=function, Qualifier="live", Payload=json.dumps(asked))
            said: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            reason = said.get("errorMessage", "no reason given")
            raise Refusal(f"{name} failed: {reason}", cure="read its log, then run this again")
        if said.get("paused"):
            raise Refusal(
                "writes are stopped",
                cure="run this again when they go on (mundo scale move-database --status), or, after a restore, now "
                "with --while-stopped",
            )
        yield said
        done = said["done"]
        asked["after"] = said.get("after")
