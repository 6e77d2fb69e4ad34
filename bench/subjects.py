"""What is timed: each function with a first request that takes it through its own work, and the naive API."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

PAYLOADS = Path(__file__).parent.parent / "tests" / "payloads"
ORIGIN = "https://mundotango.example"
ENDPOINT = "{endpoint}"  # where the stub listens, once it does
SOME_ID = "01940000-0000-7000-8000-000000000001"
MOMENT = "2026-11-23T12:00:00.000000+0000"
LONG_FROM_NOW = "4102444800"
TABLES = (
    "activities", "commands", "connections", "counters", "edges", "erasures", "idempotency", "media", "notifications",
    "reactions", "tickets",
)  # fmt: skip
QUEUES = ("chunks", "mails", "web_pushes")


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """A function and its first request; `proof` is what its answer or its log says once that is served.

    `artifact` is what the template calls it, None for the naive API.
    """

    name: str
    artifact: str | None
    handler: str
    event: dict[str, Any]
    proof: str
    after: dict[str, str] = field(default_factory=dict)


def _payload(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / name).read_text(encoding="utf-8"))
    return loaded


def _get(path: str) -> dict[str, Any]:
    event = _payload("http_api_v2_public.json")
    event |= {"rawPath": path, "rawQueryString": "", "queryStringParameters": None}
    event["requestContext"]["http"]["path"] = path
    return event


def _uploaded() -> dict[str, Any]:
    event = _payload("s3_in_sqs.json")
    notified = json.loads(event["Records"][0]["body"])
    notified["Records"][0]["s3"]["object"]["key"] = f"uploads/{SOME_ID}"
    return {"Records": [event["Records"][0] | {"body": json.dumps(notified)}]}


def _connects() -> dict[str, Any]:
    request = {"routeKey": "$connect", "connectionId": "L0SM9cOFvHcCIhw=", "stage": "ws"}
    request |= {"apiId": "abcdef0123", "domainName": "abcdef0123.execute-api.us-east-1.amazonaws.com"}
    return {"requestContext": request | {"authorizer": {"user_id": SOME_ID, "ends_at": MOMENT, "ends_as": "ended"}}}


def _asks_to_connect() -> dict[str, Any]:
    arn = "arn:aws:execute-api:us-east-1:123456789012:abcdef/ws/$connect"
    return {"methodArn": arn, "headers": {"Origin": ORIGIN}, "queryStringParameters": {"ticket": "once"}}


def _inserted(keys: dict[str, str], **image: dict[str, Any]) -> dict[str, Any]:
    typed = {name: {"S": value} for name, value in keys.items()}
    images = {"Keys": typed, "NewImage": typed | image, "SequenceNumber": "100000000000000000001"}
    return {"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": images}]}


def _activity() -> dict[str, Any]:
    return _inserted(
        {"channel": f"author:{SOME_ID}", "position": SOME_ID},
        **{name: {"S": text} for name, text in {"id": SOME_ID, "kind": "post.created", "actor_id": SOME_ID}.items()},
        payload={"S": "{}"},
        occurred_at={"S": MOMENT},
        v={"N": "1"},
        expires_at={"N": LONG_FROM_NOW},
    )


def _like() -> dict[str, Any]:
    return _inserted({"target": f"post#{SOME_ID}#07", "user_id": SOME_ID}, kind={"S": "like"}, at={"S": MOMENT})


def _command() -> dict[str, Any]:
    return _inserted(
        {"key": f"identity_delete#{SOME_ID}"},
        kind={"S": "identity_delete"},
        payload={"S": json.dumps({"user_id": SOME_ID})},
        version={"N": "1"},
        v={"N": "1"},
        expires_at={"N": LONG_FROM_NOW},
    )


def _deployed() -> dict[str, Any]:
    names = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Migration"}
    answer_to = {"ResponseURL": f"{ENDPOINT}/answer"}
    return {"RequestType": "Create", "ResourceProperties": {"SchemaVersion": "bench"}} | names | answer_to


def _apart(module: str) -> dict[str, str]:
    return {
        "SDK clients, with one request each": f"{module}.make_clients",
        "first query to PostgreSQL": f"{module}.first_query",
    }


HEALTH = "/api/public/health"
ALIVE = '{\\"status\\":\\"ok\\"}'
NAIVE = Subject("naive", None, "naive_api.lambda_handler", _get(HEALTH), ALIVE, _apart("naive_api"))
OURS = (
    Subject("api", "ApiFunction", "functions.api.handler.lambda_handler", _get(HEALTH), ALIVE, _apart("our_stores")),
    Subject(
        "image_worker",
        "ImageWorkerFunction",
        "functions.image_worker.handler.lambda_handler",
        _uploaded(),
        '"outcome":"ready"',
    ),
    Subject(
        "ws_connect",
        "WsConnectFunction",
        "functions.ws_connect.handler.lambda_handler",
        _connects(),
        '"message":"socket opened"',
    ),
    Subject(
        "ws_authorizer",
        "WsAuthorizerFunction",
        "functions.ws_connect.authorizer.lambda_handler",
        _asks_to_connect(),
        '"Effect": "Allow"',
    ),
    Subject("push", "PushFunction", "functions.push.handler.lambda_handler", _activity(), '"failed_from":[]'),
    Subject(
        "counters", "CountersFunction", "functions.counters.handler.lambda_handler", _like(), '"message":"reactions"'
    ),
    Subject(
        "effects",
        "EffectsFunction",
        "functions.effects.handler.lambda_handler",
        _command(),
        '"message":"carried out"',
    ),
    Subject(
        "jobs", "JobsFunction", "functions.jobs.handler.lambda_handler", {"job": "sweep_outbox"}, '"message":"job"'
    ),
    Subject(
        "migrate",
        "MigrateFunction",
        "functions.migrate.handler.lambda_handler",
        _deployed(),
        '"status":"SUCCESS"',
    ),
)


def picture() -> bytes:
    """Tiny, so that a cold start is timed and not the compression."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((12, 8)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def environment(endpoint: str, database_port: int) -> dict[str, str]:
    """As Lambda and the template give it to the functions."""
    return {
        "ALARMS_TOPIC": "",
        "API_ID": "bench",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "CACHE_HOST": "127.0.0.1",
        "CACHE_PORT": "1",
        "CACHE_TLS": "false",
        "CACHE_USER": "bench",
        "DATABASE_CONNECTIONS": "60",
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_DIMENSION": "DBInstanceIdentifier",
        "DATABASE_WATCHED": "bench",
        "DATABASE_MEMORY": "1073741824",
        "DATABASE_READER_HOST": "",
        "DATABASE_NAME": "mundotango",
        "DATABASE_POOL_SIZE": "1",
        "DATABASE_PORT": str(database_port),
        "DATABASE_SSLMODE": "disable",
        "DATABASE_USER": "mundo_app",
        "DEAD_LETTER_QUEUES": f"{ENDPOINT}/dead",
        "DISTRIBUTION_ID": "E0BENCH",
        "EDGE_SETTLES": "15",
        "HOME_REGION": "",
        "MAIL_FROM": "",
        "MEDIA_BUCKET": "media",
        "ORIGIN_SECRET_SHA256": "",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "REGIONS": "",
        "PUSH_SERVICES": "",
        "SITE_URL": ORIGIN,
        "STACK_NAME": "bench",
        "STACK_PARAMETERS": "",
        "UPLOADS_BUCKET": "uploads",
        "USER_POOL_ID": "us-east-1_bench",
        "VAPID_KEY_PARAMETER": "",
        "VAPID_PUBLIC_KEY": "",
        **{f"{table.upper()}_TABLE": table for table in TABLES},
        **{f"{queue.upper()}_QUEUE": f"{ENDPOINT}/{queue}" for queue in QUEUES},
    }


def rows() -> dict[str, dict[str, Any]]:
    """What the stub has in its tables."""
    media = {"media_id": SOME_ID, "owner_id": SOME_ID, "purpose": "post", "content_type": "image/jpeg"}
    media |= {"secret": "bench", "status": "pending", "created_at": MOMENT}
    ticket = {"ticket_hash": {"S": "hash"}, "user_id": {"S": SOME_ID}, "expires_at": {"N": LONG_FROM_NOW}}
    ticket |= {"token_ends_at": {"S": "2027-01-01T00:00:00.000000+0000"}}
    return {"media": {name: {"S": text} for name, text in media.items()} | {"size": {"N": "1000"}}, "tickets": ticket}
