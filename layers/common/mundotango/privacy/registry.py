"""Every store that holds personal data, one entry each: what drives exports, erasures and docs/retention.md.

The order is that of an erasure. The sign-in goes first. Then what waits to be announced, so that nothing brings back
what is deleted after it; then everything else; and the profile last, by which an erasure that was cut off is found.

A new table, column, bucket or cache that holds data of people needs an entry: a test holds the registry against the
schema and the template.
"""

from mundotango.privacy.model import Store
from mundotango.privacy.stores import elsewhere, events, postgresql

IDENTITY = elsewhere.IDENTITY

STORES: tuple[Store, ...] = (
    IDENTITY,
    postgresql.OUTBOX,
    *postgresql.STORES,
    *events.STORES,
    *elsewhere.STORES,
    postgresql.PROFILE,
    *elsewhere.REMAINING,
)

# Tables of PostgreSQL that say nothing of any person.
NOBODYS = frozenset({"schema_migrations", "signing_keys"})
