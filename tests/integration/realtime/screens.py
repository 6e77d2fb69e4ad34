"""What a client shows of each thing it fetched, and how the frames that come change it.

A screen is fetched once and from then on only told. `SCREENS` has one for each kind of frame that changes something a
client fetches; `CHANGES_NOTHING_FETCHED`, `TOLD_TO_NOBODY` and `NOT_TOLD_YET` say why each other kind has none.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from mundotango.realtime.model import Kind
from tests.fixtures.gateway import Answer

Frame = Mapping[str, Any]
State = dict[str, Any]
Ask = Callable[..., Answer]
"""A GET of the API by the person at the screen."""


class Screen(Protocol):
    kinds: ClassVar[tuple[Kind, ...]]

    def fetch(self, ask: Ask) -> State: ...

    def apply(self, state: State, frame: Frame) -> None: ...

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool: ...


class Home:
    """The posts of those I follow, and those of theirs that are for me; reposts are found in the feed and not told."""

    kinds: ClassVar[tuple[Kind, ...]] = ("post.created", "post.updated", "post.removed", "post.withdrawn")

    def __init__(self, user_id: object) -> None:
        self._me = str(user_id)

    def fetch(self, ask: Ask) -> State:
        items = ask("/api/feed", query={"limit": 50}).json()["items"]
        theirs = [item for item in items if item["author"]["id"] != self._me and item["original"] is None]
        return {item["id"]: _without(item, "totals", "reaction") for item in theirs}

    def apply(self, state: State, frame: Frame) -> None:
        data = frame["data"]
        if frame["type"] in ("post.created", "post.updated"):
            state[data["id"]] = data
        else:
            state.pop(data["post_id"], None)

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return state == fetched


class Post:
    """The totals of one post I look at, until it is gone. Views alone send no frame."""

    kinds: ClassVar[tuple[Kind, ...]] = ("reaction.changed", "post.removed", "post.withdrawn")

    def __init__(self, post_id: object) -> None:
        self._path, self._id = f"/api/posts/{post_id}", str(post_id)

    def fetch(self, ask: Ask) -> State:
        answer = ask(self._path)
        return {"gone": True} if answer.status == 404 else _without(answer.json()["totals"], "views")

    def apply(self, state: State, frame: Frame) -> None:
        if frame["data"]["post_id"] != self._id or "gone" in state:
            return
        shown = _without(frame["data"]["totals"], "views") if frame["type"] == "reaction.changed" else {"gone": True}
        state.clear()
        state.update(shown)

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return state == fetched


class Pictures:
    """My uploads, from when the platform has them."""

    kinds: ClassVar[tuple[Kind, ...]] = ("media.received", "media.ready", "media.failed")

    def fetch(self, ask: Ask) -> State:
        items = ask("/api/media").json()["items"]
        return {item["id"]: item for item in items if item["status"] != "pending"}

    def apply(self, state: State, frame: Frame) -> None:
        state[frame["data"]["id"]] = frame["data"]

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return state == fetched


class Comments:
    """What others said below my posts. Of one taken back its post's totals tell, and who opens it finds none."""

    kinds: ClassVar[tuple[Kind, ...]] = ("comment.created",)

    def __init__(self, user_id: object) -> None:
        self._me = str(user_id)

    def fetch(self, ask: Ask) -> State:
        posts = ask("/api/feed", query={"limit": 50}).json()["items"]
        mine = [post for post in posts if post["author"]["id"] == self._me and post["original"] is None]
        found = [item for post in mine for item in ask(f"/api/posts/{post['id']}/comments").json()["items"]]
        found += [reply for top in found for reply in ask(f"/api/comments/{top['id']}/replies").json()["items"]]
        return {item["id"]: True for item in found if item["author"] and item["author"]["id"] != self._me}

    def apply(self, state: State, frame: Frame) -> None:
        state[frame["data"]["comment_id"]] = True

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        more = state.keys() - fetched.keys()
        return fetched.keys() <= state.keys() and all(ask(f"/api/comments/{each}").status == 404 for each in more)


SCREENS: tuple[type[Screen], ...] = (Home, Post, Pictures, Comments)

CHANGES_NOTHING_FETCHED: Mapping[Kind, str] = {
    "export.failed": "the page of an export asks anew when it is opened",
    "export.ready": "the page of an export asks anew when it is opened",
    "mention.created": "what mentions me is a post or a comment, told as such or found where it stands",
    "post.shared": "a repost stands in the feeds of the reposter's followers; its number is in reaction.changed",
}
TOLD_TO_NOBODY: frozenset[Kind] = frozenset(
    {
        "block.created", "block.removed", "command.close_sockets", "command.identity_delete", "command.media_delete",
        "command.send_mail", "comment.removed", "conversation.joined", "conversation.left", "follow.created",
        "follow.removed", "media.detached", "post.unshared", "presence.hidden", "presence.shown", "reaction.received",
    }
)  # fmt: skip
"""They have no channel, or one that no socket hears: they keep copies, or are commands."""
NOT_TOLD_YET: frozenset[Kind] = frozenset(
    {
        "conversation.read", "conversation.updated", "event.created", "follow.accepted", "follow.requested",
        "follower.added", "message.created", "message.removed", "moderation.decided", "notification.removed",
        "notification.updated", "notifications.read",
    }
)  # fmt: skip
"""Nothing in the platform records one. A test fails where something does, or where one stands here and there."""


def _without(body: Mapping[str, Any], *names: str) -> State:
    return {name: value for name, value in body.items() if name not in names}
