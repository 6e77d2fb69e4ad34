"""Whether what PostgreSQL holds and what MiniStack holds still belong together, and what to do where they do not.

PostgreSQL keeps what it committed. MiniStack keeps what it had at its last clean stop. So a clean stop leaves the same
mark in both, and a start takes it out of PostgreSQL: after a stop of any other kind the marks differ.
"""

from __future__ import annotations

import secrets
from typing import Literal
from uuid import UUID

from devstack import database, notes
from devstack.postgres import Server
from devstack.stack import Aws, Stack

MARK = "clean-stop"
STARTED = "started"
REACTIONS = "reactions"

LastStop = Literal["clean", "unclean", "none"]


def leave_mark(server: Server, aws: Aws, stack: Stack | None) -> None:
    """Call it when nothing more is written to either, right before both are stopped."""
    if stack is not None:
        witness(server, stack)
    mark = secrets.token_hex(16)
    notes.remember(aws, MARK, mark)
    database.remember(server, MARK, mark)


def take_mark(server: Server, aws: Aws) -> LastStop:
    """How the last stop was, `none` at the very first start. The mark is gone afterwards."""
    left, kept = database.recall(server, MARK), notes.recall(aws, MARK)
    started_before = database.recall(server, STARTED) is not None
    database.forget(server, MARK)
    database.remember(server, STARTED, "yes")
    if not started_before and kept is None:
        return "none"
    return "clean" if left is not None and left == kept else "unclean"


def witness(server: Server, stack: Stack) -> int:
    """Notes in PostgreSQL how many reactions there are: the only trace of them outside MiniStack."""
    count = _reactions(stack)
    database.remember(server, REACTIONS, str(count))
    return count


def missing(server: Server, stack: Stack | None) -> list[str]:
    """What PostgreSQL speaks of and MiniStack no longer has, such as `3 identities`."""
    people, pictures = database.people(server), database.attached_media(server)
    reactions = int(database.recall(server, REACTIONS) or 0)
    if stack is not None:
        people -= _identities(stack)
        pictures -= _pictures(stack)
        reactions -= _reactions(stack)
    found = [
        (len(people), "identity", "identities"),
        (len(pictures), "picture", "pictures"),
        (abs(reactions), "reaction", "reactions"),
    ]
    return [f"{count} {one if count == 1 else many}" for count, one, many in found if count]


def _identities(stack: Stack) -> set[UUID]:
    pages = stack.aws.cognito.get_paginator("list_users").paginate(UserPoolId=stack.user_pool_id)
    return {
        UUID(attribute["Value"])
        for page in pages
        for user in page["Users"]
        for attribute in user["Attributes"]
        if attribute["Name"] == "sub"
    }


def _pictures(stack: Stack) -> set[UUID]:
    pages = stack.aws.dynamodb.get_paginator("scan").paginate(
        TableName=stack.resource("MediaTable"), ProjectionExpression="media_id"
    )
    return {UUID(item["media_id"]["S"]) for page in pages for item in page["Items"]}


def _reactions(stack: Stack) -> int:
    """People's: what else stands in the table is a copy, or expires."""
    pages = stack.aws.dynamodb.get_paginator("scan").paginate(
        TableName=stack.resource("ReactionsTable"), Select="COUNT", FilterExpression="attribute_exists(reactor)"
    )
    return sum(page["Count"] for page in pages)
