from datetime import datetime, timedelta

from mundotango.errors import ExportRecent, ExportWaiting
from mundotango.exports.model import Export

# The lifecycle rule of the bucket has the same days.
EXPORT_LIFE = timedelta(days=7)
ROW_LIFE = timedelta(days=30)
ONE_IN = timedelta(days=1)

# Long enough to begin a download; one that began goes on.
DOWNLOAD_SECONDS = 60

# A little longer than a run may take: until then a run that was killed is not taken for one that still works.
LEASE = timedelta(minutes=6)
ATTEMPTS = 3
# After one that failed, so that a store that is away for a moment does not cost them all.
PAUSE = timedelta(minutes=5)


def check_may_ask(latest: Export | None, now: datetime) -> None:
    """Raises what keeps this person from having another export made now."""
    if latest is None:
        return
    if latest.state == "waiting":
        raise ExportWaiting("an export is being made already")
    if latest.state == "ready" and latest.ready_at is not None and latest.ready_at + ONE_IN > now:
        raise ExportRecent("an export was made within the last 24 hours")


def is_open(export: Export, now: datetime) -> bool:
    """Whether it can be downloaded."""
    return export.state == "ready" and export.expires_at is not None and export.expires_at > now
