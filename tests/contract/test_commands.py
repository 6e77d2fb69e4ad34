"""What leaves the network: commands, the people outside of it, and the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

from mundotango import ids, settings
from mundotango.adapters.identities import CognitoIdentities
from mundotango.commands.model import Command
from mundotango.commands.repository import DynamoCommands, command_from_image
from mundotango.ports import Commands, Erasures
from mundotango.privacy.ledger import DynamoErasures
from tests.fakes.commands import FakeCommands, FakeIdentities
from tests.fakes.erasures import FakeErasures
from tests.fixtures.aws import REGION, rows, stream_records, table_name

AT = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def commands(request: pytest.FixtureRequest) -> Commands:
    if request.param == "fake":
        return FakeCommands()
    return DynamoCommands(table_name("commands"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def erasures(request: pytest.FixtureRequest) -> Erasures:
    if request.param == "fake":
        return FakeErasures()
    return DynamoErasures(table_name("erasures"), request.getfixturevalue("aws"))


def command(version: int, user: str = "ana") -> Command:
    return Command(f"identity_delete#{user}", "identity_delete", {"user_id": user}, version, 1)


class TestCommands:
    def test_one_is_written_once(self, commands: Commands) -> None:
        assert commands.put(command(7), AT)
        assert not commands.put(command(7), AT)
        assert commands.put(command(7, "bruno"), AT)

    def test_the_later_one_stands_in_any_order(self, commands: Commands) -> None:
        assert commands.put(command(8), AT)
        assert not commands.put(command(7), AT)
        assert commands.put(command(9), AT)

    def test_one_is_found_by_its_key(self, commands: Commands) -> None:
        commands.put(command(7), AT)
        assert commands.find(command(7).key) == command(7)
        assert commands.find(command(7, "bruno").key) is None

    def test_one_that_is_forgotten_may_come_again_and_a_later_one_stays(self, commands: Commands) -> None:
        commands.put(command(8), AT)
        commands.forget(command(7))
        assert not commands.put(command(8), AT)

        for _ in range(2):
            commands.forget(command(8))
        assert commands.put(command(7), AT)


def test_the_stream_tells_each_command_as_it_was_put(aws: settings.Region) -> None:
    commands = DynamoCommands(table_name("commands"), aws)
    put = [command(7), command(8)]
    for one in (*put, command(6)):
        commands.put(one, AT)

    records = stream_records("commands")

    assert [command_from_image(record["dynamodb"]["NewImage"]) for record in records] == put
    (row,) = rows("commands")
    assert row["expires_at"]["N"] == str(int(AT.timestamp()))


class TestErasures:
    def test_the_first_time_is_the_one_that_is_remembered(self, erasures: Erasures) -> None:
        ana = ids.new_id()

        assert erasures.note(ana, AT) == AT
        assert erasures.note(ana, AT + timedelta(hours=3)) == AT

    def test_all_come_once_in_pages(self, erasures: Erasures) -> None:
        people = {ids.new_id() for _ in range(5)}
        for person in people:
            erasures.note(person, AT)
        found: list[UUID] = []
        while page := erasures.noted(found[-1] if found else None, 2):
            found += page

        assert len(found) == 5
        assert set(found) == people


def test_the_ledger_knows_the_id_the_moment_and_the_region_and_nothing_else(aws: settings.Region) -> None:
    DynamoErasures(table_name("erasures"), aws).note(ids.new_id(), AT)

    (row,) = rows("erasures")
    assert row.keys() == {"user_id", "noted_at", "expires_at", "region"}
    assert int(row["expires_at"]["N"]) == int((AT + timedelta(days=400)).timestamp())


class Pool:
    """The people of a pool, fake or not."""

    def __init__(self, identities: CognitoIdentities | FakeIdentities, pool_id: str = "") -> None:
        self.identities = identities
        self._pool_id = pool_id

    def join(self, email: str, *, confirmed: bool = True, verified: bool = True, enabled: bool = True) -> UUID:
        if isinstance(self.identities, FakeIdentities):
            user_id = ids.new_id()
            self.identities.known.add(user_id)
            if confirmed and verified and enabled:
                self.identities.addresses[user_id] = email
            return user_id
        told = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": str(verified).lower()}]
        made = self._client.admin_create_user(
            UserPoolId=self._pool_id, Username=email, UserAttributes=cast(list[AttributeTypeTypeDef], told)
        )
        if confirmed:
            self._client.admin_set_user_password(
                UserPoolId=self._pool_id, Username=email, Password="Milonguita-1912!", Permanent=True
            )
        if not enabled:
            self._client.admin_disable_user(UserPoolId=self._pool_id, Username=email)
        return UUID(next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub"))

    def known(self) -> set[UUID]:
        if isinstance(self.identities, FakeIdentities):
            return self.identities.known
        return {
            UUID(next(one["Value"] for one in user["Attributes"] if one["Name"] == "sub"))
            for user in self._client.list_users(UserPoolId=self._pool_id)["Users"]
        }

    @property
    def _client(self) -> CognitoIdentityProviderClient:
        return boto3.client("cognito-idp", REGION.name)


@pytest.fixture(params=["fake", "cognito", "cognito elsewhere"])
def pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    if request.param == "fake":
        yield Pool(FakeIdentities())
        return
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("cognito-idp", REGION.name).create_user_pool(PoolName="p", UsernameAttributes=["email"])
        pool_id = made["UserPool"]["Id"]
        here = settings.Region("eu-west-1", "") if request.param == "cognito elsewhere" else REGION
        yield Pool(CognitoIdentities(settings.UserPool(pool_id), here), pool_id)


class TestIdentities:
    def test_a_deleted_sign_in_is_gone_and_no_others(self, pool: Pool) -> None:
        ana, bruno = pool.join("ana@example.org"), pool.join("bruno@example.org")

        for _ in range(2):
            pool.identities.delete(ana)

        assert pool.known() == {bruno}

    def test_mail_goes_to_who_confirmed_and_may_sign_in(self, pool: Pool) -> None:
        ana = pool.join("ana@example.org")
        pool.join("bruno@example.org")

        assert pool.identities.find_address(ana) == "ana@example.org"

    @pytest.mark.parametrize("lacking", ["confirmed", "verified", "enabled"])
    def test_and_to_nobody_else(self, pool: Pool, lacking: str) -> None:
        assert pool.identities.find_address(pool.join("ana@example.org", **{lacking: False})) is None
        assert pool.identities.find_address(ids.new_id()) is None

    def test_who_is_gone_has_no_address(self, pool: Pool) -> None:
        ana = pool.join("ana@example.org")
        pool.identities.delete(ana)

        assert pool.identities.find_address(ana) is None
