"""What scaled tables save, as docs/costs.md tells it."""

import pytest

from operations.cost.kept import kept
from operations.cost.model import assumptions, project


@pytest.mark.parametrize(("phase", "users"), [("phase3", 100_000), ("phase4", 1_000_000)])
def test_a_write_costs_little_more_than_half_in_the_phases_that_scale(phase: str, users: int) -> None:
    """$0.18 in Virginia if all were used; what is used, the floors and the regions' prices make more of it."""
    given = assumptions()
    found = kept(project(phase, users, given), given)

    assert found is not None
    assert found.usd_a_million / found.by_request_usd_a_million == pytest.approx(
        0.00065 / 3600 / found.used / 0.625e-6, rel=0.01
    )
    assert 0.5 < found.used < 0.6
    assert found.total_usd < found.by_request_total_usd


def test_before_them_nothing_is_kept() -> None:
    given = assumptions()

    assert kept(project("phase2", 10_000, given), given) is None
