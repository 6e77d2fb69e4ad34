from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment
from functions.api.schemas.media import PictureFile
from mundotango import places
from mundotango.users import policy
from mundotango.users.model import DanceRole, Occupation, Visibility

# Shown to readers of the API; it is the policy that refuses.
_COUNTRY: dict[str, Any] = {"pattern": f"^({places.COUNTRY})?$"}
_LATITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LATITUDE, "maximum": places.LARGEST_LATITUDE}
_LONGITUDE: dict[str, Any] = {"minimum": -places.LARGEST_LONGITUDE, "maximum": places.LARGEST_LONGITUDE}
_ROLES: dict[str, Any] = {"enum": list(policy.DANCE_ROLES)}
_VISIBILITIES: dict[str, Any] = {"enum": list(policy.VISIBILITIES)}
_LANGUAGES: dict[str, Any] = {"maxItems": policy.MOST_LANGUAGES}
_OCCUPATIONS: dict[str, Any] = {"maxItems": len(policy.OCCUPATIONS)}
_LINKS: dict[str, Any] = {"maxItems": policy.MOST_LINKS}

# As with texts: the policy says how many, this only keeps a request from being absurd.
_Several = Annotated[list[Line], Field(max_length=100)]


class _Given(Asked):
    """What may be said of a person besides handle and name; a field that is left out stays as it is."""

    city: Line = ""
    bio: Lines = ""
    country: Annotated[str, Field(json_schema_extra=_COUNTRY, description="ISO 3166-1, two letters, or empty.")] = ""
    latitude: Annotated[
        StrictFloat | None,
        Field(json_schema_extra=_LATITUDE, description="Of the city; with a longitude or not at all."),
    ] = None
    longitude: Annotated[StrictFloat | None, Field(json_schema_extra=_LONGITUDE)] = None
    languages: _Several = Field(
        default=[], json_schema_extra=_LANGUAGES, description="BCP 47, such as es, pt-BR or zh-Hant."
    )
    dance_role: Annotated[str, Field(json_schema_extra=_ROLES)] = ""
    dancing_since: Annotated[StrictInt | None, Field(description="A year.")] = None
    occupations: _Several = Field(default=[], json_schema_extra=_OCCUPATIONS)
    links: _Several = Field(default=[], json_schema_extra=_LINKS, description="Addresses that begin with https://.")
    visibility: Annotated[
        str, Field(json_schema_extra=_VISIBILITIES, description="`members`: there is no page for everybody.")
    ] = "public"
    private: Annotated[StrictBool, Field(description="Whether this person approves who follows them.")] = False


class NewUser(_Given):
    handle: Line
    display_name: Line


class ProfileChange(_Given):
    handle: Annotated[
        Line,
        Field(description="The one before stays the caller's for 14 days, so that nobody takes over links to it."),
    ] = ""
    display_name: Line = ""
    avatar_id: Annotated[
        Id | None, Field(description="The caller's own picture, made for an avatar and ready; null for none.")
    ] = None
    cover_id: Annotated[Id | None, Field(description="The same, made for a cover.")] = None


class KeptProfile(Answered):
    """A profile as the cache keeps it: the same for everybody who may see it."""

    id: Id
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
    avatar: PictureFile | None
    cover: PictureFile | None
    visibility: Visibility
    private: bool
    created_at: Moment
    version: int
    followers: int
    following: int
    posts: int
    present: bool


class KeptId(Answered):
    id: Id


class Counts(Answered):
    followers: int
    following: int
    posts: int


class UserBody(Answered):
    id: Id
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
    years_dancing: int | None
    occupations: list[Occupation]
    links: list[str]
    avatar: PictureFile | None
    cover: PictureFile | None
    visibility: Visibility
    private: bool
    created_at: Moment
    version: int = Field(description="For `If-Match` with a change.")
    counts: Counts


class RelationBody(Answered):
    """How the reader stands to this person."""

    following: bool
    requested: bool = Field(description="The reader asked to follow and waits for an answer.")
    followed_by: bool
    muted: bool
    blocked: bool


class ProfileBody(UserBody):
    relation: RelationBody | None = Field(description="null of the reader's own profile.")


class FollowBody(Answered):
    state: str = Field(json_schema_extra={"enum": ["requested"]})


class PersonBody(Answered):
    id: Id
    handle: str
    display_name: str
    city: str
    dance_role: DanceRole
    avatar: PictureFile | None


class PersonList(Answered):
    items: list[PersonBody]


class PersonPage(PersonList):
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class PresenceChange(Asked):
    shown: StrictBool


class PresenceBody(Answered):
    shown: bool
