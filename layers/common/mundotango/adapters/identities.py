"""People's sign-ins in the Cognito user pool; reached from outside the network only.

A profile's id is the subject of the sign-in. Cognito's administration goes by user name, which it may choose itself,
so that is looked for first; who is not found is gone already.
"""

from __future__ import annotations

from copy import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast
from uuid import UUID

from mundotango import settings
from mundotango.adapters.client import make_client

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import UserTypeTypeDef


class CognitoIdentities:
    def __init__(self, pool: settings.UserPool, region: settings.Region) -> None:
        self._pool = pool.id
        # A pool's id begins with its region, which stays where it was when another region becomes home.
        self._region = replace(region, name=pool.id.partition("_")[0])

    def delete(self, user_id: UUID) -> None:
        for user in self._found(user_id):
            try:
                self._client.admin_delete_user(UserPoolId=self._pool, Username=user["Username"])
            except self._client.exceptions.UserNotFoundException:
                return

    def find_address(self, user_id: UUID) -> str | None:
        for user in self._found(user_id):
            known = {one["Name"]: one.get("Value", "") for one in user["Attributes"]}
            confirmed = user["UserStatus"] == "CONFIRMED" and known.get("email_verified") == "true"
            if user["Enabled"] and confirmed and known.get("email"):
                return known["email"]
        return None

    def _found(self, user_id: UUID) -> list[UserTypeTypeDef]:
        found = self._client.list_users(UserPoolId=self._pool, Filter=f'sub = "{user_id}"')["Users"]
        # Looked at again: a deletion is not undone, and no mail goes to another.
        return [user for user in found if {"Name": "sub", "Value": str(user_id)} in user["Attributes"]]

    @cached_property
    def _client(self) -> CognitoIdentityProviderClient:
        return cast("CognitoIdentityProviderClient", make_client("cognito-idp", self._region))
