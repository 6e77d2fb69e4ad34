from typing import Any

import pytest

from operations.config_env import ConfigEnv
from operations.parameters import effective
from operations.preflight import Finding, State, examine
from operations.refusal import Refusal
from operations.webpush import Key
from tests.fakes.account import FakeAccount

IDENTITY = "arn:aws:ses:us-east-1:123456789012:identity/example.org"
SENDER = "Mundo Tango <hello@example.org>"
KEY = Key("/mundo-tango/web-push-key", "B" + 86 * "x")


def phase1(stack_name: str = "mundo-tango-phase1", **parameters: str) -> ConfigEnv:
    return ConfigEnv("phase1", stack_name, "us-east-1", effective(parameters))


def found(check: str, account: FakeAccount, env: ConfigEnv) -> Finding:
    (finding,) = [finding for finding in examine(account, env) if finding.check == check]
    return finding


def test_a_ready_account_is_refused_nothing() -> None:
    env = phase1(SesIdentity=IDENTITY, SesFrom=SENDER, OperatorMail="ops@example.org", **KEY.parameters)
    findings = examine(FakeAccount(verified={"example.org"}, push_keys={KEY.parameter: KEY.public}), env)

    assert {finding.check: finding.state for finding in findings} == {
        "credentials": State.GOOD,
        "region": State.GOOD,
        "names": State.GOOD,
        "edge": State.GOOD,
        "concurrency": State.GOOD,
        "mail": State.GOOD,
        "digests": State.GOOD,
        "web push": State.GOOD,
        "operator": State.GOOD,
    }


CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ELSEWHERE = "arn:aws:acm:sa-east-1:123456789012:certificate/1"
DOMAIN = {
    "SiteUrl": "https://www.mundotango.example",
    "DomainName": "mundotango.example",
    "HostedZoneId": "Z0",
    "CertificateArn": CERTIFICATE,
}


@pytest.mark.parametrize(
    ("region", "given"),
    [
        ("us-east-1", {}),
        ("us-east-1", DOMAIN | {"RegionalCertificateArn": CERTIFICATE}),
        ("sa-east-1", DOMAIN | {"RegionalCertificateArn": ELSEWHERE, "Edge": "apart"}),
        ("us-east-1", {"SiteUrl": "https://mundotango.example", "CertificateArn": CERTIFICATE}),
    ],
)
def test_an_edge_that_can_be_made(region: str, given: dict[str, str]) -> None:
    assert found("edge", FakeAccount(region=region), phase1(**given)).state is State.GOOD


@pytest.mark.parametrize(
    ("region", "given", "said"),
    [
        ("sa-east-1", {}, "us-east-1 only, not in sa-east-1"),
        ("us-east-1", DOMAIN | {"HostedZoneId": ""}, "go together"),
        ("us-east-1", DOMAIN | {"SiteUrl": "https://notmundotango.example"}, "SiteUrl is not in mundotango.example"),
        ("us-east-1", DOMAIN | {"SiteUrl": ""}, "SiteUrl is not in mundotango.example"),
        ("us-east-1", DOMAIN | {"CertificateArn": ""}, "no CertificateArn for www.mundotango.example"),
        ("us-east-1", {"CertificateArn": CERTIFICATE}, "without SiteUrl"),
        ("us-east-1", {"EdgePlan": "DEFAULT"}, "EdgePlan without a firewall"),
        ("us-east-1", DOMAIN | {"CertificateArn": ELSEWHERE}, "CertificateArn is not of us-east-1"),
        ("us-east-1", DOMAIN | {"RegionalCertificateArn": ELSEWHERE}, "RegionalCertificateArn is not of us-east-1"),
        ("us-east-1", {"RegionalCertificateArn": CERTIFICATE}, "without DomainName"),
    ],
)
def test_an_edge_that_cannot_be_made_is_refused(region: str, given: dict[str, str], said: str) -> None:
    finding = found("edge", FakeAccount(region=region), phase1(**given))
    assert finding.state is State.REFUSED
    assert said in finding.said
    assert finding.cure


def test_a_stack_that_tells_nobody_is_noted() -> None:
    finding = found("operator", FakeAccount(), phase1())

    assert finding.state is State.NOTE
    assert "OperatorMail=" in finding.cure


def test_a_fresh_account_with_ten_executions_may_deploy_and_is_told() -> None:
    finding = found("concurrency", FakeAccount(limit=10, unreserved=10), phase1())

    assert finding.state is State.NOTE
    assert "10 executions" in finding.said
    assert "servicequotas" in finding.cure


@pytest.mark.parametrize(
    ("account", "reserved", "state"),
    [
        (FakeAccount(limit=10, unreserved=10), "0", State.NOTE),
        (FakeAccount(limit=10, unreserved=10), "1", State.REFUSED),
        (FakeAccount(limit=1000, unreserved=140), "40", State.GOOD),
        (FakeAccount(limit=1000, unreserved=140), "41", State.REFUSED),
        # On an update its own reservation is among those taken.
        (FakeAccount(limit=140, unreserved=100, stacks={"mundo-tango-phase1": "UPDATE_COMPLETE"}), "40", State.GOOD),
    ],
)
def test_a_reservation_leaves_lambda_what_it_keeps_unreserved(
    account: FakeAccount, reserved: str, state: State
) -> None:
    assert found("concurrency", account, phase1(ReservedConcurrency=reserved)).state is state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", State.GOOD),
        ("UPDATE_ROLLBACK_COMPLETE", State.GOOD),
        ("REVIEW_IN_PROGRESS", State.GOOD),
        ("ROLLBACK_COMPLETE", State.REFUSED),
        ("UPDATE_IN_PROGRESS", State.REFUSED),
        ("UPDATE_ROLLBACK_FAILED", State.REFUSED),
        ("DELETE_FAILED", State.REFUSED),
    ],
)
def test_a_stack_that_cannot_be_deployed_to_is_refused_with_the_cure(status: str, state: State) -> None:
    finding = found("names", FakeAccount(stacks={"mundo-tango-phase1": status}), phase1())

    assert finding.state is state
    assert bool(finding.cure) == (state is State.REFUSED)


def test_a_first_deploy_is_refused_while_the_tables_of_a_deleted_stack_are_there() -> None:
    kept = FakeAccount(tables={"mundo-tango-phase1-reactions"})
    finding = found("names", kept, phase1())

    assert finding.state is State.REFUSED
    assert "HomeRegion=us-east-1" in finding.cure
    assert found("names", kept, phase1(HomeRegion="us-east-1", Regions="us-east-1")).state is State.GOOD
    assert found("names", kept, phase1(IsHome="false", HomeRegion="eu-west-1")).state is State.GOOD  # its replicas


def test_a_first_deploy_is_refused_while_its_cache_has_a_namesake() -> None:
    taken = FakeAccount(caches={"mundo-tango", "other"})

    assert found("names", taken, phase1()).state is State.REFUSED
    assert found("names", taken, phase1(CacheName="other")).state is State.REFUSED
    assert found("names", taken, phase1(CacheName="free")).state is State.GOOD
    assert found("names", taken, phase1(CacheHost="cache.example")).state is State.GOOD
    updated = FakeAccount(caches={"mundo-tango"}, stacks={"mundo-tango-phase1": "CREATE_COMPLETE"})
    assert found("names", updated, phase1()).state is State.GOOD


@pytest.mark.parametrize("name", ["1st", "mundo_tango", "a" * 31, "mundo.tango", "Mundo-Tango"])
def test_a_name_that_buckets_and_roles_cannot_begin_with_is_refused(name: str) -> None:
    assert found("names", FakeAccount(), phase1(name)).state is State.REFUSED


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (FakeAccount(), "may not send as"),
        (FakeAccount(verified={"example.org"}, sending=False), "paused"),
        (FakeAccount(verified={"example.org"}, production=False), "sandbox"),
    ],
)
def test_mail_that_would_not_arrive_is_refused(account: FakeAccount, said: str) -> None:
    finding = found("mail", account, phase1(SesIdentity=IDENTITY))

    assert finding.state is State.REFUSED
    assert said in finding.said
    assert finding.cure


@pytest.mark.parametrize(
    ("given", "missing"), [({"SesIdentity": IDENTITY}, "SesFrom"), ({"SesFrom": SENDER}, "SesIdentity")]
)
def test_digests_that_half_of_their_parameters_would_silently_not_send_are_noted(
    given: dict[str, str], missing: str
) -> None:
    finding = found("digests", FakeAccount(verified={"example.org"}), phase1(**given))

    assert finding.state is State.NOTE
    assert f"without {missing}: no digest" in finding.said
    assert missing in finding.cure


def test_who_gives_neither_is_told_of_digests_where_mail_is() -> None:
    findings = examine(FakeAccount(), phase1())

    assert [finding.check for finding in findings if "digests" in finding.said] == ["mail"]


def test_without_a_key_there_is_no_web_push_and_that_is_noted() -> None:
    assert found("web push", FakeAccount(), phase1()).state is State.NOTE


@pytest.mark.parametrize("given", KEY.parameters)
def test_half_of_a_key_is_refused(given: str) -> None:
    account = FakeAccount(push_keys={KEY.parameter: KEY.public})
    finding = found("web push", account, phase1(**{given: KEY.parameters[given]}))

    assert finding.state is State.REFUSED
    assert "go together" in finding.said


def test_a_key_that_is_not_there_or_is_another_one_is_refused() -> None:
    other = Key(KEY.parameter, "B" + 86 * "y")
    missing = found("web push", FakeAccount(), phase1(**KEY.parameters))
    replaced = found("web push", FakeAccount(push_keys={other.parameter: other.public}), phase1(**KEY.parameters))

    assert (missing.state, missing.cure) == (State.REFUSED, "mundo webpush create-key")
    assert (replaced.state, replaced.cure) == (
        State.REFUSED,
        f"VapidPublicKey={other.parameters['VapidPublicKey']}",
    )


def test_without_an_identity_cognito_sends_and_that_is_noted() -> None:
    assert found("mail", FakeAccount(production=False), phase1()).state is State.NOTE


def test_a_region_without_a_service_is_refused() -> None:
    finding = found("region", FakeAccount(region="eu-north-9", missing_services={"apigatewayv2", "rds"}), phase1())

    assert finding.state is State.REFUSED
    assert finding.said.startswith("eu-north-9 has no apigatewayv2, rds")


class Closed(FakeAccount):
    """An account whose credentials allow some questions and not others."""

    def __init__(self, *silent: str) -> None:
        super().__init__()
        self.silent = silent

    def __getattribute__(self, name: str) -> Any:
        if name in super().__getattribute__("__dict__").get("silent", ()):
            raise Refusal("AccessDenied", cure="look at the role's permissions")
        return super().__getattribute__(name)


def test_a_question_aws_does_not_answer_is_one_refusal_and_the_rest_goes_on() -> None:
    findings = {finding.check: finding for finding in examine(Closed("concurrency"), phase1())}

    assert findings["concurrency"].state is State.REFUSED
    assert findings["concurrency"].cure == "look at the role's permissions"
    assert findings["names"].state is State.GOOD


def test_without_credentials_nothing_else_is_asked() -> None:
    (finding,) = examine(Closed("id", "concurrency", "stack_status"), phase1())

    assert (finding.check, finding.state) == ("credentials", State.REFUSED)
