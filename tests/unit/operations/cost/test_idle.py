from typing import Any

import pytest

from operations import config_env, parameters
from operations.cost.idle import COSTS_NOTHING_IDLE, PRICED, always_on, total
from operations.cost.places import place
from operations.expansion import Template

HOURS = 730


def costs(region: str = "us-east-1", **resources: dict[str, Any]) -> dict[str, float | None]:
    template = Template("", "template.yaml", resources, {})
    return {one.what: one.monthly for one in always_on([template], region)}


def instance(size: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": size, **properties}}


def aurora(size: str) -> dict[str, Any]:
    return instance(size, Engine="aurora-postgresql")


def test_a_standby_is_a_second_machine_with_a_second_disk() -> None:
    found = costs(Db=instance("db.t4g.small", Engine="postgres", MultiAZ="true", AllocatedStorage="20"))

    assert found["Db: RDS db.t4g.small, two zones"] == pytest.approx(2 * HOURS * 0.032)
    assert found["Db: RDS gp3 storage"] == pytest.approx(2 * 20 * 0.115)


def test_aurora_is_paid_by_class_or_by_the_least_it_shrinks_to() -> None:
    scaling = {"ServerlessV2ScalingConfiguration": {"MinCapacity": "1", "MaxCapacity": "8"}}
    found = costs(
        Cluster={"Type": "AWS::RDS::DBCluster", "Properties": scaling},
        First=aurora("db.serverless"),
        Second=aurora("db.r6g.large"),
    )

    assert found["First: Aurora Serverless v2, 1 ACU"] == pytest.approx(HOURS * 0.12)
    assert found["Second: Aurora db.r6g.large"] == pytest.approx(HOURS * 0.26)


def test_a_proxy_is_paid_by_what_it_serves() -> None:
    """AWS takes eight ACU at least, which is four times what two small ones have."""
    proxy = {"Type": "AWS::RDS::DBProxy", "Properties": {}}

    assert costs(First=aurora("db.serverless"), Proxy=proxy)["RDS Proxy, 8 ACU"] == pytest.approx(8 * HOURS * 0.015)
    assert costs(First=aurora("db.r6g.xlarge"), Proxy=proxy)["RDS Proxy, 4 vCPU"] == pytest.approx(4 * HOURS * 0.015)


def test_a_cluster_of_caches_is_paid_by_node() -> None:
    properties = {"CacheNodeType": "cache.t4g.small", "NumNodeGroups": "2", "ReplicasPerNodeGroup": "1"}
    found = costs("sa-east-1", Cache={"Type": "AWS::ElastiCache::ReplicationGroup", "Properties": properties})

    assert found["Cache: Valkey, 4 × cache.t4g.small"] == pytest.approx(4 * HOURS * 0.041)


def test_an_alarm_is_paid_for_each_metric_it_reads_and_ten_are_free() -> None:
    stat: dict[str, Any] = {"MetricStat": {}}
    many = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"Expression": "a"}, *[stat] * 12]}}

    assert costs(Many=many)["Many: alarm"] == pytest.approx(0.20)


def test_filters_that_make_one_metric_are_paid_once_beside_what_lines_make() -> None:
    """Two come from lines of the log, of which no template tells."""

    def made(name: str, log: str, *dimensions: str) -> dict[str, Any]:
        one = {"MetricName": name, **({"Dimensions": list(dimensions)} if dimensions else {})}
        return {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": log, "MetricTransformations": [one]}}

    def paid(**filters: dict[str, Any]) -> float | None:
        return costs("us-east-1", Api={"Type": "AWS::Serverless::Function"}, **filters).get("metrics of our own")

    assert paid(**{f"Memory{log}": made("MemoryShare", f"/mundo/{log}") for log in range(20)}) is None
    each = {f"Starts{log}": made("ColdStarts", f"/mundo/{log}", "service") for log in range(10)}
    assert paid(**each) == pytest.approx((10 + 2 - 10) * 0.30)


def test_who_counts_dead_letters_pays_for_each_time_it_asks() -> None:
    """Three queues each five minutes; the first million of requests is free."""
    counting = {
        "Type": "ScheduleV2",
        "Properties": {"ScheduleExpression": "rate(5 minutes)", "Input": '{"job": "count_dead_letters"}'},
    }
    looking = {str(number): {"Type": "SQS", "Properties": {}} for number in range(2)}
    told = {"DEAD_LETTER_QUEUES": {"Fn::Sub": "${A} ${B} ${C}"}}
    properties = {"Events": {**looking, "Count": counting}, "Environment": {"Variables": told}}

    found = costs(Effects={"Type": "AWS::Serverless::Function", "Properties": properties})

    asked = 3 * 12 * HOURS / 1e6
    polls = 2 * 0.657
    assert found["Effects: counts dead letters"] == pytest.approx(
        0.40 * (polls + asked - 1) * asked / (polls + asked), rel=1e-3
    )


def test_kept_environments_and_queues_that_are_looked_into_are_seen() -> None:
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "MemorySize": 2048,
            "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": "5"},
            "Events": {
                "Uploads": {"Type": "SQS", "Properties": {}},
                "Mails": {"Type": "SQS", "Properties": {}},
                "Off": {"Type": "SQS", "Properties": {"Enabled": False}},
            },
        },
    }
    found = costs(Api=function)

    assert found["Api: 5 environments kept"] == pytest.approx(2 * 5 * HOURS * 0.012)
    assert found["Api: looks for Uploads"] == pytest.approx((2 * 0.657 - 1) * 0.40 / 2)
    assert not any("Off" in what for what in found)


def test_what_nobody_priced_is_not_made_up() -> None:
    gateway = {"Type": "AWS::EC2::NatGateway", "Properties": {}}
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface"}}

    assert costs(Nat=gateway, S3=endpoint) == {"AWS::EC2::NatGateway Nat": None, "S3: endpoint": None}
    assert costs(Db=instance("db.x9.large", Engine="postgres"))["Db: RDS db.x9.large, single zone"] is None


def test_no_type_costs_nothing_and_something() -> None:
    assert not COSTS_NOTHING_IDLE & PRICED.keys()


ENVS = [name for name in config_env.names() if name != "local"]


@pytest.mark.parametrize("name", ENVS)
def test_everything_that_an_env_deploys_is_priced(name: str) -> None:
    """A machine that comes with a template and is in neither list of operations/cost/idle.py ends here."""
    found = place(config_env.load(name))

    unknown = [one.what for one in always_on(found.templates, found.region) if one.monthly is None]
    assert unknown == []


def test_phase_1_costs_less_than_it_may_while_nobody_comes() -> None:
    found = place(config_env.load("phase1"))

    assert 15 < total(always_on(found.templates, found.region)) < 25


def test_what_is_there_already_is_paid_elsewhere() -> None:
    env = config_env.load("phase1")
    given = {"DatabaseHost": "db.example", "CacheHost": "cache.example"}
    found = place(config_env.ConfigEnv("x", "x", "us-east-1", parameters.effective(env.parameters, given)))

    assert not {one.component for one in always_on(found.templates, found.region)} & {"database", "cache"}
