"""What `mundo preflight` looks at before a deploy, so that it fails in seconds and not after twenty minutes."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from operations.account import Account
from operations.config_env import ConfigEnv
from operations.edge_stack import REGION as EDGE_REGION
from operations.refusal import Refusal
from operations.webpush import Key

# Services of the template that are not in every region.
SERVICES = ("apigatewayv2", "cognito-idp", "dynamodb", "elasticache", "lambda", "rds", "scheduler", "sqs")
# Lambda keeps this many executions unreserved in an account, whatever its limit.
KEPT_UNRESERVED = 100
COMFORTABLE_CONCURRENCY = 100
CONCURRENCY_QUOTA = "https://console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384"
# Names of roles and buckets begin with the stack's, and a bucket's may have 63 characters.
LONGEST_STACK_NAME = 30


class State(StrEnum):
    GOOD = "good"
    NOTE = "note"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: State
    said: str
    cure: str = ""


def examine(account: Account, env: ConfigEnv) -> list[Finding]:
    """Every finding; a check that AWS does not answer is refused with AWS's own words and the others go on.

    The parameters of `env` are all that the template has, as `parameters.effective` puts them together.
    Without credentials there is nothing to ask, so that is the only finding then.
    """
    try:
        identity = account.id()
    except Refusal as refusal:
        return [Finding("credentials", State.REFUSED, refusal.cause, refusal.cure)]
    findings = [Finding("credentials", State.GOOD, f"account {identity}")]
    checks: tuple[tuple[str, Callable[[Account, ConfigEnv], Iterator[Finding]]], ...] = (
        ("region", _region),
        ("names", _names),
        ("edge", _edge),
        ("concurrency", _concurrency),
        ("mail", _mail),
        ("digests", _digests),
        ("web push", _web_push),
        ("operator", _operator),
    )
    for name, check in checks:
        try:
            findings += check(account, env)
        except Refusal as refusal:
            findings.append(Finding(name, State.REFUSED, refusal.cause, refusal.cure))
    return findings


def _region(account: Account, _env: ConfigEnv) -> Iterator[Finding]:
    missing = [service for service in SERVICES if not account.offers(service)]
    if missing:
        said = f"{account.region} has no {', '.join(missing)}, as far as this SDK knows"
        yield Finding("region", State.REFUSED, said, "choose another region in samconfig.toml, such as us-east-1")
    else:
        yield Finding("region", State.GOOD, account.region)


def _names(account: Account, env: ConfigEnv) -> Iterator[Finding]:
    name = env.stack_name
    # CloudFormation takes capitals, but names buckets in small letters: the queue's policy would know none of them.
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or len(name) > LONGEST_STACK_NAME:
        said = f"{name} cannot name a stack whose buckets and roles begin with it"
        cure = f"use small letters, digits and hyphens, {LONGEST_STACK_NAME} at most"
        yield Finding("names", State.REFUSED, said, cure)
        return
    status = account.stack_status(name)
    if status is None:
        yield _new_names(account, env)
    elif status == "ROLLBACK_COMPLETE":
        cure = f"aws cloudformation delete-stack --stack-name {name}"
        yield Finding("names", State.REFUSED, f"stack {name} failed when it was first made", cure)
    elif status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        said = f"stack {name} is being changed ({status})"
        yield Finding("names", State.REFUSED, said, "wait until that has ended")
    elif status.endswith("_FAILED"):
        cure = f"aws cloudformation continue-update-rollback --stack-name {name}, or delete it if it holds nothing"
        yield Finding("names", State.REFUSED, f"stack {name} is stuck in {status}", cure)
    else:
        yield Finding("names", State.GOOD, f"stack {name} will be updated")


def _edge(account: Account, env: ConfigEnv) -> Iterator[Finding]:
    """Each of these CloudFormation would find out after the database was made, and some not before viewers come."""
    wrong = next(_wrong_of_edge(account.region, env.parameters), None)
    if wrong is not None:
        yield Finding("edge", State.REFUSED, *wrong)
        return
    made = {"here": "made by this stack", "apart": f"a stack of its own in {EDGE_REGION}", "none": "another stack's"}
    yield Finding("edge", State.GOOD, made[env.parameters["Edge"]])


def _wrong_of_edge(region: str, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong, and its cure."""
    host = given["SiteUrl"].rpartition("/")[2].partition(":")[0]
    domain = given["DomainName"]
    if given["Edge"] == "here" and region != EDGE_REGION:
        yield f"the edge's firewall and certificate can be in {EDGE_REGION} only, not in {region}", "give Edge=apart"
    if given["EdgePlan"] != "none" and given["Waf"] != "on":
        yield "EdgePlan without a firewall: CloudFront's plans are for both", "give Waf=on or EdgePlan=none"
    if bool(domain) != bool(given["HostedZoneId"]):
        yield "DomainName and HostedZoneId go together, and one is empty", "give both, or neither"
    if domain and host != domain and not host.endswith(f".{domain}"):
        yield f"SiteUrl is not in {domain}", f"give SiteUrl=https://{domain}, or a name below it"
    if given["CertificateArn"] and not host:
        yield "a certificate without SiteUrl: for which host?", "give SiteUrl=https://…"
    if domain and not given["CertificateArn"]:
        yield f"no CertificateArn for {host}", f"make a certificate for it in ACM, in {EDGE_REGION}"
    for name, place in (("CertificateArn", EDGE_REGION), ("RegionalCertificateArn", region)):
        if given[name] and given[name].split(":")[3:4] != [place]:
            yield f"{name} is not of {place}", f"make it in ACM, in {place}"
    if given["RegionalCertificateArn"] and not domain:
        yield "RegionalCertificateArn without DomainName: api and ws stand below it", "give DomainName and HostedZoneId"


def _new_names(account: Account, env: ConfigEnv) -> Finding:
    """A first deploy finds its names free, or fails after the database has been made."""
    cache = env.parameters["CacheName"]
    if not env.parameters["CacheHost"] and account.cache_exists(cache):
        said = f"a cache {cache} is there already, of another stack or of one that was deleted"
        return Finding("names", State.REFUSED, said, "delete it, or choose another by CacheName")
    reactions = f"{env.stack_name}-reactions"
    alone = env.parameters["IsHome"] == "true" and not env.parameters["HomeRegion"]
    if alone and account.table_exists(reactions):
        said = f"a table {reactions} is there already, kept when a stack of that name was deleted"
        cure = (
            f"give HomeRegion={account.region} and Regions={account.region}, and the stack goes on with what is in it"
        )
        return Finding("names", State.REFUSED, said, cure)
    return Finding("names", State.GOOD, f"stack {env.stack_name} will be made")


def _concurrency(account: Account, env: ConfigEnv) -> Iterator[Finding]:
    has = account.concurrency()
    asked = float(env.parameters["ReservedConcurrency"])
    # What a stack that is already there has reserved is its own to reserve again.
    free = (has.limit if account.stack_status(env.stack_name) else has.unreserved) - KEPT_UNRESERVED
    if asked and asked > free:
        said = f"ReservedConcurrency {asked:g} of {has.limit} executions, and Lambda keeps {KEPT_UNRESERVED} unreserved"
        cure = f"set ReservedConcurrency=0, or ask for more at {CONCURRENCY_QUOTA}"
        yield Finding("concurrency", State.REFUSED, said, cure)
    elif has.limit < COMFORTABLE_CONCURRENCY:
        said = f"{has.limit} executions at once, as a fresh account has; more callers are answered 429"
        yield Finding("concurrency", State.NOTE, said, f"ask for 1,000, which costs nothing, at {CONCURRENCY_QUOTA}")
    else:
        yield Finding("concurrency", State.GOOD, f"{has.limit} executions at once")


def _mail(account: Account, env: ConfigEnv) -> Iterator[Finding]:
    identity = env.parameters["SesIdentity"]
    if not identity:
        said = "no SES identity: Cognito sends about 50 mails a day by itself, and there are no digests"
        yield Finding("mail", State.NOTE, said, "verify a domain in SES and give its ARN as SesIdentity")
        return
    state = account.mail()
    if not account.identity_verified(identity):
        cure = "verify it in SES, or leave SesIdentity empty for a start"
        yield Finding("mail", State.REFUSED, f"SES may not send as {identity}", cure)
    elif not state.sending:
        yield Finding("mail", State.REFUSED, "SES has paused sending", "read why in the SES console")
    elif not state.production:
        cure = "ask for production access in the SES console, or leave SesIdentity empty for a start"
        yield Finding("mail", State.REFUSED, "SES is in its sandbox: strangers would get no mail", cure)
    else:
        yield Finding("mail", State.GOOD, f"SES sends as {identity}")


def _digests(_account: Account, env: ConfigEnv) -> Iterator[Finding]:
    """The template sends none unless it has both; with neither there is nothing more to say than of mail."""
    identity, sender = env.parameters["SesIdentity"], env.parameters["SesFrom"]
    if identity and sender:
        yield Finding("digests", State.GOOD, f"digests come from {sender}")
    elif identity:
        said = "SesIdentity without SesFrom: no digest will be sent"
        yield Finding("digests", State.NOTE, said, 'give SesFrom="Mundo Tango <hello@example.org>", of that identity')
    elif sender:
        said = "SesFrom without SesIdentity: no digest will be sent, and SesFrom is not used"
        yield Finding("digests", State.NOTE, said, "verify a domain in SES and give its ARN as SesIdentity")


def _web_push(account: Account, env: ConfigEnv) -> Iterator[Finding]:
    """Browsers register for the public half, and `effects` signs with the private one: they belong together."""
    parameter, told = env.parameters["VapidKeyParameter"], env.parameters["VapidPublicKey"]
    if not parameter and not told:
        said = "no key of Web Push: notifications reach open pages alone"
        yield Finding("web push", State.NOTE, said, "mundo webpush create-key, and what it prints into samconfig.toml")
        return
    if not (parameter and told):
        said = "VapidKeyParameter and VapidPublicKey go together, and one is empty: no push would be sent"
        yield Finding("web push", State.REFUSED, said, "give both as mundo webpush create-key printed them, or neither")
        return
    stored = account.push_key(parameter)
    if stored is None:
        yield Finding("web push", State.REFUSED, f"there is no {parameter}", "mundo webpush create-key")
    elif told.rpartition(".")[2] != stored:
        cure = f"VapidPublicKey={Key(parameter, stored).parameters['VapidPublicKey']}"
        said = f"VapidPublicKey is not the public half of what {parameter} has: no push would be sent"
        yield Finding("web push", State.REFUSED, said, cure)
    else:
        yield Finding("web push", State.GOOD, f"{parameter} has the key that browsers are told")


def _operator(_account: Account, env: ConfigEnv) -> Iterator[Finding]:
    mail = env.parameters["OperatorMail"]
    if mail:
        yield Finding("operator", State.GOOD, f"alarms and the budget write to {mail}")
    else:
        said = "no OperatorMail: nobody is told by alarms, nor when the budget is spent"
        yield Finding("operator", State.NOTE, said, "give OperatorMail=you@example.org")
