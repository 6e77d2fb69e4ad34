from typing import Literal

from pydantic import Field, StrictInt

from functions.api.schemas.base import Answered, Asked, Id, Moment
from mundotango.media.model import Purpose, Status

ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/avif", "image/heic", "image/gif"]


class NewMedia(Asked):
    purpose: Purpose
    content_type: ContentType
    size: StrictInt = Field(ge=1, description="Bytes; S3 refuses a longer file.")


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
