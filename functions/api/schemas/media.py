from typing import Any

from pydantic import Field, StrictBool, StrictInt, model_validator

from functions.api.schemas.base import Answered, Asked, Id, Moment
from mundotango.media import policy
from mundotango.media.model import Purpose, Status, shown_picture

# Shown to readers of the API; it is the policy that refuses.
_PURPOSE: dict[str, Any] = {"enum": list(policy.PURPOSES)}
_CONTENT_TYPE: dict[str, Any] = {"enum": list(policy.CONTENT_TYPES)}
_SIZE: dict[str, Any] = {"minimum": 1, "maximum": policy.MAX_BYTES}

_SHA256: dict[str, Any] = {"pattern": "^[0-9a-fA-F]{64}$"}


class NewMedia(Asked):
    purpose: str = Field(json_schema_extra=_PURPOSE)
    content_type: str = Field(
        json_schema_extra=_CONTENT_TYPE,
        description="S3 refuses a form with another. What the file is, is seen from its bytes.",
    )
    size: StrictInt = Field(json_schema_extra=_SIZE, description="Bytes; S3 refuses a longer file.")
    sha256: str | None = Field(
        default=None,
        json_schema_extra=_SHA256,
        description="Of the file, in hexadecimal: S3 refuses a file with another, else the picture fails.",
    )
    keep_attribution: StrictBool = Field(
        default=False, description="Whether what the file says of who made it is kept and shown."
    )


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


class SourceBody(Answered):
    """A `<source>` of a `<picture>`: its attributes, but for `sizes`, which only the page knows."""

    type: str
    srcset: str


_Attribution = Field(description="What the file said of who made it, where the uploader chose to keep it.")
_Sources = Field(description="In the order in which they stand in a `<picture>`: the first that a browser shows wins.")
_Src = Field(description="For its `<img>`: what every browser shows, about 800 wide.")


class PictureFile(Answered):
    """A picture where it is shown."""

    id: Id
    width: int
    height: int
    blurhash: str
    color: str | None = Field(description="#rrggbb, what it is like as a whole; null of older pictures.")
    animated: bool
    attribution: str | None = _Attribution
    variants: list[VariantBody]
    sources: list[SourceBody] = _Sources
    src: str = _Src

    @model_validator(mode="before")
    @classmethod
    def _shown(cls, kept: Any) -> Any:
        """Profiles and lists of people come as they were copied, posts as they are shown."""
        return shown_picture(kept) if isinstance(kept, dict) and "sources" not in kept else kept


class MediaBody(Answered):
    id: Id
    purpose: Purpose
    status: Status = Field(description="`pending` until S3 has it, `received` until it is `ready` or `failed`.")
    reason: str | None = Field(description="Why it failed, in words for its owner; null of what did not.")
    created_at: Moment
    width: int | None = Field(description="Upright, of the picture that was sent; `variants` have their own.")
    height: int | None
    blurhash: str | None
    color: str | None
    animated: bool
    attribution: str | None = _Attribution
    variants: list[VariantBody]
    sources: list[SourceBody] = _Sources
    src: str | None = _Src


class MediaPage(Answered):
    items: list[MediaBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
