"""X-Ray, asked directly: its daemon runs beside a function only where Lambda itself traces the call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import batched
from typing import Any

from mundotango import settings
from mundotango.adapters.client import make_client

TOGETHER = 50  # segments of one call, as X-Ray's own daemon sends them (remembered, not confirmed)


class XRayTraces:
    def __init__(self, region: settings.Region) -> None:
        self._region = region

    def put(self, segments: Sequence[Mapping[str, Any]]) -> list[str]:
        refused: list[str] = []
        for together in batched(segments, TOGETHER, strict=False):
            documents = [json.dumps(one) for one in together]
            answer = self._client.put_trace_segments(TraceSegmentDocuments=documents)
            refused += [one.get("ErrorCode", "") for one in answer["UnprocessedTraceSegments"]]
        return refused

    @cached_property
    def _client(self) -> Any:
        return make_client("xray", self._region)
