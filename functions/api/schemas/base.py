"""The forms that values have in every request and answer."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    StringConstraints,
    WithJsonSchema,
)

_CANONICAL = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WALL_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


class Asked(BaseModel):
    """A request's body: a field nobody knows is refused, so a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class Answered(BaseModel):
    model_config = ConfigDict(from_attributes=True)


def _canonical(value: Any) -> Any:
    """Without it pydantic takes urn:uuid:…, braces and 32 bare digits too: five spellings of one resource."""
    if isinstance(value, str) and not _CANONICAL.fullmatch(value):
        raise ValueError("must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")
    return value


def _rfc3339(value: Any) -> Any:
    """Without it pydantic takes numbers, and dates without a time, as moments too."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC3339.fullmatch(value)):
        raise ValueError("must be a moment such as 2026-11-23T20:00:00Z")
    return value


def _local(value: Any) -> Any:
    if not isinstance(value, datetime) and not (isinstance(value, str) and re.fullmatch(WALL_TIME, value)):
        raise ValueError("must be a time at the place such as 2026-11-23T20:00:00, without an offset")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is too far away") from error


def empty_is_absent(value: Any) -> Any:
    """For query parameters: `?city=` says as much as no city."""
    return None if value == "" else value


Id = Annotated[UUID, BeforeValidator(_canonical)]
Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_in_utc)]
# By the clocks of a place.
Local = Annotated[NaiveDatetime, BeforeValidator(_local), WithJsonSchema({"type": "string", "pattern": WALL_TIME})]
# The default of what a change may leave out but not make null: never read, for only what was sent is.
UNSAID: Any = Field(default_factory=lambda: None)
# What a text may hold and how long it may be is for the features' policies, which trim it first; these only keep a
# request from being absurd.
Line = Annotated[str, StringConstraints(max_length=400)]
Lines = Annotated[str, StringConstraints(max_length=20_000)]
