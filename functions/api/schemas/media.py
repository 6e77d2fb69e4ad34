from typing import Any

from pydantic import Field, StrictInt

from functions.api.schemas.base import Answered, Asked, Id, Moment
from mundotango.media import policy
from mundotango.media.model import Status

# Shown to readers of the API; it is the policy that refuses.
_PURPOSE: dict[str, Any] = {"enum": list(policy.PURPOSES)}
_CONTENT_TYPE: dict[str, Any] = {"enum": list(policy.CONTENT_TYPES)}
_SIZE: dict[str, Any] = {"minimum": 1, "maximum": policy.MAX_BYTES}


class NewMedia(Asked):
    purpose: str = Field(json_schema_extra=_PURPOSE)
    content_type: str = Field(json_schema_extra=_CONTENT_TYPE)
    size: StrictInt = Field(json_schema_extra=_SIZE, description="Bytes; S3 refuses a longer file.")


class Upload(Answered):
    """A form: POST `fields` and then the file as `file` to `url`, as multipart/form-data."""

    url: str
    fields: dict[str, str]


class StartedMedia(Answered):
    id: Id
    status: Status
    upload: Upload
    expires_at: Moment = Field(description="When the form ceases to work.")


class VariantBody(Answered):
    url: str
    width: int
    height: int
    format: str
    bytes: int


class MediaBody(Answered):
    id: Id
    status: Status
    reason: str | None
    width: int | None
    height: int | None
    blurhash: str | None
    color: str | None
    variants: list[VariantBody]
