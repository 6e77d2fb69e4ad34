"""What a client shows of each thing it fetched, and how the frames that come change it.

A screen is fetched once and from then on only told. `SCREENS` has one for each kind of frame that changes something a
client fetches; `CHANGES_NOTHING_FETCHED` and `TOLD_TO_NOBODY` say why each other kind has none.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from mundotango.realtime.model import Kind
from mundotango.text import key
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
    """What others said below my posts; what they replied to me below another's is told too, and found there. Of one
    taken back its post's totals tell, and who opens it finds none."""

    kinds: ClassVar[tuple[Kind, ...]] = ("comment.created",)

    def __init__(self, user_id: object) -> None:
        self._me = str(user_id)

    def fetch(self, ask: Ask) -> State:
        posts = ask("/api/feed", query={"limit": 50}).json()["items"]
        mine = [post for post in posts if post["author"]["id"] == self._me and post["original"] is None]
        found = [item for post in mine for item in ask(f"/api/posts/{post['id']}/comments").json()["items"]]
        found += [reply for top in found for reply in ask(f"/api/comments/{top['id']}/replies").json()["items"]]
        return {item["id"]: item["post_id"] for item in found if item["author"] and item["author"]["id"] != self._me}

    def apply(self, state: State, frame: Frame) -> None:
        state[frame["data"]["comment_id"]] = frame["data"]["post_id"]

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        more = state.keys() - fetched.keys()
        return fetched.items() <= state.items() and all(
            ask(f"/api/comments/{each}").status == 404 or not self._is_mine(state[each], ask) for each in more
        )

    def _is_mine(self, post_id: object, ask: Ask) -> bool:
        return bool(ask(f"/api/posts/{post_id}").json()["author"]["id"] == self._me)


class Notifications:
    """My inbox, up to where I read it, and its badge. What is about a post that is gone, or a follow that ended, stands
    there until it is opened again."""

    kinds: ClassVar[tuple[Kind, ...]] = ("notification.updated", "notification.removed", "notifications.read")

    def __init__(self, handle: str) -> None:
        self._handle = handle

    def fetch(self, ask: Ask) -> State:
        page = ask("/api/notifications", query={"limit": 50}).json()
        read = [item["position"] for item in page["items"] if not item["unread"]]
        items = {item["id"]: _without(item, "actors", "unread") for item in page["items"]}
        return {"items": items, "unread": page["unread"], "up_to": max(read, default="")}

    def apply(self, state: State, frame: Frame) -> None:
        data = frame["data"]
        state["unread"] = data["unread"]
        match frame["type"]:
            case "notification.updated":
                state["items"][data["notification"]["id"]] = data["notification"]
            case "notification.removed":
                state["items"].pop(data["id"], None)
            case _:
                state["up_to"] = data["up_to"]

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        more = [item for each, item in state["items"].items() if each not in fetched["items"]]
        return (
            state["unread"] == fetched["unread"]
            and all(state["items"].get(each) == item for each, item in fetched["items"].items())
            and all((item["position"] > state["up_to"]) == _unread(item, fetched) for item in fetched["items"].values())
            and all(self._has_ended(item, ask) for item in more)
        )

    def _has_ended(self, item: Mapping[str, Any], ask: Ask) -> bool:
        if item["kind"] in ("follow", "follow_request"):
            of = f"{self._handle}/followers" if item["kind"] == "follow" else "me/follow-requests"
            return not {person["id"] for person in ask(f"/api/users/{of}").json()["items"]} & set(item["actor_ids"])
        return _is_of_what_is_gone(item["subject"], ask)


class Conversation:
    """One I take part in: what is said, who has read how far, and what the list of conversations says of it."""

    kinds: ClassVar[tuple[Kind, ...]] = (
        "conversation.read", "conversation.updated", "message.created", "message.removed",
    )  # fmt: skip

    def __init__(self, conversation_id: object, user_id: object) -> None:
        self._path, self._me = f"/api/conversations/{conversation_id}", str(user_id)

    def fetch(self, ask: Ask) -> State:
        found, said = ask(self._path).json(), ask(f"{self._path}/messages", query={"limit": 50}).json()["items"]
        read = {member["id"]: member.pop("read_up_to") or "" for member in found["members"]}
        messages = {message["id"]: message for message in said}
        assert (found["read_up_to"] or "") == read[self._me]
        assert found["last_message"] == (said[0] if said else None)
        assert found["unread"] == len([each for each in said if self._is_unread(each, read)])
        return {"about": _without(found, "read_up_to", "last_message", "unread"), "messages": messages, "read": read}

    def apply(self, state: State, frame: Frame) -> None:
        """Marks come on two channels, each in its own order; they never go back."""
        data, read = frame["data"], state["read"]
        match frame["type"]:
            case "message.created":
                state["messages"][data["id"]] = data
                read[data["author"]["id"]] = max(read[data["author"]["id"]], data["id"])
                state["about"]["active_at"] = data["created_at"]
            case "message.removed":
                state["messages"][data["id"]] |= {"text": "", "media": [], "deleted": True}
            case "conversation.read":
                read[data["user_id"]] = max(read[data["user_id"]], data["message_id"])
            case _ if "title" in data:
                state["about"]["title"] = data["title"]
            case _:
                state["about"].clear()  # to be asked for

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return state | {"about": fetched["about"] | state["about"]} == fetched

    def _is_unread(self, message: Mapping[str, Any], read: Mapping[str, str]) -> bool:
        return message["author"]["id"] != self._me and not message["deleted"] and message["id"] > read[self._me]


class People:
    """Who follows me, asks to, and whom I follow. Of who follows no more nobody is told."""

    kinds: ClassVar[tuple[Kind, ...]] = ("follower.added", "follow.requested", "follow.accepted")
    _LISTS: ClassVar[Mapping[str, str]] = {
        "follower.added": "{handle}/followers", "follow.requested": "me/follow-requests",
        "follow.accepted": "{handle}/following",
    }  # fmt: skip

    def __init__(self, handle: str) -> None:
        self._handle = handle

    def fetch(self, ask: Ask) -> State:
        pages = {kind: ask(f"/api/users/{of.format(handle=self._handle)}") for kind, of in self._LISTS.items()}
        return {kind: {person["handle"] for person in page.json()["items"]} for kind, page in pages.items()}

    def apply(self, state: State, frame: Frame) -> None:
        state[frame["type"]].add(frame["data"]["user"]["handle"])

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return all(fetched[kind] <= state[kind] for kind in self.kinds)


class Events:
    """Those of a city. Of a series a frame tells one time: the others are asked for."""

    kinds: ClassVar[tuple[Kind, ...]] = ("event.created", "event.updated", "event.cancelled")

    def __init__(self, city: str) -> None:
        self._city = city

    def fetch(self, ask: Ask) -> State:
        items = ask("/api/public/events", query={"city": self._city, "limit": 50}).json()["items"]
        return {item["occurrence_id"]: item for item in items}

    def apply(self, state: State, frame: Frame) -> None:
        told = frame["data"]
        if key(told["city"]) == key(self._city):
            state[told["occurrence_id"]] = told
        else:
            state.pop(told["occurrence_id"], None)

    def agrees(self, state: State, fetched: State, ask: Ask) -> bool:
        return state == fetched


SCREENS: tuple[type[Screen], ...] = (
    Home, Post, Pictures, Comments, Notifications, Conversation, People, Events,
)  # fmt: skip

CHANGES_NOTHING_FETCHED: Mapping[Kind, str] = {
    "event.changed": "the event itself is told as event.updated; this is for whoever comes, and stands in their inbox",
    "export.failed": "the page of an export asks anew when it is opened",
    "export.ready": "the page of an export asks anew when it is opened",
    "moderation.decided": "what was decided stands in my inbox, and what it hides or removes is told as such",
    "mention.created": "what mentions me is a post or a comment, told as such or found where it stands",
    "registration.updated": "it says what became of my registration; the page of one asks anew where it stands in line",
    "reminder.due": "nothing is another than before: what I come to begins soon, as my inbox says",
    "post.shared": "a repost stands in the feeds of the reposter's followers; its number is in reaction.changed",
}
TOLD_TO_NOBODY: frozenset[Kind] = frozenset(
    {
        "block.created", "block.removed", "command.close_sockets", "command.edge_forget", "command.identity_delete",
        "command.media_delete",
        "command.send_mail", "comment.removed", "conversation.joined", "conversation.left", "follow.created",
        "follow.removed", "media.detached", "post.unshared", "presence.hidden", "presence.shown", "reaction.received",
        "wishes.changed",
    }
)  # fmt: skip
"""They have no channel, or one that no socket hears: they keep copies, or are commands."""


def _unread(item: Mapping[str, Any], fetched: State) -> bool:
    return bool(item["position"] > fetched["up_to"])


def _is_of_what_is_gone(subject: Mapping[str, str | None], ask: Ask) -> bool:
    posts = [subject[name] for name in ("post_id", "repost_id") if subject.get(name)]
    addresses = [f"/api/posts/{each}" for each in posts]
    addresses += [f"/api/comments/{subject['comment_id']}"] if subject.get("comment_id") else []
    return any(ask(each).status == 404 for each in addresses)


def _without(body: Mapping[str, Any], *names: str) -> State:
    return {name: value for name, value in body.items() if name not in names}
