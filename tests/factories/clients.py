"""A client of the sockets, over stores in memory: what it sends, and what it is answered."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.reactions.model import Claim, CountChange, bucket_key
from mundotango.realtime.frames import answers
from mundotango.realtime.model import NO_AUTHORS, Appended, Grant, Kind
from mundotango.realtime.policy import GRANT_LIFE, position_at
from mundotango.realtime.service import connect, hashed
from tests.factories.realtime import make_activity, make_end, make_socket
from tests.fakes.stores import FakeStores
from tests.protocol import check_frame


class Client:
    """One open socket, and what it is answered."""

    def __init__(self) -> None:
        self.stores, self.socket = FakeStores(), make_socket()
        self.end = make_end(self.stores.clock)
        connect(self.stores, self.socket, self.end)

    def sends(self, text: str | None) -> list[dict[str, Any]]:
        return [check_frame(each) for each in answers(self.stores, self.socket, self.end, text)]

    def asks(self, action: str, **fields: Any) -> list[dict[str, Any]]:
        return self.sends(json.dumps({"action": action, **fields}))

    def happens(self, channel: str, *, kind: Kind | None = None, **payload: Any) -> Appended:
        return self.stores.activities.append(make_activity(channel, kind=kind, **payload))

    def likes(self, channel: str) -> str:
        """One more of a post is counted and told; the position of that."""
        counters, now, post_id = self.stores.counters, self.stores.clock.now(), UUID(channel.partition(":")[2])
        key, standing = bucket_key(post_id, 0), counters.standing([post_id])[post_id]
        guard = standing.own(key).guard
        claim = Claim(standing.told, ids.new_id(), now)
        change = CountChange({"like": 1}, guard, str(int(guard or 0) + 1), now, now)
        assert counters.apply(post_id, {key: change}, claim) is not None
        return str(claim.by)

    def granted(self, *channels: str, user_id: UUID | None = None, authors: Mapping[str, UUID] = NO_AUTHORS) -> str:
        grant = Grant(user_id or self.socket.user_id, frozenset(channels), authors)
        self.stores.grants.put(hashed("the grant"), grant, self.stores.clock.now() + GRANT_LIFE)
        return "the grant"

    def subscribes(self, *channels: object, **fields: Any) -> list[dict[str, Any]]:
        return self.asks("subscribe", channels=list(channels), **fields)

    def listens_to(self, channel: str) -> bool:
        return self.socket in self.stores.connections.of_channel(channel, self.stores.clock.now())

    def position(self, ago: timedelta) -> str:
        return position_at(self.stores.clock.now() - ago)
