"""Write a digest to somebody, and end them for whoever wants no more."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from mundotango import ids
from mundotango.commands.service import mail_sending
from mundotango.digests import policy
from mundotango.digests.model import Digest, Due
from mundotango.errors import NotFound
from mundotango.links import link_path, token_hash
from mundotango.mail.model import Mail
from mundotango.notifications.model import Notification, NotificationPreferences
from mundotango.notifications.policy import is_over
from mundotango.notifications.service import list_shown
from mundotango.ports import Clock
from mundotango.work import UnitOfWork


def write_digest(
    work: UnitOfWork,
    due: Due,
    preferences: NotificationPreferences,
    unread: Sequence[Notification],
    period: str,
    clock: Clock,
) -> bool:
    """`unread` are the newest first. False where there is nothing to tell, or it was told: then nothing is sent."""
    wanted = [each for each in unread if preferences.wants(each.kind, "email") and not is_over(each, clock.now())]
    shown = list_shown(work, due.user_id, wanted) if wanted else []
    if not shown:
        return False
    mail_id, token = ids.new_id(), ids.new_secret()
    written = Digest(
        id=mail_id,
        user_id=due.user_id,
        period=period,
        at=clock.now(),
        up_to=max(each.notification.position for each in shown),
        token_hash=token_hash(token),
    )
    if not work.digests.add(written):
        return False
    mail = Mail(
        id=mail_id,
        user_id=due.user_id,
        template="digest",
        language=preferences.language,
        values=policy.values(due.name, due.rhythm, shown, preferences.language),
        unsubscribe=link_path(token, "unsubscribe"),
        written_at=written.at,
    )
    work.record(mail_sending(mail, clock))
    return True


def find_reader(work: UnitOfWork, token: str) -> UUID:
    """Whom the link was written to."""
    user_id = work.digests.find_reader(token_hash(token))
    if user_id is None:
        raise NotFound("this link is unknown or expired")
    return user_id


def unsubscribe(work: UnitOfWork, token: str, clock: Clock) -> None:
    """No digests any more, until their reader says otherwise; again is no error."""
    user_id = find_reader(work, token)
    work.users.hold([user_id])
    preferences = work.notification_preferences.of([user_id])[user_id]
    if preferences.digest != "never":
        work.notification_preferences.replace(user_id, replace(preferences, digest="never"), clock.now())
