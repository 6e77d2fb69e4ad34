"""What is timed: each function with a first request that takes it through its own work, and the naive API."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

PAYLOADS = Path(__file__).parent.parent / "tests" / "payloads"
ORIGIN = "https://mundotango.example"
MEDIA_ID = "01940000-0000-7000-8000-000000000001"
TABLES = ("activities", "connections", "counters", "edges", "media", "reactions", "tickets")


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """A function and its first request; `proof` is what its answer or its log says once that is served."""

    name: str
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
    event = _payload("sqs_s3_object_created.json")
    notified = json.loads(event["Records"][0]["body"])
    notified["Records"][0]["s3"]["object"]["key"] = f"uploads/{MEDIA_ID}"
    event["Records"][0]["body"] = json.dumps(notified)
    return event


def _apart(module: str) -> dict[str, str]:
    return {
        "SDK clients, with one request each": f"{module}.make_clients",
        "first query to PostgreSQL": f"{module}.first_query",
    }


HEALTH = "/api/public/health"
ALIVE = '{\\"status\\":\\"ok\\"}'
NAIVE = Subject("naive", "naive_api.lambda_handler", _get(HEALTH), ALIVE, _apart("naive_api"))
API = Subject("api", "functions.api.handler.lambda_handler", _get(HEALTH), ALIVE, _apart("our_stores"))
OURS = (API,)


def picture() -> bytes:
    """Small, so that a cold start is timed and not the compression."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((96, 64)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def environment(endpoint: str, database_port: int) -> dict[str, str]:
    """As the template gives it to the functions, without AWS_LAMBDA_FUNCTION_NAME: so nothing is warmed up unasked."""
    return {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "CACHE_HOST": "127.0.0.1",
        "CACHE_PORT": "1",
        "CACHE_TLS": "false",
        "CACHE_USER": "bench",
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_NAME": "mundotango",
        "DATABASE_PORT": str(database_port),
        "DATABASE_SSLMODE": "disable",
        "DATABASE_USER": "mundo_app",
        "MEDIA_BUCKET": "media",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "SITE_URL": ORIGIN,
        "UPLOADS_BUCKET": "uploads",
        **{f"{table.upper()}_TABLE": table for table in TABLES},
    }


def rows() -> dict[str, dict[str, Any]]:
    """What the stub finds in a table before anything is put there."""
    media = {"media_id": MEDIA_ID, "owner_id": MEDIA_ID, "purpose": "post", "content_type": "image/jpeg"}
    media |= {"secret": "bench", "status": "pending", "created_at": "2026-11-23T12:00:00.000000+0000"}
    return {"media": {name: {"S": value} for name, value in media.items()} | {"size": {"N": "1000"}}}
