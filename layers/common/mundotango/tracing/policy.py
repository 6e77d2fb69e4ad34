"""Which requests X-Ray has the trace of, and what it is told of each: the line that the log has of it.

The edge decides (edge/trace.js). The form of a segment is X-Ray's:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_ROOT = re.compile(r"1-[\da-f]{8}-[\da-f]{24}")


def traced(header: str) -> str | None:
    """The id of the trace that a header asks for; None where it asks for none. The gateway may add fields to it."""
    fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    root = fields.get("Root", "")
    return root if fields.get("Sampled") == "1" and _ROOT.fullmatch(root) else None


def segment(line: Mapping[str, Any]) -> dict[str, Any]:
    """Of a request's line: `ms` is how long it took, up to `timestamp`. The same line makes the same segment.

    Of what else stands there only amounts go along: X-Ray keeps traces for longer than the log its lines.

    Raises:
        KeyError, ValueError: it is not such a line.
    """
    status, end = int(line["status"]), datetime.fromisoformat(line["timestamp"]).timestamp()
    amounts = {name: value for name, value in line.items() if isinstance(value, int | float)}
    return {
        "name": line["service"],
        "id": line["trace_id"][-16:],  # there is one a trace
        "trace_id": line["trace_id"],
        "start_time": round(end - line["ms"] / 1000, 3),
        "end_time": end,
        "http": {
            "request": {"method": line["method"]},
            "response": {"status": status},
        },
        "error": 400 <= status < 500,
        "throttle": status == 429,
        "fault": status >= 500,
        "annotations": {"correlation_id": line["correlation_id"], "route": line["route"]},
        "metadata": {"request": amounts},
    }
