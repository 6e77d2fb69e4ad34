"""What a reader was loading while somebody blocked them is not kept afterwards; with a real Valkey."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from functions.api import cached, profiles
from mundotango import settings
from mundotango.adapters.cache import Cache
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway, fake_platform

Join = Callable[[str], UUID]


@pytest.fixture
def platform(
    real_database: Database, valkey_settings: settings.Cache, make_cache: Callable[..., Cache], clock: FakeClock
) -> Platform:
    platform = fake_platform()
    platform.database, platform.clock = real_database, clock
    platform.cache = make_cache(valkey_settings)
    return platform


def in_thread(call: Callable[[], Answer]) -> Answer:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@pytest.mark.parametrize(("act", "afterwards"), [("PUT", 404), ("DELETE", 200)])
def test_a_relation_read_before_a_block_or_its_end_does_not_outlast_it(
    gateway: Gateway, join: Join, monkeypatch: pytest.MonkeyPatch, act: str, afterwards: int
) -> None:
    malena, troilo = join("malena"), join("troilo")
    if act == "DELETE":
        assert gateway.put("/api/users/troilo/block", user=malena).status == 204
    remember, other = cached.remember, Gateway(gateway.platform)
    acted: list[int] = []

    def late(cache: Any, key: str, seconds: int, kind: type, load: Callable[[], Any]) -> Any:
        """The statement has answered, and the reader is late to fill in what it said."""

        def slowly() -> Any:
            try:
                return load()
            finally:
                acted.append(in_thread(lambda: other.call(act, "/api/users/troilo/block", user=malena)).status)

        return remember(cache, key, seconds, kind, slowly if key.startswith("relation:") else load)

    with monkeypatch.context() as slow:
        slow.setattr(profiles, "remember", late)
        gateway.get("/api/users/malena", user=troilo)

    other.close()
    assert acted == [204]
    assert gateway.get("/api/users/malena", user=troilo).status == afterwards
    assert gateway.get("/api/users/troilo", user=malena).status == (404 if act == "PUT" else 200)
