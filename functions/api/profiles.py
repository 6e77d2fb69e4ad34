"""People as the cache keeps them: a profile for all its readers, whose a handle is, and how two people stand.

Every write that changes one of them names its key among what is outdated (`OutdatedDep`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from functions.api.cached import remember
from functions.api.schemas.users import KeptId, KeptProfile, RelationBody, UserBody
from mundotango.bootstrap import Platform
from mundotango.cache_keys import handle_key, profile_key, relation_key
from mundotango.errors import NotFound
from mundotango.users import policy, service
from mundotango.users.model import Profile
from mundotango.work import UnitOfWork

PROFILE_SECONDS = 300
HANDLE_SECONDS = 300
RELATION_SECONDS = 30


def keys_between(one: UUID, other: UUID) -> list[str]:
    """All that is kept of two people and depends on how they stand to each other; their counts among it."""
    return [profile_key(one), profile_key(other), relation_key(one, other), relation_key(other, one)]


def own_profile(platform: Platform, user_id: UUID) -> KeptProfile:
    return _kept(platform, user_id, service.get_own_page)


def find_profile(platform: Platform, handle: str, reader_id: UUID | None) -> KeptProfile:
    """Without regard to blocks; who is suspended or leaving is seen by nobody but themselves."""
    normal = policy.normal_handle(handle)
    if normal is None:
        raise NotFound("nobody has this handle")

    def load() -> KeptId:
        with platform.unit_of_work() as work:
            return KeptId(id=service.get_id(work, normal))

    known = remember(platform.cache, handle_key(normal), HANDLE_SECONDS, KeptId, load)
    profile = _kept(platform, known.id, service.get_page)
    # A handle that was given up may be known a little longer than it is right.
    if profile.handle != normal or not (profile.present or profile.id == reader_id):
        raise NotFound("nobody has this handle")
    return profile


def find_public_profile(platform: Platform, handle: str) -> KeptProfile:
    """As it may stand on a page for everybody."""
    profile = find_profile(platform, handle, None)
    if profile.visibility != "public":
        raise NotFound("nobody has this handle")
    return profile


def relation(platform: Platform, reader_id: UUID, person_id: UUID) -> RelationBody:
    """Refused, and then not kept, where the reader does not see this person."""

    def load() -> RelationBody:
        with platform.unit_of_work() as work:
            return RelationBody.model_validate(service.get_relation(work, reader_id, person_id))

    return remember(platform.cache, relation_key(reader_id, person_id), RELATION_SECONDS, RelationBody, load)


def shown(profile: KeptProfile, now: datetime) -> dict[str, Any]:
    """The fields of `UserBody`."""
    kept = {name: getattr(profile, name) for name in KeptProfile.model_fields}
    return {name: kept[name] for name in UserBody.model_fields if name in kept} | {
        "years_dancing": policy.years_dancing(profile.dancing_since, now.year),
        "counts": {name: kept[name] for name in ("followers", "following", "posts")},
    }


def _kept(platform: Platform, user_id: UUID, get: Callable[[UnitOfWork, UUID], Profile]) -> KeptProfile:
    def load() -> KeptProfile:
        with platform.unit_of_work() as work:
            return KeptProfile.model_validate(get(work, user_id))

    return remember(platform.cache, profile_key(user_id), PROFILE_SECONDS, KeptProfile, load)
