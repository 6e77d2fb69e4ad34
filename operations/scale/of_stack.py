"""The lines of the checklists that a deployed stack answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from mundotango.migrations import schema_version
from operations import measures, records, redrive
from operations.board.sources import cloudwatch
from operations.deployed import BRISK, Deployed
from operations.loopback import Loopback
from operations.records import Kind, Record
from operations.refusal import aws_errors_explained
from operations.scale.advising import deployed_env
from operations.scale.checklist import Answer, Place, done, undone, unknown

RECENT_DAYS = 30
# What the API says where a cache may keep an answer, and where none may.
KEPT, KEPT_BY_NOBODY = "/api/public/events", "/api/users/me"
# Ours: AWS promises none. Whoever reads what is older than this sees that it is old.
MOST_LAG_SECONDS = 60.0
NOT_IN_LOCAL_CLOUD = "the local cloud has none of it"
ASK_AT_AWS = "ask for a deployed stack: --env phase1"


def indexes(place: Place) -> Answer:
    """Which a query uses is held by tests over planted data, as a plan depends on how much there is."""
    with aws_errors_explained(f"looking for the stack {place.found.stack_name}"):
        stack = place.found.cloudformation.describe_stacks(StackName=place.found.stack_name)["Stacks"][0]
    has = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    if has.get("SchemaVersion") != schema_version():
        return undone("the stack has another schema than this checkout", f"make deploy ENV={place.env.name}")
    return done("every migration is deployed; tests/integration/test_*indexes.py hold that queries use them")


def cache(place: Place) -> Answer:
    share = measures.read(place.found, 24).cache_hit_share
    if share is None:
        return unknown("nobody asked the cache in a day", "open a few pages, then look again")
    if not share:
        return undone("the cache had no answer in a day", "look at /api/health as a moderator, and at CacheHost")
    return done(f"it answers: it had {share:.0%} of what was asked of it in a day")


def edge(place: Place) -> Answer:
    """By HEAD, which the edge passes on like a GET."""
    site = place.found.outputs["SiteUrl"].rstrip("/")
    try:
        with httpx.Client(base_url=site, transport=Loopback(), timeout=10) as viewer:
            wrong = [*_wrong(viewer.head(KEPT), kept=True), *_wrong(viewer.head(KEPT_BY_NOBODY), kept=False)]
            again = viewer.head(KEPT).headers.get("x-cache", "")
    except httpx.HTTPError as error:
        return undone(f"{site} does not answer: {error}", "look at the distribution, then deploy")
    if wrong:
        return undone("; ".join(wrong), "look at functions/api/caching.py and infra/edge/policies.yaml")
    if place.is_local:
        return done("what is public may be kept and the rest may not; the local edge keeps nothing itself")
    if "cloudfront" not in again.lower():
        return undone(f"{site} is not behind CloudFront", "set SiteUrl to a name of the distribution's")
    return done(f"what is public may be kept and the rest may not; asked again: {again}")


def _wrong(answer: httpx.Response, *, kept: bool) -> list[str]:
    path, said = answer.request.url.path, answer.headers.get("cache-control", "")
    if kept and (answer.status_code != 200 or "public" not in said or "max-age=" not in said):
        return [f"{path} answers {answer.status_code} with cache-control {said or 'missing'}"]
    if not kept and ("public" in said or answer.status_code == 200):
        return [f"{path} answers anybody {answer.status_code} with cache-control {said or 'missing'}"]
    return []


def load_test(place: Place) -> Answer:
    record = records.last(place.found, Kind.LOAD_TEST)
    cure = f"make loadtest BASE_URL={place.found.outputs['SiteUrl']} ENV={place.env.name}"
    if wrong := _recent(record, place.now, "a load test", cure):
        return wrong
    assert record is not None  # noqa: S101 - said by _recent
    failed = [name for name, test in record.result.items() if not test.get("holds")]
    if failed:
        return undone(f"on {record.at:%Y-%m-%d} it did not hold under {', '.join(failed)}", f"mend that, then {cure}")
    return done(f"on {record.at:%Y-%m-%d} it held under {', '.join(record.result)}")


def restore_drill(place: Place) -> Answer:
    record = records.last(place.found, Kind.RESTORE_DRILL)
    cure = f"mundo backup drill --env {place.env.name}"
    if place.is_local and record is None:
        return unknown("the local drill leaves no record", ASK_AT_AWS)
    if wrong := _recent(record, place.now, "a restore drill", cure):
        return wrong
    assert record is not None  # noqa: S101 - said by _recent
    rows = record.result.get("row_diff")
    if rows:
        return undone(f"the last one differed in {rows} rows", f"find out why, then {cure}")
    back = record.result.get("rto_seconds", 0)
    return done(f"on {record.at:%Y-%m-%d} no row differed, and it was back in {back:.0f} s")


def _recent(record: Record | None, now: datetime, what: str, cure: str) -> Answer | None:
    if record is None:
        return undone(f"nobody noted {what}", cure)
    return None if record.is_within(RECENT_DAYS, now) else undone(f"the last one was on {record.at:%Y-%m-%d}", cure)


def alarms(place: Place) -> Answer:
    if place.is_local:
        return unknown(NOT_IN_LOCAL_CLOUD, ASK_AT_AWS)
    found, deploy = place.found, f"make deploy ENV={place.env.name}"
    nested = Deployed(found.session, found.physical_id("Alarms"), found.endpoint)
    with aws_errors_explained("looking at the alarms"):
        pages = cloudwatch(found).get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{found.stack_name}-")
        made = [one for page in pages for one in page["MetricAlarms"]]
    silent = [one["AlarmName"] for one in made if not one.get("ActionsEnabled", True)]
    if not made:
        return undone("there is no alarm", f"{deploy} with Monitoring=on")
    if silent:
        return undone(f"{len(silent)} tell nobody, {silent[0]} among them", "enable its actions in CloudWatch")
    topic = nested.outputs["Topic"]
    with aws_errors_explained("looking who is told"):
        topics: Any = found.session.client("sns", endpoint_url=found.endpoint, config=BRISK)
        subscribed = topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        confirmed = sum(told(page["Subscriptions"]) for page in subscribed)
    if not confirmed:
        cure = f'{deploy} PARAMETERS="OperatorMail=…", then follow the link in the mail'
        return undone(f"{len(made)} alarms, and nobody has confirmed to be told", cure)
    return done(f"{len(made)} alarms, {confirmed} told")


def told(subscriptions: Iterable[Mapping[str, str]]) -> int:
    """Those that were confirmed: until then the name is a word, "PendingConfirmation"
    (unconfirmed: from memory of the console and of `aws sns list-subscriptions-by-topic`)."""
    return sum(one["SubscriptionArn"].startswith("arn:") for one in subscriptions)


def replication(place: Place) -> Answer:
    if place.is_local:
        return unknown(NOT_IN_LOCAL_CLOUD, ASK_AT_AWS)
    given = deployed_env(place.found, place.env).parameters
    database = Deployed(place.found.session, place.found.physical_id("Database"), place.found.endpoint)
    if given["DatabaseKind"] == "aurora":
        cluster = Deployed(place.found.session, database.physical_id("Aurora"), place.found.endpoint)
        lag = _lag(place, "AuroraReplicaLagMaximum", "DBClusterIdentifier", cluster.outputs["ClusterId"])
        return _lagging("each write is in three zones", None if lag is None else lag / 1000, given["DatabaseReaders"])
    standby = given["DatabaseMultiAz"] == "true"
    if given["DatabaseReaders"] != "0":
        lag = _lag(place, "ReplicaLag", "DBInstanceIdentifier", database.physical_id("Reader"))
        return _lagging("a standby in another zone" if standby else "no standby", lag, given["DatabaseReaders"])
    if standby:
        return done("a standby in another zone, which has every write before it is answered")
    cure = f"set DatabaseMultiAz=true or DatabaseReaders=1 of env {place.env.name} and deploy it; env phase2 has both"
    return undone("the database is one instance", cure)


def _lagging(has: str, seconds: float | None, readers: str) -> Answer:
    if readers == "0":
        return done(f"{has}; nothing reads elsewhere")
    if seconds is None:
        return unknown(f"{has}, {readers} to read from; their lag was not measured in an hour", "look again later")
    if seconds > MOST_LAG_SECONDS:
        cure = "look at the reader's processor and at long queries on it"
        return undone(f"{has}; what is read is up to {seconds:.1f} s behind", cure)
    return done(f"{has}; what is read is up to {seconds:.1f} s behind")


def _lag(place: Place, metric: str, dimension: str, name: str) -> float | None:
    """The most of the last hour, in the metric's own unit."""
    with aws_errors_explained("asking how far the copies are behind"):
        told = cloudwatch(place.found).get_metric_statistics(
            Namespace="AWS/RDS",
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": name}],
            StartTime=place.now - timedelta(hours=1),
            EndTime=place.now,
            Period=3600,
            Statistics=["Maximum"],
        )
    return max((point["Maximum"] for point in told["Datapoints"]), default=None)


def queues(place: Place) -> Answer:
    """Of those that `mundo queues` knows, each with its dead letters."""
    depths = [redrive.depth(place.found, one.source) for one in redrive.QUEUES if one.source]
    given_up = sum(redrive.depth(place.found, one.dead_letters).waiting for one in redrive.QUEUES)
    if given_up:
        return undone(f"{len(depths)} queues, and {given_up} messages were given up", "mundo queues list")
    return done(f"{len(depths)} queues answer, and nothing was given up")
