import os
import socket
from pathlib import Path

import pytest
import redis
from redis.exceptions import ResponseError

from devstack import valkey


def test_a_running_server_is_taken_as_it_is(valkey_directory: Path, valkey_port: int) -> None:
    running = valkey.find(valkey_directory)
    assert running is not None

    assert valkey.start(valkey_directory, valkey_port) == running.pid


def test_it_is_a_cluster_that_refuses_keys_of_two_slots(valkey_port: int) -> None:
    with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
        assert server.cluster("info")["cluster_slots_ok"] == "16384"
        with pytest.raises(ResponseError, match="same slot"):
            server.mget("a", "b")


def test_it_listens_on_loopback_only(valkey_port: int) -> None:
    with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
        assert server.config_get("bind")["bind"] == "127.0.0.1"


@pytest.mark.parametrize("noted", ["", "x", "1", "OURS", "4194999"])
def test_a_process_that_is_not_ours_is_neither_found_nor_stopped(tmp_path: Path, noted: str) -> None:
    (tmp_path / "valkey.pid").write_text(noted.replace("OURS", str(os.getpid())))

    assert valkey.find(tmp_path) is None
    valkey.stop(tmp_path)
    assert not (tmp_path / "valkey.pid").exists()


def test_a_port_that_is_anothers_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "LISTEN_SECONDS", 0.5)
    with (
        socket.create_server(("127.0.0.1", 0)) as another,
        pytest.raises(valkey.ValkeyFailed, match=r"does not listen .*Failed listening on port"),
    ):
        valkey.start(tmp_path, another.getsockname()[1])

    assert valkey.find(tmp_path) is None
