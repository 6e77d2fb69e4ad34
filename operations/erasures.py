"""Erases again, in stores that were restored, whoever had left before the restore."""

from dataclasses import dataclass

from operations import jobs
from operations.deployed import Deployed


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many stand in the ledger, and of how many of them something was back."""

    noted: int
    found: int


def replay(deployed: Deployed) -> Replayed:
    answers = list(jobs.run(deployed, "replay_erasures", "replaying the erasures"))
    return Replayed(sum(said["replayed"] for said in answers), sum(said["found"] for said in answers))
