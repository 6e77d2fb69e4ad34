"""What a function's role in template.yaml lets it do, and what a call of the SDK asks to do.

A resource is named as the template names it: `MediaTable`, `MediaTable/index/by_owner`, `UploadsBucket/uploads/1`.
The function's own environment says by which name it knows each, so a table that it was given no variable for is one
that it may not use.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

# What Lambda does by itself, and what is signed as an address or a password: no calls of the SDK.
UNSEEN = re.compile(
    "logs:|ec2:|rds-db:|elasticache:|execute-api:|dynamodb:(ListStreams|DescribeStream|GetRecords|GetShardIterator)$"
    "|sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$"
)
# The name of a table that is one in all regions, or an ARN with it.
_TABLE = re.compile(r"(?:arn:.*:table/)?\$\{AWS::StackName\}-([a-z]+)(?=/|$)")
_PREFIX = {"sesv2": "ses"}
_OF_OBJECTS = {
    "PutObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "GetObject": "GetObject",
    "DeleteObject": "DeleteObject",
}
_OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One action on one resource; `prefix` is what a listing of a bucket is limited to."""

    action: str
    resource: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """Of one function: its statements, and how its environment names what they are about."""

    function: str
    statements: list[dict[str, Any]]
    variables: Mapping[str, str] = field(default_factory=dict)

    def allows(self, asked: Asked) -> bool:
        return any(_covers(statement, asked) for statement in self.statements)

    def granted(self) -> set[tuple[str, str]]:
        """Each action with each resource it is granted for, where calls of the SDK are what would use it."""
        return {
            (action, resource)
            for statement in self.statements
            for action in _listed(statement["Action"])
            for resource in _resources(statement)
            if not UNSEEN.match(action) and not resource.endswith("DeadLetters")
        }

    def used(self, asked: Asked) -> set[tuple[str, str]]:
        """What of `granted` a call needed."""
        return {
            (asked.action, resource)
            for statement in self.statements
            if _covers(statement, asked)
            for resource in _resources(statement)
            if fnmatchcase(asked.resource, resource)
        }

    def known(self, kind: str, name: str) -> str:
        """The resource that a variable of this kind calls so, or one of several; the name itself where none does."""
        for variable, resources in self.variables.items():
            if variable.endswith((kind, f"{kind}S")):
                names = os.environ.get(variable, "").split()
                if name in names:
                    return resources.split()[names.index(name)]
        return name

    def asked_by(self, service: str, operation: str, sent: Mapping[str, Any]) -> Iterator[Asked]:
        """What a call asks for. Of a call not known here it asks for what no statement gives."""
        action = f"{_PREFIX.get(service, service)}:{operation}"
        match service:
            case "dynamodb":
                yield from self._of_tables(operation, sent)
            case "s3":
                yield from self._of_buckets(operation, sent)
            case "sqs":
                yield Asked(action.removesuffix("Batch"), self.known("QUEUE", sent.get("QueueUrl", "?")))
            case "cognito-idp":
                yield Asked(action, self.known("USER_POOL_ID", sent["UserPoolId"]))
            case "sesv2":
                for each in (action, "ses:SendRawEmail") if "Raw" in sent["Content"] else (action,):
                    yield Asked(each, "SesIdentity")
            case "cloudfront":
                yield Asked(action, f"distribution/{self.known('DISTRIBUTION_ID', sent['DistributionId'])}")
            case "ssm":
                yield Asked(action, f"parameter{self.known('VAPID_KEY_PARAMETER', sent['Name'])}")
            case _:
                yield Asked(action, self._of_the_operator(service, sent))

    def _of_the_operator(self, service: str, sent: Mapping[str, Any]) -> str:
        if service == "sns":
            return self.known("ALARMS_TOPIC", sent["TopicArn"])
        return "*" if service == "cloudwatch" else "?"

    def _of_tables(self, operation: str, sent: Mapping[str, Any]) -> Iterator[Asked]:
        if "TransactItems" in sent:
            for item in sent["TransactItems"]:
                for kind, what in item.items():
                    yield Asked(f"dynamodb:{_OF_TRANSACTIONS[kind]}", self.known("TABLE", what["TableName"]))
        elif "RequestItems" in sent:
            for name in sent["RequestItems"]:
                yield Asked(f"dynamodb:{operation}", self.known("TABLE", name))
        else:
            index = f"/index/{sent['IndexName']}" if "IndexName" in sent else ""
            yield Asked(f"dynamodb:{operation}", self.known("TABLE", sent.get("TableName", "?")) + index)

    def _of_buckets(self, operation: str, sent: Mapping[str, Any]) -> Iterator[Asked]:
        bucket = self.known("BUCKET", sent.get("Bucket", "?"))
        if operation == "ListObjectsV2":
            yield Asked("s3:ListBucket", bucket, prefix=sent.get("Prefix", ""))
        elif operation == "DeleteObjects":
            for each in sent["Delete"]["Objects"]:
                yield Asked("s3:DeleteObject", f"{bucket}/{each['Key']}")
        else:
            yield Asked(f"s3:{_OF_OBJECTS.get(operation, operation)}", f"{bucket}/{sent.get('Key', '')}")


@cache
def roles() -> dict[str, Role]:
    """By the module of the handler, as `functions.push.handler`."""
    from operations.templates import load  # every suite loads this module, and few read the template

    resources = load("template.yaml")["Resources"]
    found = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            policies = resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]["Policies"]
            statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
            variables = properties["Environment"]["Variables"]
            module = properties["Handler"].removesuffix(".lambda_handler")
            found[module] = Role(
                name,
                [each["Fn::If"][1] if "Fn::If" in each else each for each in statements],
                {key: named(value) for key, value in variables.items() if isinstance(value, dict)},
            )
    return found


# Threads of a function act as it too, so this is the process's and no thread's own.
_acting: list[Role] = []
refused: list[str] = []
used: dict[str, set[tuple[str, str]]] = {}


@contextmanager
def acting(module: str) -> Iterator[None]:
    """Within the block whatever the process asks of AWS is asked by the function with this handler."""
    _acting.append(roles()[module])
    try:
        yield
    finally:
        _acting.pop()


def ask(service: str, operation: str, sent: Mapping[str, Any]) -> None:
    """
    Raises:
        ClientError: the function that is running may not.
    """
    from botocore.exceptions import ClientError

    if not _acting:
        return
    role = _acting[-1]
    for asked in role.asked_by(service, operation, sent):
        if not role.allows(asked):
            refused.append(f"{role.function} may not {asked.action} on {asked.resource}")
            code = "AccessDeniedException" if service == "dynamodb" else "AccessDenied"
            raise ClientError({"Error": {"Code": code, "Message": refused[-1]}}, operation)
        used.setdefault(role.function, set()).update(role.used(asked))


def _covers(statement: Mapping[str, Any], asked: Asked) -> bool:
    if asked.action not in _listed(statement["Action"]):
        return False
    if not any(fnmatchcase(asked.resource, resource) for resource in _resources(statement)):
        return False
    condition = statement.get("Condition")
    if condition is None:
        return True
    assert condition.keys() == {"StringLike"}, condition
    assert condition["StringLike"].keys() == {"s3:prefix"}, condition
    return fnmatchcase(asked.prefix, condition["StringLike"]["s3:prefix"])


def _resources(statement: Mapping[str, Any]) -> list[str]:
    return [named(resource) for resource in _listed(statement["Resource"])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(resource: Any) -> str:
    """What a piece of template stands for at home; a table that is one in all regions goes by a name of its own."""
    match resource:
        case {"Fn::If": [_, where_it_is_home, _]}:
            return named(where_it_is_home)
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(text)} if table := _TABLE.match(text):
            return f"{table[1].capitalize()}Table{text[table.end() :]}"
        case {"Fn::Sub": text}:
            text, given = text if isinstance(text, list) else (text, {})
            for name, value in given.items():
                text = text.replace(f"${{{name}}}", named(value))
            # Of an ARN what stands after its region and account.
            return re.sub(r"\$\{(\w+)(\.Arn)?\}", r"\1", re.sub(r"^arn:.*?\$\{AWS::AccountId\}:", "", text))
    assert isinstance(resource, str), resource
    return resource
