from datetime import UTC, datetime
from uuid import UUID

from mundotango.errors import Unavailable
from mundotango.limits.model import Limit, Standing
from mundotango.observability import count
from mundotango.ports import Cache, Clock, Rates


def take(cache: Cache, rates: Rates, user_id: UUID, limit: Limit, clock: Clock) -> Standing | None:
    """Counts one request of this person, in the cache, or in the table where the cache is away.

    None when neither can count it: then nobody is held back, for the limit is there to keep the platform up.
    """
    seconds = int(clock.now().timestamp())
    window, passed = divmod(seconds, limit.seconds)
    key = f"rate:{limit.name}:{user_id}:{window}"
    counted = cache.increment(key, limit.seconds)
    if counted is None:
        count("rate_fallbacks")
        try:
            counted = rates.increment(key, datetime.fromtimestamp((window + 1) * limit.seconds, UTC))
        except Unavailable:
            count("rate_unknown")
            return None
    return Standing(limit, limit.quota - counted, limit.seconds - passed)
