"""Holds frames to docs/asyncapi.yaml: a field, a type or a code that the document does not describe fails the test."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft7, Draft7Validator, Registry, ValidationError

from mundotango.realtime.model import encoded

DOCUMENT = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"
LARGEST_FRAME = 32 * 1024
_ASKED = "ask."  # what a client sends may have the name of what it is sent


@cache
def document() -> dict[str, Any]:
    # libyaml's: the one in Python takes half a second for it.
    read: dict[str, Any] = yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return read


def frame_types() -> set[str]:
    """Of all that a server sends."""
    return {name for name in document()["components"]["messages"] if not name.startswith(_ASKED)}


def check_frame(frame: str | dict[str, Any]) -> dict[str, Any]:
    """What a server sent to a socket, if the document describes it."""
    sent = _read(frame)
    _check(str(sent.get("type")), sent)
    return sent


def check_question(frame: str | dict[str, Any]) -> dict[str, Any]:
    """What a client sent, likewise."""
    asked = _read(frame)
    _check(f"{_ASKED}{asked.get('action')}", asked)
    return asked


def _read(frame: str | dict[str, Any]) -> dict[str, Any]:
    text = frame if isinstance(frame, str) else encoded(frame)
    size = len(text.encode())
    assert size <= LARGEST_FRAME, f"{size} bytes are more than a frame may have"
    read = json.loads(text)
    assert isinstance(read, dict)
    return read


def _check(message: str, frame: dict[str, Any]) -> None:
    assert message in document()["components"]["messages"], f"{DOCUMENT.name} has no message {message}: {frame}"
    failures = [f"{'.'.join(map(str, each.instance_path))}: {each.message}" for each in errors(message, frame)]
    assert not failures, f"{message} is not as {DOCUMENT.name} says: {'; '.join(failures)}"


def errors(message: str, frame: dict[str, Any]) -> list[ValidationError]:
    return list(_validator(message).iter_errors(frame))


@cache
def _validator(message: str) -> Draft7Validator:
    address = f"urn:socket#/components/messages/{message}/payload"
    return Draft7Validator({"$ref": address}, registry=_registry(), validate_formats=True)


@cache
def _registry() -> Registry:
    return Registry([("urn:socket", _closed(document()))], draft=Draft7)


def _closed(schema: Any) -> Any:
    """With no room for fields that are not written down: clients ignore those, but no server here sends any."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
