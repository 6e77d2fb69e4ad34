"""What every list is asked by."""

from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, StringConstraints

from functions.api.schemas.base import empty_is_absent
from mundotango.pagination import LARGEST_LIMIT

CursorQuery = Annotated[
    Annotated[str, StringConstraints(max_length=500)] | None,
    BeforeValidator(empty_is_absent),
    Query(description="`next_cursor` of the page before; without it, the first page."),
]
LimitQuery = Annotated[int, Query(ge=1, le=LARGEST_LIMIT)]
