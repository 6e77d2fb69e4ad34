"""A function at moto, for what looks at its settings or at what calls it; nobody runs it."""

import io
import zipfile
from typing import Any

import boto3


def make_function(session: boto3.Session, name: str, **more: Any) -> None:
    """With a role of its own name; `more` is of Lambda's CreateFunction."""
    role = session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("handler.py", "")
    session.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="handler.f",
        Code={"ZipFile": code.getvalue()},
        **more,
    )
