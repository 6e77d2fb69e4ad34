from typing import Annotated, Literal

from pydantic import Field

from functions.api.schemas.base import Asked
from mundotango.feedback.model import Connection, Page

# Whoever waits ten minutes for a page has left it; what is more was measured in a tab that slept.
Milliseconds = Annotated[int, Field(ge=0, le=600_000)]


class TimingsBody(Asked):
    """Since the navigation began, in milliseconds; null where the browser does not tell."""

    first_byte_ms: Milliseconds | None = Field(default=None, description="`responseStart` of Navigation Timing.")
    largest_paint_ms: Milliseconds | None = Field(default=None, description="Largest Contentful Paint.")
    loaded_ms: Milliseconds | None = Field(default=None, description="`loadEventEnd` of Navigation Timing.")


class NewFeedback(Asked):
    kind: Literal["slow"]
    page: Page = Field(description="What kind of page it was; its address stays with the browser.")
    timings: TimingsBody = TimingsBody()
    connection: Connection = Field(default="unknown", description="`navigator.connection.effectiveType`.")
