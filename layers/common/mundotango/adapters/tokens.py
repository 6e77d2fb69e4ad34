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
    """For a serverless cache, which is addressed in the request by its name, not by its host."""
    url = f"http://{_cache_name(cache.host)}/?Action=connect&ResourceType=ServerlessCache&User={cache.user}"
    return _presigned(url, "elasticache", region)


def _cache_name(host: str) -> str:
    """Of `{name}-{six characters}.serverless.{region}.cache.amazonaws.com`; any other host is its own name."""
    label, _, domain = host.partition(".")
    return label.rpartition("-")[0] if domain.startswith("serverless.") else host


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
