"""Passwords that are signed requests: AWS checks who signed, nothing is stored, no network is needed to make one."""

from functools import cache
from typing import TYPE_CHECKING

from mundotango import settings

if TYPE_CHECKING:
    from botocore.credentials import Credentials

# AWS accepts these for at most 15 minutes; a connection, once made, outlives its token.
LIFETIME_SECONDS = 900


def database_token(database: settings.Database, region: str) -> str:
    url = f"https://{database.host}:{database.port}/?Action=connect&DBUser={database.user}"
    return _presigned(url, "rds-db", region)


def valkey_token(cache: settings.Cache, region: str) -> str:
    """The request addresses the cache by its name, not by its host, and says so of a serverless one.

    That is at `{name}-{six characters}.serverless.{region}.cache.amazonaws.com`, a cluster of nodes at
    `clustercfg.{name}.{six characters}.{region}.cache.amazonaws.com`; any other host is its own name.
    """
    name, kind = cache.host, ""
    match cache.host.split("."):
        case [label, "serverless", *_]:
            name, kind = label.rpartition("-")[0], "&ResourceType=ServerlessCache"
        case ["clustercfg", label, *_]:
            name = label
    return _presigned(f"http://{name}/?Action=connect{kind}&User={cache.user}", "elasticache", region)


def _presigned(url: str, service: str, region: str) -> str:
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method="GET", url=url)
    # Frozen: of credentials that are renewed under way, the three parts must be of one set.
    SigV4QueryAuth(_credentials().get_frozen_credentials(), service, region, expires=LIFETIME_SECONDS).add_auth(request)
    return str(request.url).split("://", 1)[1]


@cache
def _credentials() -> "Credentials":
    """Found once a process, where the SDK finds them; they renew themselves."""
    from botocore.exceptions import NoCredentialsError
    from botocore.session import Session

    found = Session().get_credentials()
    if found is None:
        raise NoCredentialsError
    return found
