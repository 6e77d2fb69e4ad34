"""Which version of a thing a change is to, so that nobody's edit overwrites another that they have not seen."""

import re
from typing import Annotated

from fastapi import Depends, Header

from mundotango.errors import FieldError, Invalid, PreconditionRequired

_VERSION = re.compile(r'"?([0-9]{1,9})"?', re.ASCII)


async def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            description='The field `version` as last read, such as `3` or `"3"`; not the ETag of the answer, which '
            "is of all its bytes. Without it 428, and 412 if it is no longer the version."
        ),
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired("say by If-Match which version the change is to")
    version = _VERSION.fullmatch(if_match.strip())
    if version is None:
        raise Invalid("If-Match must be a version", FieldError("if-match", "must be a version such as 3"))
    return int(version[1])


VersionDep = Annotated[int, Depends(expected_version)]
