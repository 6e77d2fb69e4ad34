"""Candidates in JSON's types, for the way from the operator's machine to the function that makes events of them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango.errors import Invalid
from mundotango.imports.model import Candidate, Deviation, Spot


def packed(candidate: Candidate) -> dict[str, Any]:
    """What is empty is left out."""
    said: dict[str, Any] = _json(asdict(candidate))
    return said


def unpacked(said: dict[str, Any]) -> Candidate:
    """
    Raises:
        Invalid: another version packed it, which knows more than this one.
    """
    try:
        spot = dict(said["spot"])
        spot["venue_id"] = UUID(spot["venue_id"]) if "venue_id" in spot else None
        return Candidate(
            **said
            | {
                "starts": datetime.fromisoformat(said["starts"]),
                "ends": datetime.fromisoformat(said["ends"]),
                "excluded": tuple(datetime.fromisoformat(each) for each in said.get("excluded", ())),
                "added": tuple(datetime.fromisoformat(each) for each in said.get("added", ())),
                "deviations": tuple(_deviation(each) for each in said.get("deviations", ())),
                "tags": tuple(said.get("tags", ())),
                "spot": Spot(**spot),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("this is no candidate that this version knows; deploy it first") from error


def _deviation(said: dict[str, Any]) -> Deviation:
    times: dict[str, Any] = {
        name: datetime.fromisoformat(said[name]) for name in ("original", "starts", "ends") if name in said
    }
    return Deviation(**said | times)


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items() if each not in ("", None, ())}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return [_json(each) for each in value] if isinstance(value, tuple) else value
