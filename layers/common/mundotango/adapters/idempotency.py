"""First answers by their keys, kept by Powertools' idempotency layer in DynamoDB.

Its decorator wraps a function and keeps whatever that returns; here what is kept depends on the answer's status, so its
storage is used by the methods that the decorator itself calls. It keeps the hash of the key and of the request, and the
answer; a request that is under way for longer than a function may run is taken for dead.
"""

from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
    IdempotencyValidationError,
)
from botocore.exceptions import BotoCoreError, ClientError

from mundotango import settings
from mundotango.adapters.dynamodb import connection
from mundotango.errors import InProgress, KeyReused, Unavailable
from mundotango.requests.service import LIFE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

RETRY_SECONDS = 1


class DynamoAnswers:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._layer = DynamoDBPersistenceLayer(
            table_name=table_name,
            expiry_attr="expires_at",
            # The one client of all tables, with its time-outs.
            boto3_client=cast("DynamoDBClient", connection(region).client),
        )
        self._layer.configure(
            IdempotencyConfig(
                event_key_jmespath="key",
                payload_validation_jmespath="request",
                expires_after_seconds=int(LIFE.total_seconds()),
                hash_function="sha256",
            ),
            key_prefix="answer",
        )

    def begin(self, key: str, request: str) -> dict[str, Any] | None:
        known = {"key": key, "request": request}
        try:
            self._layer.save_inprogress(known, settings.API_TIMEOUT * 1000)
        except IdempotencyItemAlreadyExistsError as error:
            try:
                record = error.old_data_record or self._layer.get_record(known)
            except IdempotencyItemNotFoundError:
                record = None  # forgotten in between
            except (BotoCoreError, ClientError) as failure:
                raise _away() from failure
            answer = record.response_json_as_dict() if record and record.status == "COMPLETED" else None
            if answer is None:
                raise InProgress("this request is under way already", retry_after=RETRY_SECONDS) from error
            return answer
        except IdempotencyValidationError as error:
            raise KeyReused("this idempotency key came with another request before") from error
        except (BotoCoreError, ClientError) as error:
            raise _away() from error
        return None

    def keep(self, key: str, request: str, answer: dict[str, Any]) -> None:
        try:
            self._layer.save_success({"key": key, "request": request}, answer)
        except (BotoCoreError, ClientError) as error:
            raise _away() from error

    def forget(self, key: str) -> None:
        try:
            self._layer.delete_record({"key": key}, Unavailable("no answer to keep"))
        except (BotoCoreError, ClientError) as error:
            raise _away() from error


def _away() -> Unavailable:
    return Unavailable("whether this was done before cannot be known now")
