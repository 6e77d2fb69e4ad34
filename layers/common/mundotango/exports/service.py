"""Asking for one's own data, and the link under which it is downloaded.

The link is a capability: whoever has it may download. Of its token only the hash is kept, so nobody can be told the
link a second time; each time the owner asks there is a new one, and the one before opens nothing any more.
"""

from uuid import UUID

from mundotango import ids
from mundotango.errors import NotFound
from mundotango.exports import policy
from mundotango.exports.model import Export, export_key
from mundotango.links import link_path, token_hash
from mundotango.ports import Clock, ObjectStore
from mundotango.realtime.model import Activity, Kind, user_channel
from mundotango.work import UnitOfWork


def ask_export(work: UnitOfWork, user_id: UUID, clock: Clock) -> Export:
    """A job makes it, and tells when it is ready."""
    now = clock.now()
    policy.check_may_ask(work.exports.find_latest(user_id), now)
    export = Export(id=ids.new_id(), user_id=user_id, state="waiting", requested_at=now)
    work.exports.add(export)
    return export


def get_export(work: UnitOfWork, user_id: UUID, clock: Clock) -> tuple[Export, str | None]:
    """The latest, and a new link where it can be downloaded; none while writes are stopped."""
    export = work.exports.find_latest(user_id)
    if export is None:
        raise NotFound("no export was asked for")
    if not policy.is_open(export, clock.now()):
        return export, None
    token = ids.new_secret()
    given = work.exports.set_token(export.id, token_hash(token))
    return export, link_path(token, "export") if given else None


def open_link(work: UnitOfWork, objects: ObjectStore, token: str, clock: Clock) -> str:
    """An address in S3, signed now: one signed when the export was made would end with the session that signed it."""
    export = work.exports.find_by_token(token_hash(token))
    if export is None or not policy.is_open(export, clock.now()):
        raise NotFound("this link is unknown or expired")
    day = export.requested_at.date().isoformat()
    return objects.presign_get(export_key(export), filename=f"mundo-tango-{day}.zip", seconds=policy.DOWNLOAD_SECONDS)


def outcome_activity(kind: Kind, export: Export, clock: Clock) -> Activity:
    """What became of it, told to its owner; the link is theirs to ask for, so that no token is written anywhere."""
    return Activity(
        id=ids.derived_id(kind, str(export.id)),
        kind=kind,
        actor_id=None,
        channel=user_channel(export.user_id),
        payload={"id": str(export.id), "path": "/api/users/me/export"},
        occurred_at=clock.now(),
    )
