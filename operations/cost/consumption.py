"""What acts take, as `python -m operations.cost.measuring` found it, from operations/consumption.json."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from operations.cost.workload import Functions
from operations.refusal import Refusal

PATH = Path(__file__).parent.parent / "consumption.json"
WHOLE_PROCESSOR_MB = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEASURE = "python -m operations.cost.measuring"


@dataclass(frozen=True, slots=True)
class Used:
    """By one function in one act, all its invocations together; milliseconds of a whole processor, `database_ms` of
    PostgreSQL's own, and `waits` for each service, of threads that work side by side those of the busiest."""

    invocations: float
    cpu_ms: float
    database_ms: float
    waits: dict[str, float]
    sql: float
    cache: float
    log_bytes: float
    answer_bytes: float

    def billed_ms(self, memory: int, how: Functions) -> float:
        """As long as Lambda would bill. A smaller function has less of a processor, and waits as long for others."""
        latency = {"dynamodb": how.dynamodb_ms, "s3": how.s3_ms, "sqs": how.sqs_ms}
        away = sum(latency.get(service, how.sqs_ms) * times for service, times in self.waits.items())
        slower = max(WHOLE_PROCESSOR_MB / memory, 1)
        cold = how.cold_share * how.cold_ms * self.invocations
        return (
            (self.cpu_ms + cold) * slower + self.database_ms + away + how.sql_ms * self.sql + how.cache_ms * self.cache
        )


@dataclass(frozen=True, slots=True)
class Act:
    """`expiries` are the write units of what it wrote that is removed by age."""

    functions: dict[str, Used]
    writes: dict[str, float]
    expiries: dict[str, float]
    reads: dict[str, float]
    requests: dict[str, float]
    bytes: dict[str, float]
    frames: float
    cache_commands: float
    cache_bytes: float


@dataclass(frozen=True, slots=True)
class Consumption:
    """`elsewhere` is what acts that write take in each region that is not home."""

    measured: str
    picture_bytes: int
    acts: dict[str, Act]
    elsewhere: dict[str, Act]


@cache
def load(path: Path = PATH) -> Consumption:
    """
    Raises:
        Refusal: the file is not there, or lacks something.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        acts = {name: _act(one) for name, one in written["acts"].items()}
        elsewhere = {name: _act(one) for name, one in written["elsewhere"].items()}
        return Consumption(written["measured"], written["picture_bytes"], acts, elsewhere)
    except FileNotFoundError as error:
        raise Refusal(f"{path.name} is missing", cure=MEASURE) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path.name} cannot be read: {error!r}", cure=MEASURE) from error


def _act(written: dict[str, Any]) -> Act:
    functions = {name: Used(**one) for name, one in written["functions"].items()}
    return Act(functions, **{name: value for name, value in written.items() if name != "functions"})
