from typing import Annotated

from pydantic import Field, StringConstraints

from functions.api.schemas.base import Answered, Asked, Id, Line, Moment
from mundotango.webpush.policy import LONGEST_ENDPOINT


class DeviceKeys(Asked):
    p256dh: Line
    auth: Line


class PushSubscription(Asked):
    """The fields are a browser's own: `PushSubscription.toJSON()`."""

    endpoint: Annotated[str, StringConstraints(max_length=LONGEST_ENDPOINT)]
    expirationTime: float | None = None  # noqa: N815 - as browsers name it
    keys: DeviceKeys


class DeviceBody(Answered):
    id: Id = Field(description="The same for as long as the browser keeps its subscription.")
    service: str = Field(description="The host of the push service: of the address, which is a secret, that much.")
    registered_at: Moment = Field(description="The last time, or up to a day before it.")


class DeviceList(Answered):
    items: list[DeviceBody]


class PushKeyBody(Answered):
    key: str = Field(description="`applicationServerKey`, in base64url.")
