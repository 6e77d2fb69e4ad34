"""Whom the database's certificate must come from. The embedded server knows no TLS, so a door in front of it does."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from copy import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509

from devstack.postgres import HOST
from mundotango import settings
from mundotango.adapters import postgres as adapter
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database, connection_options
from tests.factories.certificates import certificate_and_key

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    file.write_bytes(certificate_and_key(HOST))
    return file


@pytest.fixture
def behind_tls(database_settings: settings.Database, certificate: Path) -> Iterator[settings.Database]:
    """The same database behind a door that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    door = socket.create_server((HOST, 0))
    threading.Thread(target=_serve, args=(door, context, database_settings.port), daemon=True).start()
    yield replace(database_settings, port=door.getsockname()[1], sslmode="verify-full")
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def _serve(door: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):  # the door was closed
        while True:
            client, _ = door.accept()
            with suppress(OSError), client:
                assert client.recv(8) == SSL_REQUEST
                client.sendall(b"S")
                with context.wrap_socket(client, server_side=True) as inside:
                    _carry(inside, port)


def _carry(client: ssl.SSLSocket, port: int) -> None:
    with socket.create_connection((HOST, port)) as server:
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        server.shutdown(socket.SHUT_RDWR)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def test_a_certified_server_is_talked_to(
    behind_tls: settings.Database, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "CERTIFICATES", certificate)
    database = Database(behind_tls, "eu-west-1", password=lambda: "trusted")
    database.ping()
    database.close()


def test_a_server_that_amazon_did_not_certify_is_not(behind_tls: settings.Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(**connection_options(behind_tls, "secret"))


def test_nor_one_under_another_name(
    behind_tls: settings.Database, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "CERTIFICATES", certificate)
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        psycopg.connect(**connection_options(replace(behind_tls, host="localhost"), "secret"))


def test_nor_one_that_speaks_no_tls(database_settings: settings.Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="server does not support SSL"):
        psycopg.connect(**connection_options(replace(database_settings, sslmode="verify-full"), "secret"))


def test_the_authorities_of_rds_are_shipped_and_valid() -> None:
    authorities = x509.load_pem_x509_certificates(adapter.CERTIFICATES.read_bytes())
    names = {authority.subject.rfc4514_string() for authority in authorities}
    in_five_years = SystemClock().now() + timedelta(days=5 * 365)
    assert all(authority.not_valid_after_utc > in_five_years for authority in authorities)
    for region in ("us-east-1", "eu-west-1", "sa-east-1"):
        assert any(f"CN=Amazon RDS {region} Root CA RSA2048 G1" in name for name in names)
