"""What samples come to: how many, how fast, how often not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from loadtests.samples import Sample

# The plan's targets.
P95_MS = 300.0
ERROR_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in milliseconds; `failed` is a share of `requests`, and times are of those too."""

    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    failed: float

    @property
    def holds(self) -> bool:
        return self.p95 < P95_MS and self.failed < ERROR_SHARE


def percentile(sorted_values: list[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank). Of none, 0."""
    if not sorted_values:
        return 0.0
    rank = max(0, -(-len(sorted_values) * share // 1) - 1)
    return sorted_values[int(rank)]


def of(samples: list[Sample]) -> Figures:
    times = sorted(sample.ms for sample in samples)
    ends = [sample.at + sample.ms / 1000 for sample in samples]
    seconds = max(ends) - min(sample.at for sample in samples) if samples else 0.0
    failed = sum(bool(sample.error) for sample in samples)
    return Figures(
        requests=len(samples),
        per_second=round(len(samples) / max(seconds, 1.0), 1),
        p50=round(percentile(times, 0.50), 1),
        p95=round(percentile(times, 0.95), 1),
        p99=round(percentile(times, 0.99), 1),
        failed=round(failed / max(len(samples), 1), 5),
    )


def by_name(samples: list[Sample]) -> dict[str, Figures]:
    """Each kind of request, the most frequent first."""
    kinds: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        kinds[sample.name].append(sample)
    return {name: of(those) for name, those in sorted(kinds.items(), key=lambda kind: -len(kind[1]))}


def by_second(samples: list[Sample]) -> dict[int, Figures]:
    """Since the first; what began in a second counts there."""
    first = min((int(sample.at) for sample in samples), default=0)
    seconds: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        seconds[int(sample.at) - first].append(sample)
    return {second: of(those) for second, those in sorted(seconds.items())}


def errors(samples: list[Sample]) -> dict[str, int]:
    """What went wrong and how often, the most frequent first."""
    found: dict[str, int] = defaultdict(int)
    for sample in samples:
        if sample.error:
            found[f"{sample.name}: {sample.error}"] += 1
    return dict(sorted(found.items(), key=lambda one: -one[1]))
