"""Pictures and exports in S3.

The client is made when it is first asked for. Presigning is computed from the credentials in the environment, so it
works where S3 is the only address that can be reached.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

from mundotango import settings
from mundotango.adapters.client import make_client
from mundotango.media.model import Bucket, PresignedPost
from mundotango.media.policy import UPLOAD_WINDOW

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3 takes 10,000 parts of 5 MB and more, the last one of any size: 80 GB, with one part at a time in memory.
PART_BYTES = 8 * 1024 * 1024


class S3ObjectStore:
    def __init__(self, *, uploads: str, media: str, region: settings.Region) -> None:
        self._buckets: dict[Bucket, str] = {"uploads": uploads, "media": media}
        self._region = region

    @cached_property
    def _client(self) -> S3Client:
        return self._made(self._region)

    @cached_property
    def _signer(self) -> S3Client:
        """Uploads and archives are at home, and an address is signed for the region that its bucket is in."""
        home = self._region.home
        return self._client if home in ("", self._region.name) else self._made(replace(self._region, name=home))

    @staticmethod
    def _made(region: settings.Region) -> S3Client:
        # The bucket's own regional host name, said twice: left to itself the SDK signs forms for the older global name,
        # which answers for a new bucket elsewhere with a redirect that a browser's form does not survive.
        addressing: Literal["auto", "virtual"] = "auto" if region.endpoint else "virtual"
        client = make_client(
            "s3",
            region,
            signature_version="s3v4",
            s3={"us_east_1_regional_endpoint": "regional", "addressing_style": addressing},
        )
        return cast("S3Client", client)

    def presign_post(
        self, key: str, *, content_type: str, max_bytes: int, sha256: str | None, now: datetime
    ) -> PresignedPost:
        fields = {"Content-Type": content_type}
        if sha256 is not None:
            # S3 computes the hash of what comes and refuses what has another.
            fields["x-amz-checksum-algorithm"] = "SHA256"
            fields["x-amz-checksum-sha256"] = b64encode(bytes.fromhex(sha256)).decode()
        post = self._signer.generate_presigned_post(
            self._buckets["uploads"],
            key,
            Fields=dict(fields),
            Conditions=[*({name: value} for name, value in fields.items()), ["content-length-range", 1, max_bytes]],
            ExpiresIn=int(UPLOAD_WINDOW.total_seconds()),
        )
        return PresignedPost(post["url"], dict(post["fields"]), now + UPLOAD_WINDOW)

    def find(self, bucket: Bucket, key: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._buckets[bucket], Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def put(self, bucket: Bucket, key: str, data: bytes, *, content_type: str, cache_control: str) -> None:
        self._client.put_object(
            Bucket=self._buckets[bucket], Key=key, Body=data, ContentType=content_type, CacheControl=cache_control
        )

    def delete(self, bucket: Bucket, key: str) -> None:
        self._client.delete_object(Bucket=self._buckets[bucket], Key=key)

    def delete_many(self, bucket: Bucket, keys: Sequence[str]) -> None:
        answer = self._client.delete_objects(
            Bucket=self._buckets[bucket], Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
        for error in answer.get("Errors", ()):
            raise OSError(f"S3 did not delete {error.get('Key')}: {error.get('Code')}")

    def list_keys(self, bucket: Bucket, prefix: str, limit: int) -> list[str]:
        found = self._client.list_objects_v2(Bucket=self._buckets[bucket], Prefix=prefix, MaxKeys=limit)
        return [one["Key"] for one in found.get("Contents", ())]

    @contextmanager
    def writing(self, bucket: Bucket, key: str, *, content_type: str) -> Iterator[PartWriter]:
        name = self._buckets[bucket]
        upload_id = self._client.create_multipart_upload(
            Bucket=name, Key=key, ContentType=content_type, CacheControl="private, no-store"
        )["UploadId"]
        writer = PartWriter(self._client, name, key, upload_id)
        try:
            yield writer
            writer.complete()
        except BaseException:
            # What is left of a writer that is killed is deleted by the bucket's rule for unfinished parts.
            self._client.abort_multipart_upload(Bucket=name, Key=key, UploadId=upload_id)
            raise

    def presign_get(self, key: str, *, filename: str, seconds: int) -> str:
        return self._signer.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._buckets["uploads"],
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{filename}"',
            },
            ExpiresIn=seconds,
        )


class PartWriter:
    """One multipart upload as a file that is written to from its beginning to its end."""

    def __init__(self, client: S3Client, bucket: str, key: str, upload_id: str) -> None:
        self._client = client
        self._bucket, self._key, self._upload_id = bucket, key, upload_id
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []

    def write(self, data: bytes, /) -> int:
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._send(PART_BYTES)
        return len(data)

    def flush(self) -> None:
        """A part has a least size: what is not yet one waits."""

    def complete(self) -> None:
        self._send(len(self._buffer))
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )

    def _send(self, size: int) -> None:
        number = len(self._parts) + 1
        sent = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=bytes(self._buffer[:size]),
        )
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})
        del self._buffer[:size]
