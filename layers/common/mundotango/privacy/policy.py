"""How long a person may change their mind, and how long it is remembered that they did not."""

from datetime import datetime, timedelta

GRACE = timedelta(days=30)

# Sign-ins end first. By now the last access token (30 minutes) and the last socket (2 hours) ended too, so that nobody
# writes any more while what they wrote is being erased.
SIGNED_OUT_AFTER = timedelta(hours=3)

# An erasure begins a little late: the machine that lets somebody change their mind may have another clock.
CLOCKS_DIFFER = timedelta(minutes=5)

# Automatic backups live 7 days (PostgreSQL) and 35 days (DynamoDB). This covers snapshots that an operator made by hand
# and kept for a year; older ones must not be restored.
LEDGER_LIFE = timedelta(days=400)


def is_too_late(leaves_at: datetime, now: datetime) -> bool:
    """Whether the erasing has begun, or is about to: nobody changes their mind any more."""
    return leaves_at <= now


def due_before(now: datetime) -> datetime:
    """Who was to leave before then is erased now."""
    return now - CLOCKS_DIFFER


def may_erase(noted_at: datetime, now: datetime) -> bool:
    return noted_at + SIGNED_OUT_AFTER <= now
