"""The user of infra/cache.yaml, made on a real Valkey: what the application may not do there, it learns here."""

from collections.abc import Callable
from copy import replace

import pytest
import redis

from mundotango import settings
from mundotango.adapters.cache import Cache
from operations.templates import load


@pytest.fixture
def as_deployed(valkey_settings: settings.Cache) -> settings.Cache:
    """The settings of a user with the rights that the template gives, on a server that takes any password."""
    rights = load("infra/cache.yaml")["Resources"]["User"]["Properties"]["AccessString"].split()
    with redis.Redis(host=valkey_settings.host, port=valkey_settings.port, username=valkey_settings.user) as server:
        server.execute_command("ACL", "SETUSER", "deployed", "reset", "nopass", *rights)
    return replace(valkey_settings, user="deployed")


def test_cache_works(as_deployed: settings.Cache, make_cache: Callable[..., Cache]) -> None:
    cache = make_cache(as_deployed)
    cache.ping()
    cache.set("key", {"a": 1}, 60)
    assert cache.get("key") == {"a": 1}
    cache.delete("key")
    assert cache.get("key") is None


@pytest.mark.parametrize("command", ["FLUSHALL", "CONFIG GET *", "KEYS *", "ACL LIST", "SHUTDOWN"])
def test_server_is_not_the_applications_to_look_after(command: str, as_deployed: settings.Cache) -> None:
    with (
        redis.Redis(host=as_deployed.host, port=as_deployed.port, username="deployed", password="any") as server,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        server.execute_command(*command.split())
