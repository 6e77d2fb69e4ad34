"""pynamodb bound to this environment's tables.

A model in a repository says what a table's rows look like and nothing of where the table is; `bind` adds that when an
adapter is made. All tables of one process share one client: building another costs more than a request.

What DynamoDB cannot do now (away, throttled, timed out, after the retries) is raised as `Unavailable`, and so is
never mistaken for a condition that did not hold.
"""

import random
import time
from collections.abc import Callable
from functools import cache
from types import new_class
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from mundotango import settings
from mundotango.errors import Unavailable

_TRY_AGAIN = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
}
_TRANSACTION_ATTEMPTS = 5


class _SharedConnection(Connection):
    """One client for all tables, and one name for all the ways DynamoDB can be away."""

    def _make_api_call(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            return cast(dict[str, Any], super()._make_api_call(operation_name, operation_kwargs))
        except ClientError as error:
            if error.response["Error"]["Code"] in _TRY_AGAIN:
                raise Unavailable("the table is busy; try again") from error
            raise
        except BotoCoreError as error:
            raise Unavailable("the table does not answer; try again") from error


@cache
def connection(region: settings.Region) -> Connection:
    return _SharedConnection(
        region=region.name,
        host=region.endpoint or None,
        connect_timeout_seconds=settings.AWS_CALL_TIMEOUT,
        read_timeout_seconds=settings.AWS_CALL_TIMEOUT,
        max_retry_attempts=settings.AWS_CALL_ATTEMPTS - 1,
    )


def bind[M: Model](model: type[M], table_name: str, region: settings.Region) -> type[M]:
    """The model at its table: a subclass of its own, so that two tables of one model never meet."""
    meta = type("Meta", (), {"table_name": table_name, "region": region.name, "host": region.endpoint or None})
    bound = cast(type[M], new_class(model.__name__, (model,), {}, lambda body: body.update(Meta=meta)))
    # pynamodb makes a connection, and so a client, for each model, and has no public way to share one.
    table = bound._get_connection()  # noqa: SLF001
    shared = connection(region)
    schema = table.get_meta_table()
    shared._tables[table_name] = schema  # noqa: SLF001
    table.connection = shared
    return bound


def condition_failed(error: PynamoDBException) -> bool:
    """Whether a write was refused because its condition did not hold, and not for any other reason."""
    return error.cause_response_code == "ConditionalCheckFailedException"


def take[M: Model](
    model: type[M], hash_key: str, range_key: str | None = None, *, condition: Condition | None = None
) -> M | None:
    """Delete a row and return what it was; None when there was none or the condition did not hold."""
    table = model._get_connection()  # noqa: SLF001 (Model.delete has no way to ask for the old image)
    try:
        answer = table.delete_item(hash_key, range_key, condition=condition, return_values="ALL_OLD")
    except DeleteError as error:
        if condition_failed(error):
            return None
        raise
    image = answer.get("Attributes")
    return model.from_raw_data(image) if image else None


def transact(region: settings.Region, add: Callable[[TransactWrite], None]) -> bool:
    """Write all that `add` adds, or nothing. False when one of the conditions did not hold.

    Two transactions that meet in a row (a person's two sockets opening at once) cancel each other; DynamoDB's SDK does
    not repeat those, so this does.
    """
    for attempt in range(_TRANSACTION_ATTEMPTS):
        try:
            with TransactWrite(connection=connection(region)) as transaction:
                add(transaction)
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason is not None}
            if "ConditionalCheckFailed" in reasons:
                return False
            if not reasons or reasons - {"TransactionConflict", "ThrottlingError"}:
                raise
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))  # noqa: S311 (jitter, no secret)
        else:
            return True
    raise Unavailable("others write the same rows; try again")
