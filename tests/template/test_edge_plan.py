"""What CloudFront's plan covers, and that the edge asks for nothing that plans do not take.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/flat-rate-pricing-plan.html
https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
"""

from collections.abc import Iterator
from typing import Any

import pytest

from operations.cost.edge_plan import PREMIUM, SUBSCRIPTION
from operations.edge_stack import TEMPLATE
from operations.expansion import expand
from operations.parameters import declared
from tests.template.edges import NAMES, SECOND, behaviours, distribution, templates

WITH_PLAN = {"Waf": "on", "EdgePlan": "CF_PREMIUM_L2"}
SHAPES = [WITH_PLAN, WITH_PLAN | SECOND, WITH_PLAN | SECOND | NAMES]
NOT_TAKEN = {
    "LambdaFunctionAssociations", "RealtimeLogConfigArn", "ForwardedValues", "FieldLevelEncryptionId",
    "ContinuousDeploymentPolicyId", "Staging", "TenantConfig", "ConnectionMode", "IamCertificateId",
}  # fmt: skip


def keys(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_it_covers_the_distribution_and_its_firewall() -> None:
    plan = templates(**WITH_PLAN)[""].resources["Plan"]

    assert plan["Properties"] == {
        "PlanFamily": "CloudFront",
        "PlanTier": "PREMIUM",
        "UsageLevel": "CF_PREMIUM_L2",
        "ResourceArns": [
            {"Fn::Sub": "arn:aws:cloudfront::123456789012:distribution/${Distribution}"},
            {"Fn::GetAtt": ["Firewall", "Outputs.Arn"]},
        ],
    }
    # One that was kept when it leaves the template would be paid for, and in no template.
    assert plan["DeletionPolicy"] == plan["UpdateReplacePolicy"] == "Delete"


@pytest.mark.parametrize("given", [{}, {"Waf": "on"}, {"EdgePlan": "DEFAULT"}])
def test_it_is_made_where_it_is_asked_for_and_has_a_firewall(given: dict[str, str]) -> None:
    assert not [one for one in templates(**given)[""].resources.values() if one["Type"] == SUBSCRIPTION]


@pytest.mark.parametrize("template", ["template.yaml", TEMPLATE])
def test_the_levels_are_those_that_have_a_price(template: Any) -> None:
    parameter = declared(TEMPLATE)["EdgePlan"] if template == TEMPLATE else declared()["EdgePlan"]

    assert parameter["AllowedValues"] == ["none", *(level.name for level in PREMIUM)]
    assert parameter["Default"] == "none"


def test_the_platform_passes_it_on_and_wants_a_firewall(template: dict[str, Any]) -> None:
    assert template["Resources"]["EdgeStack"]["Properties"]["Parameters"]["EdgePlan"] == {"Ref": "EdgePlan"}
    made = {one.path: one for one in expand(WITH_PLAN)}
    assert made["EdgeStack"].resources["Plan"]["Properties"]["UsageLevel"] == "CF_PREMIUM_L2"
    rule = template["Rules"]["PlanWithAFirewall"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "EdgePlan"}, "none"]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Waf"}, "on"]}


@pytest.mark.parametrize("given", SHAPES)
def test_the_edge_asks_for_nothing_that_plans_do_not_take(given: dict[str, str]) -> None:
    config = distribution(**given)
    found = list(keys(config))

    assert not {name for name, _ in found} & NOT_TAKEN
    assert all(value == "" for name, value in found if name == "OriginAccessIdentity")
    assert not [value for name, value in found if name == "SslSupportMethod" and value != "sni-only"]
    for behaviour in (config["DefaultCacheBehavior"], *behaviours(**given).values()):
        assert behaviour["CachePolicyId"]


def test_the_firewall_has_no_rule_that_plans_do_not_take() -> None:
    """CAPTCHA, targeted bots, partners' rules, and the groups against account fraud."""
    acl = templates(**WITH_PLAN)["Firewall"].resources["WebAcl"]["Properties"]
    found = list(keys(acl))

    assert "Captcha" not in {name for name, _ in found}
    assert {value for name, value in found if name == "VendorName"} == {"AWS"}
    groups = {one["Name"] for name, one in found if name == "ManagedRuleGroupStatement"}
    assert groups
    assert not {"AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet"} & groups
    assert not [value for name, value in found if name == "InspectionLevel" and value == "TARGETED"]


def test_functions_and_firewall_are_of_this_distribution_alone() -> None:
    """Their names begin with the stack's, and no template takes another's."""
    found = templates(**WITH_PLAN)
    named = [
        one["Properties"]["Name"]
        for template in found.values()
        for one in template.resources.values()
        if one["Type"] in ("AWS::CloudFront::Function", "AWS::WAFv2::WebACL")
    ]

    assert named
    assert all(str(name).startswith("mundo-tango-") for name in named)
    kinds = [one["Type"] for template in found.values() for one in template.resources.values()]
    assert kinds.count("AWS::CloudFront::Distribution") == kinds.count("AWS::WAFv2::WebACL") == 1
