"""What a person does with all that the platform holds of them, over HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.exports.making import run_exports
from mundotango.exports.policy import EXPORT_LIFE, ONE_IN
from mundotango.privacy.policy import GRACE
from tests.factories.outbox import ample
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway, Log

Join = Callable[[str], UUID]
EXPORT, DELETION = "/api/users/me/export", "/api/users/me/deletion"
SECOND = timedelta(seconds=1)


@pytest.fixture
def malena(platform: Platform, join: Join, clock: FakeClock) -> UUID:
    platform.clock = clock
    return join("malena")


def ready(gateway: Gateway, user_id: UUID) -> Answer:
    assert gateway.post(EXPORT, user=user_id).status == 202
    assert run_exports(gateway.platform, ample)["made"] == 1
    return gateway.get(EXPORT, user=user_id)


class TestExport:
    def test_is_asked_for_made_and_downloaded(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        asked = gateway.post(EXPORT, user=malena)

        assert (asked.status, asked.headers["location"]) == (202, EXPORT)
        waiting = {"state": "waiting", "requested_at": "2026-11-23T20:00:00Z", "ready_at": None, "expires_at": None}
        assert asked.json() == gateway.get(EXPORT, user=malena).json() == waiting | {"link": None}

        run_exports(gateway.platform, ample)
        found = gateway.get(EXPORT, user=malena)
        assert found.json()["state"] == "ready"
        assert found.json()["expires_at"] == "2026-11-30T20:00:00Z"
        assert found.headers["cache-control"] == "no-store"
        download = gateway.get(found.json()["link"])
        assert download.status == 303
        assert download.headers["location"].startswith(f"https://uploads.example/exports/{malena}/")
        assert "filename=mundo-tango-2026-11-23.zip" in download.headers["location"]
        assert download.headers["cache-control"] == "no-store"

    def test_each_question_has_a_new_link_and_ends_the_one_before(self, gateway: Gateway, malena: UUID) -> None:
        first = ready(gateway, malena).json()["link"]

        second = gateway.get(EXPORT, user=malena).json()["link"]

        assert first != second
        assert gateway.get(first).problem == "not-found"
        assert [gateway.get(second).status for _ in range(2)] == [303, 303]

    def test_a_link_ends_with_its_archive(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        link = ready(gateway, malena).json()["link"]
        clock.advance(EXPORT_LIFE)

        assert (gateway.get(link).status, gateway.get(link).problem) == (404, "not-found")
        assert gateway.get(EXPORT, user=malena).json()["link"] is None

    @pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "\ud800", "..", "é"])
    def test_a_link_that_was_never_given_is_not_found(self, gateway: Gateway, malena: UUID, token: str) -> None:
        answer = gateway.call("GET", f"/api/link/{token.encode(errors='replace').decode()}/export")

        assert answer.status == 404

    def test_the_token_is_nowhere_but_in_the_answer(self, gateway: Gateway, malena: UUID, log: Log) -> None:
        link = ready(gateway, malena).json()["link"]
        gateway.get(link)
        gateway.get(link + "/more")
        token = link.split("/")[3]

        assert token not in log.text()
        with gateway.platform.database.transaction() as connection:
            for table in ("exports", "outbox"):
                rows = connection.execute(f"SELECT one::text FROM {table} AS one").fetchall()
                assert rows
                assert token not in str(rows)

    def test_one_waits_at_a_time_and_one_is_made_a_day(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        gateway.post(EXPORT, user=malena)
        again = gateway.post(EXPORT, user=malena)
        assert (again.status, again.problem) == (409, "export-waiting")

        run_exports(gateway.platform, ample)
        clock.advance(ONE_IN - SECOND)
        again = gateway.post(EXPORT, user=malena)
        assert (again.status, again.problem) == (409, "export-recent")

        clock.advance(SECOND)
        assert gateway.post(EXPORT, user=malena).status == 202

    def test_nobody_sees_anothers(self, gateway: Gateway, malena: UUID, join: Join) -> None:
        carlos = join("carlos")
        ready(gateway, malena)

        assert gateway.get(EXPORT, user=carlos).problem == "not-found"

    def test_without_a_profile_there_is_what_was_uploaded(self, gateway: Gateway, malena: UUID) -> None:
        nobody = ids.new_id()
        assert gateway.get(EXPORT, user=nobody).problem == "not-found"

        assert ready(gateway, nobody).json()["state"] == "ready"


class TestDeletion:
    def test_is_asked_for_and_taken_back(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        assert gateway.get(DELETION, user=malena).problem == "not-found"

        asked = gateway.put(DELETION, user=malena)
        clock.advance(timedelta(days=3))
        again = gateway.put(DELETION, user=malena)

        assert (asked.status, again.status) == (200, 200)
        assert asked.json() == again.json() == {"leaves_at": "2026-12-23T20:00:00Z"}
        assert gateway.get(DELETION, user=malena).json() == asked.json()

        for _ in range(2):
            assert gateway.delete(DELETION, user=malena).status == 204
        assert gateway.get(DELETION, user=malena).problem == "not-found"

    def test_is_not_taken_back_once_it_is_due(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        gateway.put(DELETION, user=malena)
        clock.advance(GRACE - SECOND)
        assert gateway.delete(DELETION, user=malena).status == 204
        gateway.put(DELETION, user=malena)
        clock.advance(GRACE)

        answer = gateway.delete(DELETION, user=malena)

        assert (answer.status, answer.problem) == (409, "too-late")
        assert gateway.get(DELETION, user=malena).status == 200

    def test_forgets_what_the_cache_had(self, gateway: Gateway, malena: UUID) -> None:
        keys = [f"user:{malena}", "handle:malena"]
        for act in (gateway.put, gateway.delete):
            for key in keys:
                gateway.platform.cache.set(key, {"stale": True}, 60)
            act(DELETION, user=malena)
            assert [gateway.platform.cache.get(key) for key in keys] == [None, None]

    def test_needs_no_profile(self, gateway: Gateway, malena: UUID, clock: FakeClock) -> None:
        nobody = ids.new_id()
        assert gateway.get(DELETION, user=nobody).problem == "not-found"
        assert gateway.delete(DELETION, user=nobody).status == 204

        asked = gateway.put(DELETION, user=nobody)
        clock.advance(timedelta(days=3))

        assert (asked.status, asked.json()) == (200, {"leaves_at": "2026-12-23T20:00:00Z"})
        for act in (gateway.put, gateway.get):
            assert act(DELETION, user=nobody).json() == asked.json()
        assert gateway.delete(DELETION, user=nobody).status == 204
        assert gateway.get(DELETION, user=nobody).problem == "not-found"

    def test_asked_for_before_the_profile_was_made_is_of_the_profile_too(
        self, gateway: Gateway, malena: UUID, join: Join
    ) -> None:
        late = ids.new_id()
        asked = gateway.put(DELETION, user=late)
        new = {"handle": "late", "display_name": "Late", "bio": "", "city": ""}
        assert gateway.post("/api/users", user=late, json=new).status == 201

        assert gateway.get(DELETION, user=late).json() == asked.json()
        assert gateway.get("/api/users/late", user=malena).status == 404
        assert gateway.delete(DELETION, user=late).status == 204
        assert gateway.get("/api/users/late", user=malena).status == 200

    def test_is_thirty_days_from_the_moment_it_was_asked(
        self, gateway: Gateway, malena: UUID, clock: FakeClock
    ) -> None:
        leaves_at = datetime.fromisoformat(gateway.put(DELETION, user=malena).json()["leaves_at"])

        assert leaves_at - clock.now() == timedelta(days=30)
