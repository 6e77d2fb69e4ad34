"""Counts of requests in DynamoDB, for while the cache is away; they share a table with first answers.

A row outlives its window until DynamoDB gets to it, so it is kept under a hash, and no id of a person stands in it.
"""

from datetime import datetime
from hashlib import sha256

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import bind


class RateRow(Model):
    id = UnicodeAttribute(hash_key=True)
    requests = NumberAttribute(default=0)
    expires_at = TTLAttribute()


class DynamoRates:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(RateRow, table_name, region)

    def increment(self, key: str, ends_at: datetime) -> int:
        row = self._row(f"rate#{sha256(key.encode()).hexdigest()}")
        row.update([self._row.requests.add(1), self._row.expires_at.set(ends_at)])
        return int(row.requests)
