"""When something was last done to a stack that is to be done again: restore drills, load tests, reviews of costs.

Kept in Systems Manager beside the stack, a parameter a kind, so that whoever asks finds what anybody did.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from operations.deployed import Deployed
from operations.refusal import aws_errors_explained


class Kind(StrEnum):
    RESTORE_DRILL = "restore-drill"
    LOAD_TEST = "load-test"
    COST_REVIEW = "cost-review"


@dataclass(frozen=True, slots=True)
class Record:
    """`result` is what the command said in JSON, cut to what decides: it has to fit into 4 KB."""

    at: datetime
    result: dict[str, Any]

    def is_within(self, days: int, now: datetime) -> bool:
        return now - self.at <= timedelta(days=days)


def note(found: Deployed, kind: Kind, result: dict[str, Any]) -> Record:
    """Raises Refusal where the caller may not write the parameter."""
    record = Record(datetime.now(UTC).replace(microsecond=0), result)
    value = json.dumps({"at": record.at.isoformat(), "result": result})
    with aws_errors_explained(f"noting the {kind} of {found.stack_name}"):
        found.parameters.put_parameter(Name=_name(found, kind), Value=value, Type="String", Overwrite=True)
    return record


def last(found: Deployed, kind: Kind) -> Record | None:
    """None where it was never done."""
    store = found.parameters
    with aws_errors_explained(f"looking for the last {kind} of {found.stack_name}"):
        try:
            value = store.get_parameter(Name=_name(found, kind))["Parameter"]["Value"]
        except store.exceptions.ParameterNotFound:
            return None
    try:
        said = json.loads(value)
        return Record(datetime.fromisoformat(said["at"]), said["result"])
    except (ValueError, KeyError, TypeError):  # written by hand
        return None


def _name(found: Deployed, kind: Kind) -> str:
    return f"/{found.stack_name}/records/{kind}"
