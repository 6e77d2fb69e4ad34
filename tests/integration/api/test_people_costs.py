"""What reading people costs the database, with its real pool."""

from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.factories.conversations import opened, said
from tests.fixtures.gateway import Gateway, Log, fake_platform

Join = Callable[[str], UUID]
Statements = Callable[..., int]


@pytest.fixture
def platform(real_database: Database) -> Platform:
    platform = fake_platform()
    platform.database = real_database
    return platform


@pytest.fixture
def statements(gateway: Gateway, log: Log) -> Statements:
    """How many statements it takes to answer this."""

    def count(path: str, user: UUID | None, **query: object) -> int:
        log.text()
        answer = gateway.get(path, user=user, query=query)
        assert answer.status == 200, answer.text
        (line,) = log.lines()
        return int(line.get("sql_statements", 0))

    return count


def test_a_profile_that_is_kept_costs_no_statement(gateway: Gateway, join: Join, statements: Statements) -> None:
    malena, carlos = join("malena"), join("carlos")

    assert statements("/api/users/malena", carlos) == 3
    assert statements("/api/users/malena", carlos) == 0
    assert statements("/api/public/users/malena", None) == 0
    assert statements("/api/users/me", malena) == 0
    assert statements("/api/users/malena", malena) == 0
    assert statements("/api/users/malena", join("teo")) == 1


def test_a_page_of_conversations_costs_one_statement_whatever_is_in_it(
    gateway: Gateway, join: Join, statements: Statements
) -> None:
    malena = join("malena")
    for handle in ("ana", "beto", "clara", "dino"):
        join(handle)
        path = f"/api/conversations/{opened(gateway, malena, handle, 'ana', title=handle)}"
        said(gateway, malena, path.rpartition("/")[2])

    # The first to sign a cursor reads the key too.
    assert statements("/api/conversations", malena, limit=2) == 2
    assert statements("/api/conversations", malena, limit=2) == statements("/api/conversations", malena, limit=4) == 1
    for more in ("", "/messages"):
        assert statements(f"{path}{more}", malena) == 1
    assert statements("/api/conversations/unread", malena) == 1


def test_a_list_costs_three_statements_at_most(gateway: Gateway, join: Join, statements: Statements) -> None:
    malena = join("malena")
    for number in range(4):
        dancer = join(f"dancer_{number}")
        gateway.put("/api/users/malena/follow", user=dancer)
        for act in ("follow", "mute"):
            assert gateway.put(f"/api/users/dancer_{number}/{act}", user=malena).status == 204
    for number in range(4):
        join(f"other_{number}")
        gateway.put(f"/api/users/other_{number}/block", user=malena)

    for path, query in (
        ("malena/followers", {}),
        ("malena/following", {}),
        ("me/follow-requests", {}),
        ("me/blocks", {}),
        ("me/mutes", {}),
        ("me/suggestions", {}),
        ("", {"q": "dancer"}),
        ("", {"city": "Buenos Aires"}),
    ):
        # The first to sign a cursor reads the key too.
        assert statements(f"/api/users/{path}".rstrip("/"), malena, limit=2, **query) <= 3, path
        assert statements(f"/api/users/{path}".rstrip("/"), malena, limit=3, **query) <= 2, path
