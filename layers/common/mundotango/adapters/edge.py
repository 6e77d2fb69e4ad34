"""CloudFront's copies. One distribution, wherever the function runs: CloudFront is asked in one region for all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from mundotango import settings
from mundotango.adapters.client import make_client

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient


class CloudFrontEdge:
    def __init__(self, distribution: settings.Distribution, region: settings.Region) -> None:
        self._distribution = distribution.id
        self._region = region

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        self._client.create_invalidation(
            DistributionId=self._distribution,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": reference,
            },
        )

    @cached_property
    def _client(self) -> CloudFrontClient:
        return cast("CloudFrontClient", make_client("cloudfront", self._region))
