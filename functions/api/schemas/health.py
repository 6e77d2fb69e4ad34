from typing import Literal

from pydantic import Field

from functions.api.schemas.base import Answered


class Alive(Answered):
    status: Literal["ok"]


class Dependency(Answered):
    state: Literal["ok", "failed", "slow"] = Field(description="`slow`: it had not answered when the time was up.")
    ms: float
    cause: str | None = Field(default=None, description="The kind of error, without its text.")


class Health(Answered):
    status: Literal["ok", "degraded", "down"] = Field(
        description="`degraded`: only the cache is away, and everything works, slower; `down`: something else is."
    )
    dependencies: dict[str, Dependency]
