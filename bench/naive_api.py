"""The baseline: an API of one route as it is usually written, with everything it may ever need imported at the top.

Never deployed. bench/cold_start.py times it beside ours.
"""

import os

import boto3
import psycopg_pool
import redis
from fastapi import FastAPI
from mangum import Mangum
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model


class Reaction(Model):
    class Meta:
        table_name = "reactions"
        region = "us-east-1"

    target = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


api = FastAPI(title="Naive")
cache = redis.Redis(host=os.environ["CACHE_HOST"], port=int(os.environ["CACHE_PORT"]))


@api.get("/api/public/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


lambda_handler = Mangum(api, lifespan="off")


def make_clients() -> None:
    """DynamoDB's and S3's, and one question to each."""
    boto3.client("dynamodb").get_item(TableName="reactions", Key={"target": {"S": "post"}, "user_id": {"S": "me"}})
    boto3.client("s3").get_object(Bucket="media", Key="health")["Body"].read()


def first_query() -> object:
    conninfo = (
        f"host={os.environ['DATABASE_HOST']} port={os.environ['DATABASE_PORT']} dbname={os.environ['DATABASE_NAME']}"
        f" user={os.environ['DATABASE_USER']} sslmode={os.environ['DATABASE_SSLMODE']}"
    )
    with psycopg_pool.ConnectionPool(conninfo, min_size=1, max_size=1) as pool, pool.connection() as connection:
        return connection.execute("SELECT 1").fetchone()
