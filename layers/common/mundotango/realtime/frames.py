"""What a client's frame asks, answered in frames. Whatever a client sends has an answer, and the socket stays open."""

import json
from collections.abc import Iterator
from typing import Any

from mundotango.errors import BadFrame, MundoTangoError
from mundotango.realtime import service
from mundotango.realtime.model import Socket
from mundotango.realtime.policy import LONGEST_ECHO, MAX_CHANNELS
from mundotango.realtime.service import Frame, Stores, control, error_frame


def answers(stores: Stores, socket: Socket, text: str) -> Iterator[Frame]:
    """The answers in the order they are to be sent; a `ref` of the question stands in the control frames among them."""
    question: dict[str, Any] = {}
    try:
        question = parse(text)
        for answer in _act(stores, socket, question):
            yield _referring(answer, question)
    except MundoTangoError as refusal:
        yield _referring(error_frame(refusal.code, refusal.detail), question)


def parse(text: str) -> dict[str, Any]:
    try:
        question = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("bad-json", "a frame is a JSON object") from None
    if not isinstance(question, dict):
        raise BadFrame("bad-json", "a frame is a JSON object")
    return question


def _act(stores: Stores, socket: Socket, question: dict[str, Any]) -> Iterator[Frame]:
    match question.get("action"):
        case "resume":
            yield from service.resume(stores, socket, _positions(question))
        case "subscribe":
            yield service.subscribe(stores, socket, question.get("channel"))
        case "unsubscribe":
            yield service.unsubscribe(stores, socket, question.get("channel"))
        case "ping":
            yield control("pong")
        case _:
            raise BadFrame("unknown-action", "an action is resume, subscribe, unsubscribe or ping")


def _positions(question: dict[str, Any]) -> dict[str, Any]:
    positions = question.get("positions", {})
    if not isinstance(positions, dict) or len(positions) > MAX_CHANNELS + 2:  # the two that come by themselves
        raise BadFrame("bad-field", f"positions is an object of at most {MAX_CHANNELS} channels, user:… and home")
    return positions


def _referring(answer: Frame, question: dict[str, Any]) -> Frame:
    ref = question.get("ref")
    if "data" not in answer and isinstance(ref, str | int) and len(str(ref)) <= LONGEST_ECHO:
        return {**answer, "ref": ref}
    return answer
