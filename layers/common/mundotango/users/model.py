from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

DanceRole = Literal["", "leader", "follower", "both"]
Occupation = Literal["dancer", "teacher", "dj", "organiser", "musician"]
Visibility = Literal["public", "members"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person's profile; `id` is the subject their sign-in carries. A text is empty where none was given.

    `private`: this person approves who follows them. `avatar` and `cover` are copied from the media row;
    `shown_picture` makes of them what clients see.
    """

    id: UUID
    handle: str
    display_name: str
    bio: str
    city: str
    country: str
    latitude: float | None
    longitude: float | None
    languages: list[str]
    dance_role: DanceRole
    dancing_since: int | None
    occupations: list[Occupation]
    links: list[str]
    avatar: dict[str, Any] | None
    cover: dict[str, Any] | None
    visibility: Visibility
    private: bool
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(User):
    """A person as a page shows them. `present` is false of who is suspended or leaving: others do not see them."""

    followers: int
    following: int
    posts: int
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person in a list."""

    id: UUID
    handle: str
    display_name: str
    city: str
    dance_role: DanceRole
    avatar: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in a list by time: when they followed, asked, were blocked, or joined."""

    person: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A person in a list by how well they fit what was asked."""

    person: Person
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How a reader stands to a person: `seen` is whether to the reader this person exists."""

    person_id: UUID
    private: bool
    seen: bool
    following: bool
    requested: bool
    followed_by: bool
    muted: bool
    blocked: bool
