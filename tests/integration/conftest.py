import pytest


@pytest.fixture(autouse=True)
def _as_its_role(held_to_roles: None) -> None:
    """Whatever function a test runs may do what its role says, and nothing else."""
