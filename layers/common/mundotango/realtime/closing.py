"""The end of sockets by the server's will: told by a last frame, closed at the gateway, and forgotten.

Whatever of it is done twice is nothing the second time, so it may break off anywhere and be begun again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.realtime import policy
from mundotango.realtime.model import Closing, Delivery, Socket, encoded
from mundotango.realtime.speech import closing_frame
from mundotango.threads import side_by_side

if TYPE_CHECKING:
    from mundotango.realtime.service import Stores

# Closed together, in some seconds.
_PAGE = 500
_PAGE_SECONDS = 30.0


def end_sockets(stores: Stores, sockets: Collection[Socket], code: Closing) -> None:
    """A socket that the gateway does not close now may stay open, but nothing is delivered to it: it is closed when its
    client is next heard.
    """
    if not sockets:
        return
    text = encoded(closing_frame(code, reconnect=policy.reconnects(code)))
    stores.pusher.send([Delivery(socket, text) for socket in sockets])
    forget_closed(stores, sockets, have_ended=code in ("ended", "token-expired"))


def forget_closed(stores: Stores, sockets: Collection[Socket], *, have_ended: bool) -> None:
    """Those that were told already. Who has ended is delivered nothing, whatever rows are left."""
    stores.pusher.close(sockets)
    close = partial(stores.connections.close, open_still=not have_ended)
    side_by_side(close, list(sockets))


def end_all(stores: Stores, user_id: UUID, code: Closing) -> int:
    """All of a person's, which they shall not open again by themselves; how many those were. What is known of them is
    removed, and not left to end: it names somebody who may be leaving."""
    sockets = stores.connections.of_users([user_id], stores.clock.now())
    if sockets:
        text = encoded(closing_frame(code, reconnect=False))
        stores.pusher.send([Delivery(socket, text) for socket in sockets])
        stores.pusher.close(sockets)
    stores.connections.forget(user_id)
    return len(sockets)


def close_ended(stores: Stores, time_left: Callable[[], float]) -> dict[str, object]:
    """All that ended lately and are open still, silent ones too: within a minute, as this is done each minute.

    What there is no time for is done by the next run.
    """
    closed, now = 0, stores.clock.now()
    for page in batched(stores.connections.ended(now, within=policy.CLOSED_WITHIN), _PAGE, strict=False):
        if time_left() <= _PAGE_SECONDS:
            return {"done": False, "closed": closed}
        by_code: defaultdict[Closing, list[Socket]] = defaultdict(list)
        for socket, code in page:
            by_code[code].append(socket)
        for code, sockets in by_code.items():
            end_sockets(stores, sockets, code)
        closed += len(page)
    stores.connections.ended_until(now)
    return {"done": True, "closed": closed}
