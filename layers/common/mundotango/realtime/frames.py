"""What a client's frame asks, answered in frames. Whatever a client sends has an answer; after `closing` the socket is
to be closed, after every other it stays open."""

import json
from collections.abc import Iterator
from typing import Any

from mundotango.errors import BadFrame, MundoTangoError, TooManyRequests
from mundotango.realtime import presence, replay, service
from mundotango.realtime.model import End, Socket
from mundotango.realtime.policy import FRAMES_A_SECOND, LARGEST_FRAME, LONGEST_ECHO, MAX_CHANNELS, reconnects
from mundotango.realtime.service import Stores
from mundotango.realtime.speech import Frame, closing_frame, control, error_frame


def answers(stores: Stores, socket: Socket, end: End, text: str | None) -> Iterator[Frame]:
    """The answers in the order they are to be sent; a `ref` of the question stands in the control frames among them.

    `text` is None where the frame is not text.
    """
    question: dict[str, Any] = {}
    now = stores.clock.now()
    if end.at <= now:
        yield error_frame("token-expired", "this socket has ended: open another with a new ticket")
        yield closing_frame(end.code, reconnect=reconnects(end.code))
        return
    verdict = stores.traffic.take(socket.connection_id, now)
    if verdict == "flood":
        yield closing_frame("flood", reconnect=reconnects("flood"))
        return
    try:
        question = parse(text)
        if verdict == "too-many":
            raise TooManyRequests(f"a socket takes {FRAMES_A_SECOND} frames a second", retry_after=1)
        if not presence.note(stores, socket):
            yield closing_frame("ended", reconnect=reconnects("ended"))
            return
        for answer in _act(stores, socket, end, question):
            yield _referring(answer, question)
    except TooManyRequests as refusal:
        yield _referring(error_frame("too-many", refusal.detail, retry_after=refusal.retry_after), question)
    except MundoTangoError as refusal:
        yield _referring(error_frame(refusal.code, refusal.detail), question)


def parse(text: str | None) -> dict[str, Any]:
    if text is None:
        raise BadFrame("binary", "a frame is text")
    if len(text.encode(errors="replace")) > LARGEST_FRAME:
        raise BadFrame("too-large", f"a frame is at most {LARGEST_FRAME} bytes")
    try:
        question = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("bad-json", "a frame is a JSON object") from None
    if not isinstance(question, dict):
        raise BadFrame("bad-json", "a frame is a JSON object")
    return question


def _act(stores: Stores, socket: Socket, end: End, question: dict[str, Any]) -> Iterator[Frame]:
    grant = question.get("grant")
    match question.get("action"):
        case "resume":
            yield from replay.resume(stores, socket, end, _positions(question), grant)
        case "subscribe":
            yield from service.subscribe(stores, socket, _channels(question), grant)
        case "unsubscribe":
            yield from service.unsubscribe(stores, socket, _channels(question))
        case "ping":
            yield control("pong")
        case "presence":
            yield presence.who_is_here(stores, socket)
        case "typing":
            yield from presence.type_in(stores, socket, question.get("channel"))
        case _:
            raise BadFrame("unknown-action", "an action is resume, subscribe, unsubscribe, ping, presence or typing")


def _positions(question: dict[str, Any]) -> dict[str, Any]:
    positions = question.get("positions", {})
    if not isinstance(positions, dict) or len(positions) > MAX_CHANNELS + 2:  # the two that come by themselves
        raise BadFrame("bad-field", f"positions is an object of at most {MAX_CHANNELS} channels, user:… and home")
    return positions


def _channels(question: dict[str, Any]) -> list[object]:
    channels = question.get("channels")
    if not isinstance(channels, list) or not 1 <= len(channels) <= MAX_CHANNELS:
        raise BadFrame("bad-field", f"channels is a list of 1 to {MAX_CHANNELS} channels")
    return channels


def _referring(answer: Frame, question: dict[str, Any]) -> Frame:
    ref = question.get("ref")
    if "data" not in answer and isinstance(ref, str | int) and len(str(ref)) <= LONGEST_ECHO:
        return {**answer, "ref": ref}
    return answer
