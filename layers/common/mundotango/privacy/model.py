"""A store of personal data, as the registry describes it: what is there, how a person gets it and gets rid of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

System = Literal["PostgreSQL", "DynamoDB", "S3", "Valkey", "Cognito", "CloudFront", "CloudWatch", "SQS"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is erased. `handle` is None where there is no profile any more, or never was."""

    id: UUID
    handle: str | None


# What the file of an export has of a person, row by row.
Rows = Callable[["Platform", UUID], Iterator[dict[str, Any]]]
# Erases in steps that are short and can be repeated; after each it says how much it found. A run that is killed between
# two is completed by the next, from the start.
Eraser = Callable[["Platform", Person], Iterator[int]]


@dataclass(frozen=True, slots=True)
class Store:
    """One entry of the registry.

    `holds` names what the entry answers for, so that a test can find what nobody answers for: columns of PostgreSQL
    (`posts.user_id`), tables of DynamoDB (`MediaTable`), prefixes of S3 (`UploadsBucket/exports/`), keys of Valkey.
    The texts are docs/retention.md. Without `erase`, `erased` says what ends it instead.
    """

    name: str
    system: System
    holds: tuple[str, ...]
    what: str
    how_long: str
    why: str
    exported: str
    erased: str
    files: tuple[tuple[str, Rows], ...] = ()
    erase: Eraser | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """When somebody who asked for it will be forgotten; None for those who did not ask.

    `handle` is None where there is no profile.
    """

    handle: str | None
    leaves_at: datetime | None
