"""Erases again, in stores that were restored, whoever had left before the restore."""

from dataclasses import dataclass

from operations import jobs, restored
from operations.deployed import Deployed


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many stand in the ledger, and of how many of them something was back."""

    noted: int
    found: int


def replay(deployed: Deployed, *, while_stopped: bool = False) -> Replayed:
    """`while_stopped`: though nobody else may write."""
    taking = restored.taking(deployed, while_stopped=while_stopped)
    answers = list(jobs.run(deployed, "replay_erasures", "replaying the erasures", **taking))
    return Replayed(sum(said["replayed"] for said in answers), sum(said["found"] for said in answers))
