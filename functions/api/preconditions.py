"""Which version of a thing a change is to, so that nobody's edit overwrites another that they have not seen."""

import re
from typing import Annotated

from fastapi import Depends, Header

from mundotango.errors import FieldError, Invalid, PreconditionRequired

_VERSION = re.compile(r'"?([0-9]{1,9})"?', re.ASCII)

IfMatch = Annotated[
    str | None,
    Header(
        description='The field `version` as last read, such as `3` or `"3"`; not the ETag of the answer, which is of '
        "all its bytes. 412 if it is no longer the version."
    ),
]


async def version_if_named(if_match: IfMatch = None) -> int | None:
    """None where the change is to whatever there is: without the header, or with `*` (RFC 9110, 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return None
    version = _VERSION.fullmatch(if_match.strip())
    if version is None:
        raise Invalid("If-Match must be a version", FieldError("if-match", "must be a version such as 3"))
    return int(version[1])


async def version_required(version: Annotated[int | None, Depends(version_if_named)]) -> int:
    if version is None:
        raise PreconditionRequired("say by If-Match which version the change is to")
    return version


VersionDep = Annotated[int, Depends(version_required)]
AnyVersionDep = Annotated[int | None, Depends(version_if_named)]
