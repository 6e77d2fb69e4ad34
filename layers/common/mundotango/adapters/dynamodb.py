"""pynamodb bound to this environment's tables.

A model in a repository says what a table's rows look like and nothing of where the table is; `bind` adds that when an
adapter is made. All tables of one process share one client: building another costs more than a request.

What DynamoDB cannot do now (away, throttled, timed out, after the retries) is raised as `Unavailable`, and so is
never mistaken for a condition that did not hold.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import batched
from types import new_class
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import DeleteError, PutError, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from mundotango import ids, settings
from mundotango.errors import Unavailable

_TRY_AGAIN = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",  # of a plain write that meets a transaction of the same item
}
_MET_ANOTHER = {"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
_ATTEMPTS = 5
_KEYS_A_CALL = 100


class Replicated(Model):
    """A row of a table that other regions hold too. Each write says in which region it was made: streams bring every
    region's writes in every region, and one of them acts on it. Two regions that write one row at once: the later write
    stands, as a whole."""

    region = UnicodeAttribute(null=True)

    def update(self, actions: list[Action], condition: Condition | None = None, **options: Any) -> Any:
        mark = type(self).region
        return super().update([*actions, mark.set(cast(str, mark.default_for_new))], condition, **options)


def written_in(image: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The region that wrote a row of a replicated table, as a stream carries it; None of before there were several."""
    return image.get("region", {}).get("S")


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
    body: dict[str, Any] = {
        "Meta": type("Meta", (), {"table_name": table_name, "region": region.name, "host": region.endpoint or None})
    }
    if issubclass(model, Replicated):
        body["region"] = UnicodeAttribute(null=True, default_for_new=region.name)
    bound = cast(type[M], new_class(model.__name__, (model,), {}, lambda names: names.update(body)))
    # pynamodb makes a connection, and so a client, for each model, and has no public way to share one.
    table = bound._get_connection()  # noqa: SLF001
    shared = connection(region)
    schema = table.get_meta_table()
    # Of two models of one table, such as of inboxes and of devices, the one that knows its indexes tells of them.
    if table_name not in shared._tables or _indexes(schema):  # noqa: SLF001
        shared._tables[table_name] = schema  # noqa: SLF001
    table.connection = shared
    return bound


def _indexes(schema: MetaTable) -> bool:
    return bool(schema.data.get("LocalSecondaryIndexes") or schema.data.get("GlobalSecondaryIndexes"))


def condition_failed(error: PynamoDBException) -> bool:
    """Whether a write was refused because its condition did not hold, and not for any other reason."""
    return error.cause_response_code == "ConditionalCheckFailedException"


def written(write: Callable[[], object]) -> bool:
    """Make a conditional write; False, and nothing written, where its condition did not hold."""
    try:
        write()
    except (PutError, UpdateError, DeleteError) as error:
        if condition_failed(error):
            return False
        raise
    return True


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


def batch_get[M: Model](
    model: type[M], keys: Iterable[str] | Iterable[tuple[str, str]], *, consistent_read: bool = False
) -> Iterator[M]:
    """The rows that exist of these keys (with a range key: pairs), in no order. A key may be given twice.

    DynamoDB gives back the keys a busy table did not get to; pynamodb would ask for them again at once and for ever.
    """
    return map(model.from_raw_data, batch_get_raw(model, keys, consistent_read=consistent_read))


def batch_get_raw(
    model: type[Model], keys: Iterable[str] | Iterable[tuple[str, str]], *, consistent_read: bool = False
) -> Iterator[dict[str, Any]]:
    """The same as DynamoDB answers them, for rows of several shapes."""
    schema = model._get_connection().get_meta_table()  # noqa: SLF001
    names = [name for name in (schema.hash_keyname, schema.range_keyname) if name is not None]
    for page in batched(dict.fromkeys(keys), _KEYS_A_CALL, strict=False):
        parts = ((key,) if isinstance(key, str) else key for key in page)
        yield from _batch(model, [dict(zip(names, part, strict=True)) for part in parts], consistent_read)


def _batch(model: type[Model], keys: Sequence[Any], consistent_read: bool) -> Iterator[dict[str, Any]]:
    table = model._get_connection()  # noqa: SLF001 (Model.batch_get keeps to itself which keys it did not get)
    for attempt in range(_ATTEMPTS):
        _pause_before(attempt)
        answer = table.batch_get_item(keys, consistent_read=consistent_read)
        yield from answer["Responses"].get(table.table_name, ())
        keys = answer["UnprocessedKeys"].get(table.table_name, {}).get("Keys", [])
        if not keys:
            return
    raise Unavailable("the table is busy; try again")


def scan_page(
    model: type[Model], condition: Condition | None, *, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Those of the next `limit` rows of a table that meet the condition, and where the next page begins.

    As DynamoDB answers them. None at the end. A page may hold none of the rows wanted and still not be the last.
    """
    start = json.loads(after) if after else None
    pages = model.scan(condition, page_size=limit, last_evaluated_key=start, consistent_read=True).page_iter
    rows = list(next(pages)["Items"])
    return rows, json.dumps(pages.last_evaluated_key) if pages.last_evaluated_key else None


def transact(region: settings.Region, add: Callable[[TransactWrite], None]) -> bool:
    """Write all that `add` adds, or nothing. False when one of the conditions did not hold.

    Two transactions that meet in a row (two devices of one person) cancel each other; DynamoDB's SDK does not repeat
    those, so this does. One that is still under way, after its answer was late, is asked for by its name.
    """
    name = str(ids.new_id())
    for attempt in range(_ATTEMPTS):
        _pause_before(attempt)
        try:
            with TransactWrite(connection=connection(region), client_request_token=name) as transaction:
                add(transaction)
        except TransactWriteError as error:
            if error.cause_response_code != "TransactionInProgressException":
                reasons = {reason.code for reason in error.cancellation_reasons if reason is not None}
                if "ConditionalCheckFailed" in reasons:
                    return False
                if not reasons or reasons - _MET_ANOTHER:
                    raise
                name = str(ids.new_id())
        else:
            return True
    raise Unavailable("others write the same rows; try again")


def _pause_before(attempt: int) -> None:
    if attempt:
        time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 (jitter, no secret)
