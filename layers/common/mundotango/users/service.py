from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from mundotango.attachments.service import check_attachable, release
from mundotango.errors import Conflict, FieldError, MediaNotReady, NotFound, PreconditionFailed, ProfileMissing
from mundotango.forgetting.service import forget_person
from mundotango.media.model import Purpose, kept_picture
from mundotango.ports import Clock, MediaRepository
from mundotango.users import policy
from mundotango.users.announcement import presence_changed
from mundotango.users.model import Profile, Relation, User
from mundotango.webpush.service import record_wishes
from mundotango.work import UnitOfWork

_NOBODY = "nobody has this handle"
_NO_PROFILE = "this account has no profile yet"
_PICTURES: dict[str, Purpose] = {"avatar_id": "avatar", "cover_id": "cover"}
_BARE: dict[str, Any] = {
    "bio": "", "city": "", "country": "", "latitude": None, "longitude": None, "languages": [], "dance_role": "",
    "dancing_since": None, "occupations": [], "links": [], "avatar": None, "cover": None, "visibility": "public",
    "private": False,
}  # fmt: skip


def create_profile(work: UnitOfWork, *, user_id: UUID, clock: Clock, **given: Any) -> User:
    """`given` are fields of a profile, `handle` and `display_name` among them."""
    now = clock.now()
    kept = _BARE | policy.fields(given, now.year)
    user = User(id=user_id, created_at=now, version=1, **kept)
    policy.whole_place(user.latitude, user.longitude)
    work.users.add(user)
    work.users.take_handle(user.handle, user_id, now)
    work.departures.move_to_profile(user_id)
    if user.languages:
        record_wishes(work, user_id, clock)
    return user


def update_profile(
    work: UnitOfWork,
    media: MediaRepository,
    user_id: UUID,
    given: Mapping[str, Any],
    *,
    expected_version: int | None,
    clock: Clock,
) -> tuple[User, User]:
    """The profile before and after. Only what is given changes; `avatar_id` and `cover_id` name pictures, or none.

    Whoever names the version they read is refused when somebody has changed it since.
    """
    now = clock.now()
    # Before the first statement: a transaction must not wait for another store.
    pictures = _pictures(media, user_id, {name: given[name] for name in _PICTURES if name in given})
    changed = policy.fields({name: value for name, value in given.items() if name not in _PICTURES}, now.year)
    before = work.users.find_held(user_id)
    if before is None:
        raise ProfileMissing(_NO_PROFILE)
    if expected_version is not None and expected_version != before.version:
        raise PreconditionFailed("this profile was changed since it was read")
    check_attachable(work, [UUID(picture["id"]) for picture in pictures.values() if picture is not None])
    after = replace(before, **changed, **pictures)
    policy.whole_place(after.latitude, after.longitude)
    if after == before:
        return before, before
    after = replace(after, version=before.version + 1)
    work.users.update(after, now)
    if _named(after) != _named(before):
        forget_person(work, user_id, clock)
    if after.handle != before.handle:
        _give_up_handle(work, before, after, clock)
    if after.languages != before.languages:  # of which one is the language they are written to
        record_wishes(work, user_id, clock)
    release(work, user_id, sorted(_shown(before) - _shown(after)), clock)
    return before, after


def take_picture_off(work: UnitOfWork, user_id: UUID, media_id: UUID, clock: Clock) -> None:
    """The person's profile shows this picture no more, if it did. Whoever calls this holds the person."""
    before = work.users.find(user_id)
    if before is None or media_id not in _shown(before):
        return
    kept = {place: picture for place, picture in _pictures_of(before).items() if picture["id"] != str(media_id)}
    after = replace(before, avatar=kept.get("avatar"), cover=kept.get("cover"), version=before.version + 1)
    work.users.update(after, clock.now())
    if after.avatar != before.avatar:
        forget_person(work, user_id, clock)


def get_profile(work: UnitOfWork, user_id: UUID) -> User:
    """The caller's own profile."""
    user = work.users.find(user_id)
    if user is None:
        raise ProfileMissing(_NO_PROFILE)
    return user


def get_page(work: UnitOfWork, user_id: UUID) -> Profile:
    """A person as their page shows them, to whoever may see it."""
    profile = work.users.find_profile(user_id)
    if profile is None:
        raise NotFound(_NOBODY)
    return profile


def get_own_page(work: UnitOfWork, user_id: UUID) -> Profile:
    profile = work.users.find_profile(user_id)
    if profile is None:
        raise ProfileMissing(_NO_PROFILE)
    return profile


def shows_presence(work: UnitOfWork, user_id: UUID) -> bool:
    """Whether followers are shown when this person is here, or typing."""
    shown = work.users.find_presence(user_id)
    if shown is None:
        raise ProfileMissing(_NO_PROFILE)
    return shown


def show_presence(work: UnitOfWork, user_id: UUID, shown: bool, clock: Clock) -> None:
    """Who is not shown is shown nobody either. Who is leaving is not, whatever they choose, unless they stay."""
    if shows_presence(work, user_id) == shown or not work.users.show_presence(user_id, shown):
        return
    if not shown or work.departures.find(user_id).leaves_at is None:
        work.record(presence_changed(user_id, shown=shown, clock=clock))


def get_id(work: UnitOfWork, handle: str) -> UUID:
    normal = policy.normal_handle(handle)
    user_id = work.users.find_id(normal) if normal else None
    if user_id is None:
        raise NotFound(_NOBODY)
    return user_id


def get_relation(work: UnitOfWork, reader_id: UUID, person_id: UUID) -> Relation:
    relation = work.users.find_relation(reader_id, person_id)
    if relation is None or not relation.seen:
        raise NotFound(_NOBODY)
    return relation


def get_person(work: UnitOfWork, reader_id: UUID, handle: str) -> Relation:
    """How the reader stands to the person of this handle, if to this reader they exist."""
    normal = policy.normal_handle(handle)
    relation = work.users.find_relation_by_handle(reader_id, normal) if normal else None
    if relation is None or not relation.seen:
        raise NotFound(_NOBODY)
    return relation


def get_present_id(work: UnitOfWork, handle: str) -> UUID:
    """Also of somebody the caller does not see because one of the two blocked the other."""
    normal = policy.normal_handle(handle)
    user_id = work.users.find_present_id(normal) if normal else None
    if user_id is None:
        raise NotFound(_NOBODY)
    return user_id


def _named(user: User) -> tuple[object, ...]:
    """What others' public pages say of a person, and whether they may."""
    return user.handle, user.display_name, user.avatar, user.visibility, user.private


def _shown(user: User) -> set[UUID]:
    """The pictures of a profile."""
    return {UUID(picture["id"]) for picture in _pictures_of(user).values()}


def _pictures_of(user: User) -> dict[str, dict[str, Any]]:
    """By the places that have one."""
    places = {"avatar": user.avatar, "cover": user.cover}
    return {place: picture for place, picture in places.items() if picture is not None}


def _give_up_handle(work: UnitOfWork, before: User, after: User, clock: Clock) -> None:
    kept = work.users.take_handle(after.handle, after.id, clock.now())
    if kept >= policy.MOST_KEPT_HANDLES:
        raise Conflict("this handle was changed too often lately", FieldError("handle", "was changed too often lately"))
    work.users.keep_handle(before.handle, before.id, clock.now() + policy.HANDLE_KEPT)


def _pictures(media: MediaRepository, owner_id: UUID, named: Mapping[str, UUID | None]) -> dict[str, Any]:
    wanted = [media_id for media_id in named.values() if media_id is not None]
    rows = media.find_many(wanted) if wanted else {}
    kept: dict[str, Any] = {}
    for field, media_id in named.items():
        purpose = _PICTURES[field]
        if media_id is None:
            kept[purpose] = None
            continue
        row = rows.get(media_id)
        # Another's picture is not there at all: an id tells nobody whether it exists.
        if row is None or row.owner_id != owner_id or row.purpose != purpose:
            raise NotFound("no such picture", FieldError(field, "is no picture of yours for this place"))
        if row.measures is None:
            raise MediaNotReady("one of the pictures is not ready", FieldError(field, "is not ready"))
        kept[purpose] = kept_picture(media_id, row.measures)
    return kept
