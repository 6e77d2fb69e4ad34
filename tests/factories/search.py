"""A search of all stores: whether anything of a person is left."""

import json

import boto3
import psycopg
import redis
from psycopg.sql import SQL, Identifier


def everything(connection: psycopg.Connection, valkey_port: int) -> dict[str, list[str]]:
    """All that is in all stores, as text, by where it is."""
    found: dict[str, list[str]] = {}
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (name,) in tables:
        rows = connection.execute(SQL("SELECT one::text FROM {} AS one").format(Identifier(name)))
        found[name] = [text for (text,) in rows]
    dynamodb, s3 = boto3.client("dynamodb", "us-east-1"), boto3.client("s3", "us-east-1")
    for table in dynamodb.list_tables()["TableNames"]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        found[table] = [json.dumps(item, default=repr) for page in pages for item in page["Items"]]
    for bucket in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            found.setdefault(bucket, []).append(f"{item['Key']} {body.decode('latin-1')}")
    with redis.Redis(host="127.0.0.1", port=valkey_port) as server:
        found["valkey"] = [f"{key!r} {server.get(key)!r}" for key in server.scan_iter()]
    return found


def places(stores: dict[str, list[str]], text: str) -> set[str]:
    """Where this text stands."""
    hexadecimal = text.encode().hex()
    return {place for place, rows in stores.items() if any(text in row or hexadecimal in row for row in rows)}
