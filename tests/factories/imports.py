"""Files of events, and the function that makes events of them, reached as an operator's command reaches it."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from functions.jobs import handler
from operations.deployed import Deployed

ROW: dict[str, Any] = {
    "title": "Milonga Malena",
    "kind": "milonga",
    "starts_at": "2026-12-04T22:00",
    "ends_at": "2026-12-05T04:00",
    "zone": "America/Argentina/Buenos_Aires",
    "venue_name": "Salón Canning",
    "address": "Scalabrini Ortiz 1331",
    "city": "Buenos Aires",
    "country": "AR",
    "latitude": "-34.5917",
    "longitude": "-58.4226",
}
CITIES = (("Buenos Aires", "AR", -34.6), ("Montevideo", "UY", -34.9), ("Porto Alegre", "BR", -30.0))


def table(*rows: dict[str, Any], delimiter: str = ",") -> str:
    """Each is the usual row but for what it says."""
    columns = list(dict.fromkeys([*ROW, *(name for row in rows for name in row)]))
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return written.getvalue()


def milongas(number: int, *, venues: int = 20, weekly_each: int = 10) -> Iterable[dict[str, Any]]:
    """In several cities, at as many venues; one of so many is a series."""
    for each in range(number):
        venue = each % venues
        city, country, latitude = CITIES[venue % len(CITIES)]
        day = 1 + each // venues % 28
        row = {
            "title": f"Milonga {each}",
            "starts_at": f"2026-12-{day:02}T22:00",
            "ends_at": f"2026-12-{day:02}T23:30",
            "venue_name": f"Salón {venue}",
            "city": city,
            "country": country,
            "latitude": f"{latitude + venue / 1000:.4f}",
            "longitude": "-58.4",
        }
        yield row | ({"rule": "FREQ=WEEKLY;COUNT=40"} if weekly_each and each % weekly_each == 0 else {})


class Functions:
    """Lambda's API, as far as jobs are called by it; what is sent and answered goes through JSON, bounded as there.

    `before` is called with what each call sends.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.before: Callable[[dict[str, Any]], None] = lambda _sent: None
        self.seconds_left = 300.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (FunctionName, Qualifier) == ("jobs", "live")
        assert len(Payload.encode()) < 6_000_000
        sent = json.loads(Payload)
        self.calls.append(sent)
        self.before(sent)
        try:
            answer: Any = handler.lambda_handler(sent, self)
        except Exception as error:  # noqa: BLE001 - as Lambda does
            failed = json.dumps({"errorMessage": str(error)}).encode()
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(failed)}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@dataclass(frozen=True)
class WithJobs(Deployed):
    @cached_property
    def functions(self) -> Any:
        return Functions()

    def physical_id(self, logical_id: str) -> str:
        assert logical_id == "JobsFunction"
        return "jobs"


def with_jobs() -> WithJobs:
    return WithJobs(boto3.Session(region_name="us-east-1"), "mundo-tango")
