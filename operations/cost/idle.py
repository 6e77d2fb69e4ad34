"""What a deploy costs while nobody uses it: all of the expanded templates that is paid by the hour or the month.

Every type of resource stands here, with a price or as one that costs nothing until it is used: one that stands in
neither list is shown with an unknown price, and a test fails, so that no machine comes unseen. What tables keep, which
is paid in several regions, stands in tables.py.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from operations import metrics
from operations.cost import edge_plan, tables
from operations.cost.bill import Bill
from operations.cost.prices import HOURS_A_MONTH, SECONDS_A_MONTH, Prices, load
from operations.expansion import Template

# Lambda looks into a queue from five pollers, each of which waits 20 s for something.
POLLS_A_MONTH = 5 * SECONDS_A_MONTH / 20
VCPUS = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32}
LEAST_CACHE_GB, LEAST_PROXY_ACU, LEAST_PROXY_VCPU = 0.1, 8, 2

FUNCTION, FILTER = "AWS::Serverless::Function", "AWS::Logs::MetricFilter"

Properties = dict[str, Any]
Use = tuple[str, str, str, float]  # component, what it is, price, units a month

COSTS_NOTHING_IDLE = frozenset(
    f"AWS::{name}"
    for name in (
        "ApiGateway::Account", "ApiGatewayV2::Api", "ApiGatewayV2::ApiMapping", "ApiGatewayV2::Authorizer",
        "ApiGatewayV2::DomainName", "ApiGatewayV2::Integration", "ApiGatewayV2::Route", "ApiGatewayV2::Stage",
        "ApplicationAutoScaling::ScalableTarget", "ApplicationAutoScaling::ScalingPolicy", "Backup::BackupPlan",
        "Backup::BackupSelection", "Backup::BackupVault", "Budgets::Budget", "CertificateManager::Certificate",
        "CloudFormation::CustomResource", "CloudFormation::Stack", "CloudFront::CachePolicy",
        "CloudFront::Distribution", "CloudFront::Function", "CloudFront::KeyValueStore",
        "CloudFront::OriginAccessControl", "CloudFront::OriginRequestPolicy", "CloudFront::ResponseHeadersPolicy",
        "CloudWatch::AnomalyDetector", "CodeDeploy::Application", "CodeDeploy::DeploymentGroup",
        "Cognito::UserPool", "Cognito::UserPoolClient", "Cognito::UserPoolDomain", "Cognito::UserPoolGroup",
        "DynamoDB::GlobalTable", "EC2::Route", "EC2::RouteTable", "EC2::SecurityGroup", "EC2::SecurityGroupEgress",
        "EC2::SecurityGroupIngress", "EC2::Subnet", "EC2::SubnetRouteTableAssociation", "EC2::VPC",
        "ElastiCache::ParameterGroup", "ElastiCache::SubnetGroup", "ElastiCache::User", "ElastiCache::UserGroup",
        "IAM::ManagedPolicy", "IAM::Role", "Lambda::Permission", "Logs::LogGroup", "Logs::QueryDefinition",
        "Logs::ResourcePolicy", "Logs::SubscriptionFilter", "RDS::DBClusterParameterGroup", "RDS::DBParameterGroup",
        "RDS::DBProxyEndpoint", "RDS::DBProxyTargetGroup", "RDS::DBSubnetGroup", "RDS::GlobalCluster",
        "Route53::RecordSet", "Route53::RecordSetGroup", "S3::Bucket", "S3::BucketPolicy", "SNS::Subscription",
        "SNS::Topic", "SNS::TopicPolicy", "SQS::Queue", "SQS::QueuePolicy", "Scheduler::Schedule",
        "Serverless::LayerVersion", "Synthetics::Group", "WAFv2::IPSet", "WAFv2::LoggingConfiguration",
        "WAFv2::WebACLAssociation", "XRay::Group", "XRay::SamplingRule",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """`monthly` is what is left of it after what is free; None where no price is known."""

    what: str
    quantity: str
    monthly: float | None
    source: str
    confirmed: bool = True
    component: str = ""


def always_on(templates: Iterable[Template], region: str, prices: Prices | None = None) -> list[Standing]:
    """Everything that costs while nobody comes, each with its part of what is free; the dearest first. What a table
    keeps in other regions is paid there, and told of the stack that made the table."""
    known, stack = prices or load(), list(templates)
    bill, told, untold = Bill(known), [], []
    here = [(component, what, name, region, units) for component, what, name, units in uses(stack)]
    for component, what, name, where, units in [*here, *tables.standing(stack)]:
        if component == edge_plan.COMPONENT:
            price = known[name]
            quantity = f"${price.cost(where, units):,.0f} once it is approved, and the firewall is nothing then"
            untold.append(Standing(what, quantity, 0.0, price.source, where in price.confirmed, component))
        elif name in known:
            bill.add(component, name, where, units)
            told.append((component, what, name, where, units))
        else:
            untold.append(Standing(what, f"no price of {name}", None, "operations/prices.toml", component=component))
    found = []
    for (component, what, name, where, units), (_, usd) in zip(told, bill.costs(), strict=True):
        price = known[name]
        if usd > 0:
            quantity = f"{units:,.4g} × {price.unit}" if units < 10_000 else f"{units:,.0f} × {price.unit}"
            found.append(Standing(what, quantity, usd, price.source, where in price.confirmed, component))
    return sorted(found, key=lambda one: -(one.monthly or 0)) + untold


def total(found: Iterable[Standing]) -> float:
    """Of those that are known."""
    return sum(one.monthly or 0 for one in found)


def uses(templates: Iterable[Template]) -> Iterator[Use]:
    expanded = list(templates)
    # Filters of several logs may make one metric, and lines of the log make some without any resource.
    if any(each["Type"] == FUNCTION for one in expanded for each in one.resources.values()):
        yield "monitoring", "metrics of our own", "metrics", metrics.counted(expanded).custom
    every = [(f"{one.path}/{name}".lstrip("/"), each) for one in expanded for name, each in one.resources.items()]
    yield from _uses(every)


def _uses(every: "Every") -> Iterator[Use]:
    for name, resource in every:
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in COSTS_NOTHING_IDLE or kind == FILTER or kind.startswith("Custom::"):
            continue
        if kind == "AWS::RDS::DBProxy":
            yield from _proxy(every)
        elif kind in PRICED:
            yield from PRICED[kind](properties, name, every)
        else:
            yield "other", f"{kind} {name}", kind, 1


Every = list[tuple[str, dict[str, Any]]]


def _instance(properties: Properties, name: str, every: Every) -> Iterator[Use]:
    size = str(properties["DBInstanceClass"])
    if str(properties.get("Engine", "")).startswith("aurora"):
        if size == "db.serverless":
            least = _least_acu(every)
            yield "database", f"{name}: Aurora Serverless v2, {least:g} ACU", "aurora_acu", least * HOURS_A_MONTH
        else:
            yield "database", f"{name}: Aurora {size}", f"aurora {size}", HOURS_A_MONTH
        return
    machines = 2 if str(properties.get("MultiAZ", "false")).lower() == "true" else 1
    zones = "two zones" if machines == 2 else "single zone"
    yield "database", f"{name}: RDS {size}, {zones}", f"rds {size}", machines * HOURS_A_MONTH
    disk = float(properties.get("AllocatedStorage", 20))
    yield "database", f"{name}: RDS gp3 storage", "rds_storage", machines * disk
    yield from _secret(properties, name, every)


def _secret(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    if str(properties.get("ManageMasterUserPassword", "false")).lower() == "true":
        yield "database", f"{name}: master's secret", "secrets", 1


def least_acu(templates: Iterable[Template]) -> float:
    """What an instance of Aurora Serverless shrinks to."""
    return _least_acu([("", each) for one in templates for each in one.resources.values()])


def _least_acu(every: Every) -> float:
    scaled = [
        each["Properties"]["ServerlessV2ScalingConfiguration"]
        for _, each in every
        if "ServerlessV2ScalingConfiguration" in each.get("Properties", {})
    ]
    return float(scaled[0]["MinCapacity"]) if scaled else 0.5


def _proxy(every: Every) -> Iterator[Use]:
    """Paid by the size of all that it may reach."""
    sizes = [str(each["Properties"]["DBInstanceClass"]) for _, each in every if each["Type"] == "AWS::RDS::DBInstance"]
    serverless = sizes.count("db.serverless")
    if serverless:
        acus = max(serverless * _least_acu(every), LEAST_PROXY_ACU)
        yield "proxy", f"RDS Proxy, {acus:g} ACU", "proxy_acus", acus * HOURS_A_MONTH
    vcpus = sum(VCPUS.get(size.rpartition(".")[2], 2) for size in sizes if size != "db.serverless")
    if vcpus or not sizes:
        paid = max(vcpus, LEAST_PROXY_VCPU)
        yield "proxy", f"RDS Proxy, {paid} vCPU", "proxy_vcpus", paid * HOURS_A_MONTH


def _cache_nodes(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    size = str(properties["CacheNodeType"])
    shards = int(properties.get("NumNodeGroups", 1))
    nodes = int(properties.get("NumCacheClusters") or shards * (1 + int(properties.get("ReplicasPerNodeGroup", 0))))
    yield "cache", f"{name}: Valkey, {nodes} × {size}", f"cache {size}", nodes * HOURS_A_MONTH


def _serverless_cache(_: Properties, name: str, _every: Every) -> Iterator[Use]:
    yield "cache", f"{name}: Valkey, ElastiCache Serverless", "cache_gigabytes", LEAST_CACHE_GB * HOURS_A_MONTH


def _alarm(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    yield "monitoring", f"{name}: alarm", "alarms", metrics.read_by(properties)


def _function(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    gigabytes = float(properties.get("MemorySize", 128)) / 1024
    provisioned = properties.get("ProvisionedConcurrencyConfig", {}).get("ProvisionedConcurrentExecutions", 0)
    if float(provisioned):
        hours = gigabytes * float(provisioned) * HOURS_A_MONTH
        yield "functions", f"{name}: {provisioned} environments kept", "lambda_provisioned", hours
    if properties.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        yield "functions", f"{name}: snapshot", "lambda_snapstart", gigabytes
    for source, event in properties.get("Events", {}).items():
        enabled = str(event.get("Properties", {}).get("Enabled", True)).lower() != "false"
        if event["Type"] == "SQS" and enabled:
            price = "queue_fifo_requests" if "Chunk" in source else "queue_requests"
            yield "queues", f"{name}: looks for {source}", price, POLLS_A_MONTH / 1e6
        if "count_dead_letters" in event.get("Properties", {}).get("Input", ""):
            queues = len(properties["Environment"]["Variables"]["DEAD_LETTER_QUEUES"]["Fn::Sub"].split())
            runs = SECONDS_A_MONTH / _seconds(event["Properties"]["ScheduleExpression"])
            yield "queues", f"{name}: counts dead letters", "queue_requests", queues * runs / 1e6


def _seconds(rate: str) -> float:
    """Between two runs of a schedule such as `rate(5 minutes)`."""
    number, unit = rate.removeprefix("rate(").removesuffix(")").split()
    return int(number) * {"minute": 60, "hour": 3600}[unit.removesuffix("s")]


def _firewall(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    yield "firewall", f"{name}: web ACL", "firewall_lists", 1
    yield "firewall", f"{name}: rules", "firewall_rules", len(properties.get("Rules", []))


def _plan(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    """Of one that is approved: until then it is nothing, and all that it covers is paid."""
    tier, level = properties["PlanTier"], properties["UsageLevel"]
    yield edge_plan.COMPONENT, f"{name}: CloudFront's plan", edge_plan.price_of(tier, level), 1


def _one(component: str, what: str, price: str) -> "Uses":
    return lambda _properties, name, _every: iter([(component, f"{name}: {what}", price, 1.0)])


def _endpoint(properties: Properties, name: str, _every: Every) -> Iterator[Use]:
    """To S3 and DynamoDB they are free; any other has no price here, so that none comes unseen."""
    if properties.get("VpcEndpointType", "Gateway") != "Gateway":
        yield "network", f"{name}: endpoint", "AWS::EC2::VPCEndpoint Interface", 1


Uses = Callable[[Properties, str, Every], Iterator[Use]]
PRICED: dict[str, Uses] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _one("monitoring", "composite alarm", "composite_alarms"),
    "AWS::CloudWatch::Dashboard": _one("monitoring", "dashboard", "dashboards"),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ElastiCache::ReplicationGroup": _cache_nodes,
    "AWS::ElastiCache::ServerlessCache": _serverless_cache,
    "AWS::KMS::Key": _one("keys", "key", "keys"),
    edge_plan.SUBSCRIPTION: _plan,
    "AWS::RDS::DBCluster": _secret,
    "AWS::RDS::DBInstance": _instance,
    "AWS::Route53::HealthCheck": _one("names", "health check", "health_checks"),
    "AWS::Route53::HostedZone": _one("names", "hosted zone", "dns_zones"),
    "AWS::SecretsManager::Secret": _one("secrets", "secret", "secrets"),
    FUNCTION: _function,
    "AWS::WAFv2::WebACL": _firewall,
}
