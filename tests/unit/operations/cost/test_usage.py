"""Each component by an example reckoned by hand: 1,000 people, 25 sessions each."""

from typing import Any

import pytest

from operations.cost.idle import always_on
from operations.cost.model import Assumptions, project_places
from operations.cost.places import Place
from operations.cost.prices import SECONDS_A_MONTH
from tests.unit.operations.cost.conftest import act, stack, table, taking, taking_elsewhere, used

PEOPLE = 1_000_000
FEEDS = PEOPLE * 25 * 0.93  # 3 of the 20 requests
LIKES = PEOPLE * 200


def units(places: list[Place], given: Assumptions, users: int = PEOPLE) -> dict[tuple[str, str], float]:
    """By price and region."""
    found: dict[tuple[str, str], float] = {}
    for line, _ in project_places(places, "phase1", users, given).lines:
        key = line.price, line.region
        found[key] = found.get(key, 0) + line.units
    return found


def dollars(places: list[Place], given: Assumptions, component: str, users: int = PEOPLE) -> float:
    parts = project_places(places, "phase1", users, given).components
    return sum(part.usd for part in parts if part.name == component)


def test_a_request_is_paid_at_the_gateway_and_in_lambda(idle: Assumptions) -> None:
    """30 ms of a whole processor, 1 % cold starts of 900 ms beside, and 10 ms of wait, at 1,769 MB."""
    given = taking(idle, feed=act({"ApiFunction": used(invocations=1, cpu_ms=30, database_ms=10)}))
    found = units([stack()], given)

    assert found["http_api", "us-east-1"] == pytest.approx(FEEDS / 1e6)
    assert found["lambda_seconds", "us-east-1"] == pytest.approx(FEEDS * (0.030 + 0.009 + 0.010) * 1769 / 1024)
    assert dollars([stack()], given, "HTTP API") == pytest.approx(FEEDS / 1e6 * 1.00)
    assert dollars([stack()], given, "Lambda") == pytest.approx(
        (FEEDS / 1e6 - 1) * 0.20 + (FEEDS * 0.049 * 1769 / 1024 - 400_000) * 0.0000133334
    )


def test_a_small_function_is_slower_but_waits_no_longer(idle: Assumptions) -> None:
    """512 MB are 0.29 of a processor; a call of DynamoDB takes 5 ms there as everywhere."""
    how = idle.workload.functions
    billed = used(invocations=0, cpu_ms=10, database_ms=3, waits={"dynamodb": 2}, sql=1).billed_ms(512, how)

    assert billed == pytest.approx(10 * 1769 / 512 + 3 + 2 * 5 + 1)


def test_what_the_edge_answers_reaches_no_function(idle: Assumptions) -> None:
    given = taking(idle, tonight=act({"ApiFunction": used(invocations=1)}))

    missed = 1 - idle.workload.edge.offload_json * 6.67 / 3.72
    assert units([stack()], given)["http_api", "us-east-1"] == pytest.approx(PEOPLE * 25 * 1.24 * missed / 1e6)


def test_likes_are_written_to_each_copy_of_the_table_at_its_own_price(idle: Assumptions) -> None:
    given = taking(idle, like=act(writes={"reactions": 1.0, "reactions by_user": 1.0}))
    home = stack(ReactionsTable=table("us-east-1", "sa-east-1"))
    found = units([home], given)

    assert found["dynamodb_writes", "us-east-1"] == found["dynamodb_writes", "sa-east-1"] == 2 * LIKES / 1e6
    assert dollars([home], given, "DynamoDB reactions") == pytest.approx(2 * LIKES / 1e6 * (0.625 + 0.9375))


def test_what_is_removed_by_age_is_paid_in_the_other_regions(idle: Assumptions) -> None:
    given = taking(idle, like=act(expiries={"reactions": 2.0}))
    found = units([stack(ReactionsTable=table("us-east-1", "sa-east-1"))], given)

    assert found["dynamodb_writes", "sa-east-1"] == 2 * LIKES / 1e6
    assert ("dynamodb_writes", "us-east-1") not in found
    assert ("dynamodb_writes", "us-east-1") not in units([stack(ReactionsTable=table("us-east-1"))], given)


def test_each_other_region_pays_for_what_a_write_takes_there(idle: Assumptions) -> None:
    given = taking_elsewhere(
        taking(idle, post=act(reads={"edges": 3.0})),
        post=act({"PushFunction": used(invocations=1)}, reads={"edges": 0.5}),
    )
    found = units([stack(), stack("eu-west-1", home=False)], given)

    assert found["dynamodb_reads", "us-east-1"] == pytest.approx(PEOPLE * 4 * 3 / 1e6)
    assert found["dynamodb_reads", "eu-west-1"] == pytest.approx(PEOPLE * 4 * 0.5 / 1e6)
    assert found["lambda_requests", "eu-west-1"] == pytest.approx(PEOPLE * 4 / 1e6)


def test_writes_go_home_and_reads_to_the_nearest(idle: Assumptions) -> None:
    """Of 20 % in America, 45 % in Europe."""
    api = {"ApiFunction": used(invocations=1)}
    places = [stack(), stack("eu-west-1", home=False)]
    found = units(places, taking(idle, feed=act(api), like=act(api)))

    assert found["http_api", "us-east-1"] == pytest.approx((FEEDS * 20 / 65 + LIKES) / 1e6)
    assert found["http_api", "eu-west-1"] == pytest.approx(FEEDS * 45 / 65 / 1e6)


def test_a_stream_is_read_four_times_a_second_however_many_come(idle: Assumptions) -> None:
    """One like takes 10 ms of a small function's time, twenty together 48: each further one 2."""
    how = {"invocations": 1, "database_ms": 10.0}
    given = taking(
        idle,
        like=act({"CountersFunction": used(**how)}),
        many_likes=act({"CountersFunction": used(invocations=1, database_ms=48.0)}),
    )
    found = units([stack()], given)
    cold = 0.01 * 900 * 1769 / 512
    polls = 4 * SECONDS_A_MONTH

    assert polls < LIKES
    assert found["lambda_requests", "us-east-1"] == pytest.approx(polls / 1e6)
    seconds = (polls * (8 + cold) + LIKES * 2) / 1000
    assert found["lambda_seconds", "us-east-1"] == pytest.approx(seconds / 2)


def test_sockets_are_paid_by_the_minute_and_by_the_frame(idle: Assumptions) -> None:
    """1.2 sockets a session ask twice each, 3 pings a session are answered; 0.5 frames a like, 6 a post, 1 a
    comment and 2 a picture are told."""
    given = taking(idle, ping=act(frames=1))
    found = units([stack()], given)

    assert found["socket_minutes", "us-east-1"] == pytest.approx(PEOPLE * 300 / 1e6)
    told = 200 * 0.5 + 4 * 6 + 10 * 1 + 2 * 2
    assert found["socket_messages", "us-east-1"] == pytest.approx(PEOPLE * (2 * 30 + 2 * 75 + told) / 1e6)


def test_pictures_are_kept_and_originals_become_cheaper(idle: Assumptions) -> None:
    """Each 2 MB and 1 MB of variants: 24 a person after a year, of which 2 of the last month."""
    found = units([stack()], idle, users=1000)

    assert found["s3_storage", "us-east-1"] == pytest.approx(1000 * (24 * 1e6 + 2 * 2e6) / 1e9)
    assert found["s3_rare_storage", "us-east-1"] == pytest.approx(1000 * 22 * 2e6 / 1e9)


def test_viewers_pay_by_where_they_are(idle: Assumptions) -> None:
    """15.87 calls of 3 KB and 13.33 pictures of 30 KB a session; 10 million requests and a terabyte are free."""
    found = units([stack()], idle)

    assert found["edge_requests", "sa-east-1"] == pytest.approx(PEOPLE * 0.35 * 25 * 29.2 / 1e6)
    assert found["edge_gigabytes", "us-east-1"] == pytest.approx(PEOPLE * 0.2 * 25 * (15.87 * 3 + 13.33 * 30) / 1e6)


def test_identities_are_paid_from_the_ten_thousand_and_first_on(idle: Assumptions) -> None:
    assert dollars([stack()], idle, "Cognito", users=10_000) == 0
    assert dollars([stack()], idle, "Cognito", users=100_000) == pytest.approx(90_000 * 0.0055)
    assert dollars([stack()], idle, "Cognito", users=1_000_000) == pytest.approx(90_000 * 0.0055 + 900_000 * 0.0046)


def test_a_firewall_is_paid_for_each_request(idle: Assumptions) -> None:
    rules: dict[str, Any] = {"Rules": [{}, {}, {}]}
    found = units([stack(Acl={"Type": "AWS::WAFv2::WebACL", "Properties": rules})], idle)

    assert found["firewall_lists", "us-east-1"] == 1
    assert found["firewall_rules", "us-east-1"] == 3
    assert found["firewall_requests", "us-east-1"] == pytest.approx(PEOPLE * 25 * 29.2 / 1e6)


def test_lines_of_log_are_paid_with_what_cloudwatch_adds(idle: Assumptions) -> None:
    given = taking(idle, feed=act({"ApiFunction": used(invocations=1, log_bytes=940)}))

    assert units([stack()], given)["logs", "us-east-1"] == pytest.approx(FEEDS * 1000 / 1e9)


def test_a_daily_backup_keeps_a_table_whole_each_day(idle: Assumptions) -> None:
    """46 KB of reactions a person and month, 12 months, 35 days."""
    copy = {
        "DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:1:backup-vault:v",
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    rule = {
        "Lifecycle": {"DeleteAfterDays": 35}, "CopyActions": [copy], "ScheduleExpression": "cron(0 7 * * ? *)"
    }  # fmt: skip
    found = units([backed_up(rule, {"Ref": "ReactionsTable"})], idle, users=1000)

    for region in ("us-east-1", "eu-west-1"):
        assert found["backup_dynamodb", region] == pytest.approx(35 * 1000 * 12 * 46 / 1e6)
    assert ("backup_rds", "us-east-1") not in found


def test_a_monthly_backup_of_sixty_days_is_two(idle: Assumptions) -> None:
    rule = {"Lifecycle": {"DeleteAfterDays": 60}, "ScheduleExpression": "cron(0 7 1 * ? *)"}
    found = units([backed_up(rule, {"Ref": "ReactionsTable"})], idle, users=1000)

    assert found["backup_dynamodb", "us-east-1"] == pytest.approx(2 * 1000 * 12 * 46 / 1e6)


def test_of_a_database_only_what_changed_is_kept_again(idle: Assumptions) -> None:
    rule = {"Lifecycle": {"DeleteAfterDays": 35}, "ScheduleExpression": "cron(0 7 * * ? *)"}
    found = units([backed_up(rule, {"Fn::GetAtt": ["Database", "Outputs.Arn"]})], idle, users=1000)

    assert found["backup_rds", "us-east-1"] == pytest.approx(1000 * 12 * 60 / 1e6 * 1.7)
    assert ("backup_dynamodb", "us-east-1") not in found


def backed_up(rule: dict[str, Any], what: dict[str, Any]) -> Place:
    chosen = {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": {"Resources": [what]}}
    return stack(
        Plan={"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": {"BackupPlanRule": [rule]}}},
        Facts={"Type": "AWS::Backup::BackupSelection", "Properties": chosen},
    )


def scaled_table(*regions: str, floor: int = 1, index: str = "") -> dict[str, Any]:
    settings = {
        "MinCapacity": floor,
        "MaxCapacity": 10**6,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
    }
    writes = {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": settings}}
    reads = {"ReadProvisionedThroughputSettings": {"ReadCapacityAutoScalingSettings": settings}}
    indexes = [{"IndexName": index}] if index else []
    return {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "BillingMode": "PROVISIONED",
            **writes,
            "GlobalSecondaryIndexes": [one | writes for one in indexes],
            "Replicas": [
                {"Region": region, **reads, "GlobalSecondaryIndexes": [one | reads for one in indexes]}
                for region in regions
            ],
        },
    }


def test_a_scaled_table_is_paid_by_the_hour_in_each_region_at_its_price(idle: Assumptions) -> None:
    """Of what is kept between 45 and 62 hundredths are used; the index is kept beside, no write is paid by itself."""
    given = taking(idle, like=act(writes={"reactions": 1.0, "reactions by_user": 1.0}))
    home = stack(ReactionsTable=scaled_table("us-east-1", "sa-east-1", index="by_user"))
    found = units([home], given)

    assert not {price for price, _ in found} & {"dynamodb_writes", "dynamodb_reads"}
    for region in ("us-east-1", "sa-east-1"):
        assert 1 / 0.62 < found["dynamodb_write_hours", region] / (2 * LIKES / 3600) < 1 / 0.45
        assert found["dynamodb_read_hours", region] == 2 * 730  # nobody reads: the floors
    hours = found["dynamodb_write_hours", "us-east-1"]
    floors = 2 * 730 * (0.00013 + 0.000195)
    assert dollars([home], given, "DynamoDB reactions") == pytest.approx(hours * (0.00065 + 0.000975) + floors)


def test_a_scaled_table_costs_its_floors_and_alarms_while_nobody_comes(idle: Assumptions) -> None:
    """Eight alarms each of the table and the index, and each in two regions; ten are free."""
    home = stack(ReactionsTable=scaled_table("us-east-1", "sa-east-1", floor=10, index="by_user"))
    found = units([home], idle)

    assert found["dynamodb_write_hours", "sa-east-1"] == found["dynamodb_read_hours", "us-east-1"] == 2 * 10 * 730
    assert found["alarms", "us-east-1"] == found["alarms", "sa-east-1"] == 16
    standing = {one.what: one.monthly for one in always_on(home.templates, "us-east-1")}
    assert standing["reactions in sa-east-1: 10 writes a second kept"] == pytest.approx(10 * 730 * 0.000975)
    assert sum(usd or 0 for what, usd in standing.items() if "auto scaling's alarms" in what) == pytest.approx(2.2)


def test_a_local_index_is_kept_with_its_table(idle: Assumptions) -> None:
    given = taking(idle, like=act(writes={"notifications": 1.0, "notifications by_position": 1.0}))
    found = units([stack(NotificationsTable=scaled_table("us-east-1"))], given)

    assert "dynamodb_writes" not in {price for price, _ in found}
    assert found["dynamodb_write_hours", "us-east-1"] > 2 * LIKES / 3600 / 0.62
