"""A client of the sockets, as an app would be one; docs/realtime.md is what it keeps to."""

from operations.realtime.client import ChannelRefused, RealtimeClient, SocketEnded
from operations.realtime.link import Frame, SocketRefused, Timing
from operations.realtime.record import KNOWN_IDS

__all__ = ["KNOWN_IDS", "ChannelRefused", "Frame", "RealtimeClient", "SocketEnded", "SocketRefused", "Timing"]
