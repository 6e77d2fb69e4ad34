"""What a client knows of its channels, and of what it has shown."""

from collections.abc import Iterable, Mapping

from operations.realtime.link import Frame

KNOWN_IDS = 1000


class Record:
    """`wanted` are the channels that were subscribed to, `refused` says of those that cannot be why not, and `asked`
    what each `subscribe` without an answer yet is for, by its ref."""

    def __init__(self, positions: Mapping[str, str]) -> None:
        self.positions = dict(positions)
        self.wanted = {channel for channel in positions if not _comes_by_itself(channel)}
        self.refused: dict[str, str] = {}
        self.asked: dict[str, list[str]] = {}
        self._known: dict[str, None] = {}  # in order
        self._refs = 0

    def want(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self.wanted.add(channel)
            self.refused.pop(channel, None)

    def ask(self, channels: list[str]) -> str:
        self._refs += 1
        ref = f"subscribe-{self._refs}"
        self.asked[ref] = channels
        return ref

    def takes(self, frame: Frame) -> bool:
        """Notes where it takes the channel; False of what was shown before."""
        if not self.is_new(frame["id"]):
            return False
        self.advance([frame["channel"]], frame["position"])
        return True

    def is_new(self, frame_id: str) -> bool:
        """From now on it is not, until a thousand others came."""
        known = frame_id in self._known
        self._known.pop(frame_id, None)
        self._known[frame_id] = None
        if len(self._known) > KNOWN_IDS:
            del self._known[next(iter(self._known))]
        return not known

    def advance(self, channels: Iterable[str], position: str) -> None:
        for channel in channels:
            if _comes_by_itself(channel) or channel in self.wanted:
                self.positions[channel] = max(position, self.positions.get(channel, ""))

    def refuse(self, channel: str, code: str) -> None:
        self.refused[channel] = code
        self.forget(channel)

    def forget(self, channel: str) -> None:
        self.wanted.discard(channel)
        self.positions.pop(channel, None)

    @property
    def missing(self) -> list[str]:
        """What is wanted and was not answered."""
        return [channel for channel in self.wanted if channel not in self.positions]


def _comes_by_itself(channel: str) -> bool:
    return channel == "home" or channel.startswith("user:")
