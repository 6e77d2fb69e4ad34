"""Conversations and messages are read from indexes, also where there are very many of both."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from devstack.postgres import Server
from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.conversations.repository import ConversationRepository
from mundotango.ids import new_id
from mundotango.messages.repository import MessageRepository
from mundotango.pagination import Place
from tests.factories.plans import Plans, listening
from tests.fakes.clock import A_MONDAY_EVENING
from tests.fixtures.postgres import superuser


@pytest.fixture
def plans(real_database: Database) -> Iterator[Plans]:
    with real_database.transaction() as connection, listening(connection) as plans:
        yield plans


@pytest.fixture
def reader(real_database: Database, database_settings: settings.Database, postgres_server: Server) -> UUID:
    """Of 2,000 people the one who is in 1,000 conversations, with 20 messages in each."""
    with superuser(postgres_server, database_settings.name) as connection:
        return _fill(connection)


def _fill(connection: psycopg.Connection) -> UUID:
    reader = new_id()
    connection.execute(
        """
        INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
        SELECT CASE n WHEN 1 THEN %s ELSE gen_random_uuid() END, 'many_' || n, 'n', '', '', now(), now()
        FROM generate_series(1, 2000) AS n
        """,
        (reader,),
    )
    connection.execute(
        "INSERT INTO conversations (id, kind, created_at) SELECT gen_random_uuid(), 'group', now() "
        "FROM generate_series(1, 1000)"
    )
    connection.execute(
        """
        INSERT INTO messages (id, conversation_id, user_id, text, created_at)
        SELECT gen_random_uuid(), conversations.id, other.id, 'x', now()
        FROM conversations, (SELECT id FROM users WHERE id <> %s LIMIT 1) AS other, generate_series(1, 20)
        """,
        (reader,),
    )
    connection.execute(
        """
        INSERT INTO conversation_members
        SELECT conversations.id, users.id, 'active', now(), first, CASE WHEN random() < 0.99 THEN last ELSE first END,
            last, now() - random() * interval '90 days'
        FROM conversations, (SELECT id FROM users ORDER BY id <> %s LIMIT 5) AS users,
            (SELECT uuid '00000000-0000-0000-0000-000000000000' AS first,
                uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff' AS last) AS ends
        """,
        (reader,),
    )
    connection.execute(
        """
        INSERT INTO blocks (blocker_id, blocked_id, created_at)
        SELECT one.id, other.id, now() FROM users AS one, (SELECT id FROM users WHERE id <> %s LIMIT 20) AS other
        WHERE one.id <> other.id
        """,
        (reader,),
    )
    connection.execute("ANALYZE users, blocks, conversations, conversation_members, messages")
    return reader


def test_every_list_goes_by_its_index(plans: Plans, reader: UUID) -> None:
    conversations, messages = ConversationRepository(plans._connection), MessageRepository(plans._connection)
    for after in (None, Place(A_MONDAY_EVENING, new_id())):
        conversations.list_of(reader, "active", after, 21)
        plan = _plan(plans)
        assert "idx_conversation_members_user" in plan
        assert plan.count("idx_messages_conversation") == 2, plan
    conversations.count_unread(reader)
    plan = _plan(plans)
    assert "idx_conversation_members_unread" in plan
    assert "idx_messages_conversation" in plan, plan
    found = conversations.list_of(reader, "active", None, 1)
    messages.list_of(found[0].id, reader, new_id(), 51)
    assert "idx_messages_conversation" in _plan(plans)


def _plan(plans: Plans) -> str:
    """Pictures there are none."""
    plan = plans.of_last_composed()
    assert "Seq Scan" not in plan.replace("Seq Scan on message_media", ""), plan
    return plan
