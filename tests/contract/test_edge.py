"""The edge's copies, forgotten."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_cloudfront import CloudFrontClient
from mypy_boto3_cloudfront.type_defs import DistributionConfigTypeDef

from mundotango import settings
from mundotango.adapters.edge import CloudFrontEdge
from tests.fakes.commands import FakeEdge
from tests.fixtures.aws import REGION

PATHS = ["/media/a/*", "/media/b/*"]
DISTRIBUTION: DistributionConfigTypeDef = {
    "CallerReference": "made",
    "Comment": "",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {"Id": "media", "DomainName": "media.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
        ],
    },
    "DefaultCacheBehavior": {"TargetOriginId": "media", "ViewerProtocolPolicy": "allow-all"},
}


class Copies:
    """An edge, fake or not, and what it was told to forget."""

    def __init__(self, edge: CloudFrontEdge | FakeEdge, distribution: str = "") -> None:
        self.edge = edge
        self._distribution = distribution

    def forgotten(self) -> dict[str, list[str]]:
        if isinstance(self.edge, FakeEdge):
            return self.edge.invalidations
        listed = self._client.list_invalidations(DistributionId=self._distribution)["InvalidationList"]["Items"]
        found = [
            self._client.get_invalidation(DistributionId=self._distribution, Id=one["Id"])["Invalidation"]
            for one in listed
        ]
        batches = [one["InvalidationBatch"] for one in found]
        return {batch["CallerReference"]: batch["Paths"]["Items"] for batch in batches}

    @property
    def _client(self) -> CloudFrontClient:
        return boto3.client("cloudfront", REGION.name)


@pytest.fixture(params=["fake", "cloudfront"])
def copies(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copies]:
    if request.param == "fake":
        yield Copies(FakeEdge())
        return
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("cloudfront", REGION.name).create_distribution(DistributionConfig=DISTRIBUTION)
        distribution = made["Distribution"]["Id"]
        yield Copies(CloudFrontEdge(settings.Distribution(distribution), REGION), distribution)


def test_what_is_invalidated_is_told_as_one_batch(copies: Copies) -> None:
    copies.edge.invalidate(PATHS, "first")
    copies.edge.invalidate(PATHS[:1], "second")

    assert copies.forgotten() == {"first": PATHS, "second": PATHS[:1]}


def test_the_same_again_is_the_one_invalidation(copies: Copies) -> None:
    for _ in range(2):
        copies.edge.invalidate(PATHS, "first")

    assert copies.forgotten() == {"first": PATHS}


def test_a_distribution_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    edge = CloudFrontEdge(settings.Distribution("E0"), REGION)
    with mock_aws(), pytest.raises(edge._client.exceptions.NoSuchDistribution):
        edge.invalidate(PATHS, "first")
