"""Clients of AWS. botocore and not boto3: nothing is needed of what boto3 adds, and its import costs more."""

from typing import Any

from mundotango import settings


def make_client(
    service: str, region: settings.Region, *, attempts: int = settings.AWS_CALL_ATTEMPTS, **config: Any
) -> Any:
    """With the time-outs and tries of every call to AWS; imports the SDK, so to be called when a client is needed."""
    from botocore.config import Config
    from botocore.session import Session

    return Session().create_client(
        service,
        region_name=region.name,
        endpoint_url=region.endpoint or None,
        config=Config(
            connect_timeout=settings.AWS_CALL_TIMEOUT,
            read_timeout=settings.AWS_CALL_TIMEOUT,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            **config,
        ),
    )
