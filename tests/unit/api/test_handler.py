"""The function as Lambda knows it: what importing it costs and does, and what its entry answers."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from functions.api.app import FEATURES, create_app
from functions.api.openapi import text
from mundotango.bootstrap import Platform
from mundotango.media.model import Media
from mundotango.realtime.model import Ticket
from tests.fakes.cache import FakeCache
from tests.fixtures.gateway import PAYLOADS, Gateway
from tests.unit.api.test_errors import SOMEBODY, UPLOAD

ROOT = Path(__file__).parents[3]
PEOPLE = [
    "users",
    *(f"users.{part}" for part in ("blocks", "follows", "own_data", "posts", "presence", "profiles", "search")),
]
# What only some requests need is imported by those; each of these is a tenth of a second of everybody's cold start, and
# the models of events a fourth of that.
LATE = [
    "aws_lambda_powertools", "boto3", "botocore", "psycopg", "psycopg_pool", "pynamodb", "redis", "yoyo",
    "mundotango.events.model",
]  # fmt: skip


# All that is asked of a fresh process, which costs more than any other test, is asked of one.
PROGRAM = f"""
import json, sys

def loaded():
    prefix = "functions.api.routes."
    features = [name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)]
    return {{"late": [name for name in {LATE} if name in sys.modules], "features": sorted(features)}}

import functions.api.handler as handler
print(json.dumps({{"warm": handler._door.cache_info().currsize}} | loaded()))
payload = json.load(open({str(PAYLOADS / "http_api_v2_public.json")!r}))
for path in sys.argv[1:]:
    payload["requestContext"]["http"]["path"] = path
    answer = handler.lambda_handler(payload, None)
    print(json.dumps({{"status": answer["statusCode"], "body": answer["body"]}} | loaded()))
"""


def in_fresh_process(environment: dict[str, str], *paths: str) -> list[dict[str, Any]]:
    """What was loaded by the import, and then by the answer to each path; log lines left out."""
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *paths],
        cwd=ROOT, capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return [line for line in map(json.loads, said.stdout.splitlines()) if "late" in line]


def test_importing_and_answering_bring_what_they_need_and_no_more() -> None:
    imported, *answers = in_fresh_process({}, "/api/public/health", "/api/nothing", "/api", "/api/users/me")

    assert imported == {"warm": 0, "late": [], "features": []}  # and it needs no environment
    assert (answers[0]["status"], json.loads(answers[0]["body"])) == (200, {"status": "ok"})
    # Powertools looks whether botocore is there; nothing of it is loaded but its root.
    assert set(answers[0]["late"]) <= {LATE[0], "botocore"}
    assert [(answer["status"], answer["features"]) for answer in answers] == [
        (200, ["health"]),
        (404, ["health"]),
        (404, ["health"]),
        (401, ["health", "pages", *PEOPLE]),
    ]


def test_importing_warms_up_inside_lambda() -> None:
    (imported,) = in_fresh_process({"AWS_LAMBDA_FUNCTION_NAME": "api"})

    assert imported["warm"] == 1


def test_every_module_of_routes_is_a_feature() -> None:
    routes = ROOT / "functions" / "api" / "routes"
    modules = {path.stem for path in routes.glob("*.py")} | {path.parent.name for path in routes.glob("*/__init__.py")}
    assert modules - FEATURES == {"__init__", "pages"}
    for feature in FEATURES:
        for route in import_module(f"functions.api.routes.{feature}").router.routes:
            assert route.path.removeprefix("/api/").removeprefix("public/").split("/")[0].split(".")[0] == feature


def test_routes_that_cannot_be_imported_are_our_fault(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway(platform, create_app(platform))
    monkeypatch.setitem(sys.modules, "functions.api.routes.feed", None)

    for _ in range(2):
        assert gateway.get("/api/feed", user=SOMEBODY).problem == "internal-error"
    monkeypatch.undo()
    assert gateway.get("/api/feed").problem == "unauthenticated"
    gateway.close()


def test_the_description_of_the_api_is_current() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == text(), "python -m functions.api.openapi > docs/openapi.json"


def test_an_upload_begins(gateway: Gateway) -> None:
    answer = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD)

    assert answer.status == 201
    started = answer.json()
    assert answer.headers["location"] == f"/api/media/{started['id']}"
    assert started["status"] == "pending"
    assert started["upload"]["fields"]["key"] == f"uploads/{started['id']}"
    assert started["expires_at"].endswith("Z")
    row = gateway.platform.media.find(UUID(started["id"]))
    assert isinstance(row, Media)
    assert row.owner_id == SOMEBODY


def test_an_upload_is_read_by_its_owner_alone(gateway: Gateway) -> None:
    path = gateway.post("/api/media", user=SOMEBODY, json=UPLOAD).headers["location"]

    assert gateway.get(path, user=SOMEBODY).json()["status"] == "pending"
    assert "secret" not in gateway.get(path, user=SOMEBODY).text
    assert gateway.get(path, user=UUID(int=7)).problem == "not-found"


def test_a_ticket_is_the_callers(gateway: Gateway) -> None:
    answer = gateway.post("/api/realtime/tickets", user=SOMEBODY)

    assert answer.status == 201
    assert answer.json()["path"] == "/ws"
    assert len(answer.json()["ticket"]) >= 43
    assert answer.headers["cache-control"] == "no-store"
    [(ticket, _)] = gateway.platform.tickets.rows.values()  # type: ignore[attr-defined]
    assert ticket == Ticket(SOMEBODY, datetime.fromtimestamp(int(gateway.recorded_claims["exp"]), UTC))


@pytest.mark.parametrize("exp", [None, "", "soon", "9" * 20])
def test_no_ticket_without_an_end_of_the_token(gateway: Gateway, exp: str | None) -> None:
    claims = {"sub": str(SOMEBODY), "token_use": "access"} | ({} if exp is None else {"exp": exp})

    assert gateway.post("/api/realtime/tickets", claims=claims).problem == "unauthenticated"


class Answering:
    """A database that answers, or is away."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure

    def ping(self) -> None:
        if self._failure:
            raise self._failure


@pytest.mark.parametrize(
    ("database", "cache_away", "status", "overall"),
    [
        (Answering(), False, 200, "ok"),
        (Answering(), True, 200, "degraded"),
        (Answering(ConnectionError("host=db")), False, 503, "down"),
        (Answering(ConnectionError("host=db")), True, 503, "down"),
    ],
)
def test_health_tells_the_state_of_each_store(
    gateway: Gateway, database: Answering, cache_away: bool, status: int, overall: str
) -> None:
    gateway.platform.database = database  # type: ignore[assignment]
    assert isinstance(gateway.platform.cache, FakeCache)
    gateway.platform.cache.away = cache_away

    answer = gateway.get("/api/health", user=SOMEBODY, groups=("moderators",))

    assert (answer.status, answer.json()["status"]) == (status, overall)
    states = {name: store["state"] for name, store in answer.json()["dependencies"].items()}
    assert states == {
        "postgresql": "ok" if status == 200 else "failed",
        "cache": "failed" if cache_away else "ok",
        "dynamodb": "ok",
        "s3": "ok",
    }
    assert "host=db" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_health_survives_stores_that_are_not_even_configured(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_HOST", raising=False)

    answer = gateway.get("/api/health", user=SOMEBODY, groups=("moderators",))

    assert answer.status == 503
    assert answer.json()["dependencies"]["postgresql"]["cause"] == "MissingSetting"


def test_health_does_not_wait_for_a_store_that_hangs(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = Event()
    monkeypatch.setattr("functions.api.routes.health.LONGEST_CHECK", 0.05)
    gateway.platform.database = Answering()  # type: ignore[assignment]
    gateway.platform.cache.ping = hangs.wait  # type: ignore[assignment, method-assign]
    try:
        answer = gateway.get("/api/health", user=SOMEBODY, groups=("moderators",))
    finally:
        hangs.set()

    assert answer.json()["dependencies"]["cache"]["state"] == "slow"
    assert answer.json()["dependencies"]["cache"]["ms"] < 1000
