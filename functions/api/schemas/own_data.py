from typing import Literal

from pydantic import Field

from functions.api.schemas.base import Answered, Moment


class ExportBody(Answered):
    state: Literal["waiting", "ready", "failed", "expired"]
    requested_at: Moment
    ready_at: Moment | None
    expires_at: Moment | None = Field(description="Until then it can be downloaded.")
    link: str | None = Field(
        None, description="Downloads it. New at each request; the one before opens nothing any more."
    )


class DeletionBody(Answered):
    leaves_at: Moment = Field(description="Then nothing of the account is left. Until then it can be taken back.")
