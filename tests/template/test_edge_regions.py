"""Where the edge sends what: several regions, each name and each method."""

import json
import subprocess
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from functions.api.app import create_api
from functions.api.dependencies import unit_of_work
from mundotango.bootstrap import Platform
from operations.edge_runtime import NODE
from operations.expansion import expand
from operations.templates import load
from tests.template.edges import NAMES, SECOND, behaviours, function_code, groups, origins, templates

NEAREST = SECOND | NAMES
IMPORT = "import cf from 'cloudfront';\n"
FUNCTIONS = {
    "WriteHome": ("writeHome", "goes_home", "write_home"),
    "ReadElsewhere": ("readElsewhere", "goes_home", "read_elsewhere"),
}
WRITES = ["POST", "PUT", "PATCH", "DELETE"]


def code(logical_id: str) -> str:
    return function_code(load("infra/edge/policies.yaml")["Resources"][logical_id])


def chosen(logical_id: str, requests: list[tuple[str, str]]) -> list[Any]:
    """The origin that the function chooses for each method and path, or the group of them; None: it leaves it."""
    program = code(logical_id).removeprefix(IMPORT)
    program = f"""
        var choice;
        var cf = {{
            selectRequestOriginById: function (id) {{ choice = id; }},
            createRequestOriginGroup: function (group) {{ choice = group; }},
        }};
        {program}
        process.stdout.write(JSON.stringify({json.dumps(requests)}.map(function (one) {{
            choice = null;
            var headers = {{ host: {{ value: 'mundotango.example' }} }};
            var request = {{ method: one[0], uri: one[1], headers: headers, querystring: {{}} }};
            if (handler({{ context: {{}}, request: request }}) !== request) {{ throw new Error('not the request'); }}
            return choice;
        }})));
    """
    answer: list[Any] = json.loads(
        subprocess.run([str(NODE), "-e", program], capture_output=True, check=True, timeout=20).stdout
    )
    return answer


class TestNamesForTheNearest:
    def test_what_reads_goes_to_the_nearest(self) -> None:
        assert behaviours(**NEAREST)["/api/*"]["TargetOriginId"] == "nearest-api"
        assert origins(**NEAREST)["nearest-api"]["DomainName"] == "api.mundotango.example"
        paths = ["/api/feed", "/api/users/ana", "/api/link/token/calendar.ics", "/api/linked", "/api/users/me"]
        paths += ["/api/notificationsx", "/api/push/devicesx"]
        assert chosen("WriteHome", [(m, path) for m in ("GET", "HEAD", "OPTIONS") for path in paths]) == [None] * 21

    def test_what_writes_goes_home(self) -> None:
        assert origins(**NEAREST)["api"]["DomainName"] == "home-api"
        paths = ["/api/posts", "/api/link/token/unsubscribe", "/api/users/me/export", "/api/realtime"]
        assert chosen("WriteHome", [(m, path) for m in WRITES for path in paths]) == ["api"] * 16

    def test_what_a_socket_is_shown_is_of_the_region_where_it_opens(self) -> None:
        shown = [route.path for route in routes() if "realtime" in route.path]
        assert shown == ["/api/realtime/tickets", "/api/realtime/grants"]
        assert chosen("WriteHome", [("POST", path) for path in shown]) == [None, None]
        assert origins(**NEAREST)["sockets"]["DomainName"] == "ws.mundotango.example"
        assert origins(**NEAREST)["sockets"]["OriginPath"] == ""  # the stage is mapped to the path on the distribution
        assert behaviours(**NEAREST)["/ws"]["TargetOriginId"] == "sockets"

    def test_what_is_public_is_asked_of_home_when_the_nearest_does_not_answer(self) -> None:
        assert behaviours(**NEAREST)["/api/public/*"]["TargetOriginId"] == "public-apis"
        members = [one["OriginId"] for one in groups(**NEAREST)["public-apis"]["Members"]["Items"]]
        assert [origins(**NEAREST)[one]["DomainName"] for one in members] == ["api.mundotango.example", "home-api"]

    def test_what_a_guest_sends_goes_home(self) -> None:
        assert behaviours(**NEAREST)["/api/public/guests"]["TargetOriginId"] == "api"


class TestNoNames:
    def test_what_reads_is_asked_of_a_second_region_when_home_does_not_answer(self) -> None:
        assert behaviours(**SECOND)["/api/*"]["TargetOriginId"] == "api"
        group: dict[str, Any] = {
            "originIds": [{"originId": "api"}, {"originId": "second-api"}],
            "failoverCriteria": {"statusCodes": [500, 502, 503, 504]},
        }
        assert chosen("ReadElsewhere", [("GET", "/api/feed"), ("HEAD", "/api/users/ana")]) == [group, group]
        assert {one["originId"] for one in group["originIds"]} <= origins(**SECOND).keys()
        members = [one["OriginId"] for one in groups(**SECOND)["public-apis"]["Members"]["Items"]]
        assert [origins(**SECOND)[one]["DomainName"] for one in members] == ["home-api", "second-api-host"]

    def test_what_writes_is_asked_of_home_alone_and_tickets_too(self) -> None:
        requests = [(m, "/api/posts") for m in WRITES] + [("POST", "/api/realtime/tickets")]
        assert chosen("ReadElsewhere", requests) == [None] * 5
        assert origins(**SECOND)["sockets"]["DomainName"] == "home-sockets"

    def test_a_group_that_cannot_be_made_leaves_home(self) -> None:
        program = "var cf = {};" + code("ReadElsewhere").removeprefix(IMPORT)
        program = program.replace("console.log", "(function () {})")
        host = {"host": {"value": "mundotango.example"}}
        event = {"context": {}, "request": {"method": "GET", "uri": "/api/feed", "headers": host, "querystring": {}}}
        program += f"process.stdout.write(JSON.stringify(handler({json.dumps(event)})));"
        answer = subprocess.run([str(NODE), "-e", program], capture_output=True, check=True, timeout=20).stdout
        passed = json.loads(answer)
        assert passed["headers"].pop("x-amzn-trace-id")
        assert passed == event["request"]


def routes() -> list[APIRoute]:
    contexts = iter_route_contexts(create_api(Platform()).routes)
    return [one.original_route for one in contexts if isinstance(one.original_route, APIRoute)]


def _takes(dependant: Dependant, wanted: Any) -> bool:
    return any(one.call is wanted or _takes(one, wanted) for one in dependant.dependencies)


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_a_read_that_may_write_is_answered_at_home(logical_id: str) -> None:
    """A region that is not home has nothing that could be written to."""
    reading = [route for route in routes() if route.methods and "GET" in route.methods]
    writing = [("GET", route.path) for route in reading if _takes(route.dependant, unit_of_work)]
    assert len(writing) > 5
    at_home = "api" if logical_id == "WriteHome" else None
    assert dict(zip(writing, chosen(logical_id, writing), strict=True)) == dict.fromkeys(writing, at_home)


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_what_stands_at_home_alone_is_read_there(logical_id: str) -> None:
    """Inboxes and devices are in a table without replicas: no other region is asked for them, not even in need."""
    reading = [
        ("GET", route.path)
        for route in routes()
        if route.methods and "GET" in route.methods and {"inbox", "devices"} & {*route.endpoint.__code__.co_names}
    ]
    assert {path for _, path in reading} == {"/api/notifications", "/api/notifications/unread", "/api/push/devices"}
    at_home = "api" if logical_id == "WriteHome" else None
    assert chosen(logical_id, reading) == [at_home] * len(reading)


def test_what_is_public_is_only_read() -> None:
    public = [route for route in routes() if route.path.startswith("/api/public/") and "guests" not in route.path]
    assert public
    for route in public:
        assert route.methods == {"GET"}
        assert not _takes(route.dependant, unit_of_work), route.path


@pytest.mark.parametrize("given", [SECOND, NEAREST], ids=["no names", "names"])
class TestTwoRegions:
    def test_a_picture_that_is_missing_is_missing(self, given: dict[str, str]) -> None:
        assert behaviours(**given)["/media/*"]["TargetOriginId"] == "all-media"
        group = groups(**given)["all-media"]
        assert [one["OriginId"] for one in group["Members"]["Items"]] == ["media", "second-media"]
        assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [500, 502, 503, 504]
        assert origins(**given)["second-media"]["DomainName"] == "second-pictures"

    def test_cloudfront_takes_no_group_where_methods_write(self, given: dict[str, str]) -> None:
        writing = [one for one in behaviours(**given).values() if "POST" in one["AllowedMethods"]]
        assert writing
        assert all(one["TargetOriginId"] in origins(**given) for one in writing)

    def test_every_target_is_there_and_every_group_has_its_count(self, given: dict[str, str]) -> None:
        known = origins(**given).keys() | groups(**given).keys()
        assert {one["TargetOriginId"] for one in behaviours(**given).values()} <= known
        for group in groups(**given).values():
            assert {one["OriginId"] for one in group["Members"]["Items"]} <= origins(**given).keys()
            assert group["Members"]["Quantity"] == 2
        assert (
            len(
                templates(**given)[""].resources["Distribution"]["Properties"]["DistributionConfig"]["OriginGroups"][
                    "Items"
                ]
            )
            == 2
        )

    def test_each_api_knows_the_edge(self, given: dict[str, str]) -> None:
        told = {name: one["OriginCustomHeaders"] for name, one in origins(**given).items() if "media" not in name}
        assert len(told) == 5
        header = [{"HeaderName": "x-origin-secret", "HeaderValue": "secret"}]
        assert told == dict.fromkeys(told, header)


def test_one_region_has_one_of_each() -> None:
    assert origins().keys() == {"api", "public-api", "sockets", "media"}
    assert templates()[""].resources.keys() == {"Policies", "Distribution"}
    (one,) = behaviours()["/api/*"]["FunctionAssociations"]
    assert one["FunctionARN"] == {"Fn::GetAtt": ["Policies", "Outputs.ApiRequests"]}


@pytest.mark.parametrize(("given", "name"), [(SECOND, "ReadElsewhere"), (NEAREST, "WriteHome")])
def test_the_function_that_chooses_is_made_where_it_is_asked(given: dict[str, str], name: str) -> None:
    (one,) = behaviours(**given)["/api/*"]["FunctionAssociations"]
    assert one["FunctionARN"] == {"Fn::GetAtt": ["Policies", f"Outputs.{name}"]}
    policies = templates(**given)["Policies"]
    assert name in policies.outputs
    assert policies.resources.keys() & FUNCTIONS.keys() == {name}


def test_a_stack_apart_reads_the_secret_where_it_is() -> None:
    for name, one in origins(OriginSecret="", OriginSecretName="mundo-tango-origin-sa-east-1").items():
        if name != "media":
            (header,) = one["OriginCustomHeaders"]
            assert header["HeaderValue"] == "{{resolve:secretsmanager:mundo-tango-origin-sa-east-1}}"


def test_names_at_the_edge_are_short_enough() -> None:
    """CloudFront takes 64 characters for a function's, and a stack's own name may have 30, its region 15 more."""
    longest = "m" * 45
    for one in templates(Name=longest, **NEAREST).values():
        for resource in one.resources.values():
            if resource["Type"] == "AWS::CloudFront::Function":
                assert len(resource["Properties"]["Name"]) <= 64


class TestRecords:
    def test_the_sites_own_are_the_distributions(self) -> None:
        own = {"SiteUrl": "https://mundotango.example", "CertificateArn": "arn:aws:acm:us-east-1:1:certificate/1"}
        records = templates(**own, DomainName="mundotango.example", HostedZoneId="Z0")[""].resources["SiteAddress"]
        made = {(one["Type"], one["Name"]) for one in records["Properties"]["RecordSets"]}
        assert made == {("A", "mundotango.example"), ("AAAA", "mundotango.example")}
        assert "SiteAddress" not in templates(**own)[""].resources

    def test_each_region_answers_by_one_name_while_it_is_well(self) -> None:
        given = {
            "DomainName": "mundotango.example", "HostedZoneId": "Z0", "CertificateArn": "arn", "ApiId": "a1",
            "SocketApiId": "s1",
        }  # fmt: skip
        (template,) = expand(given, region="sa-east-1", file="infra/dns.yaml")
        records = [one["Properties"] for one in template.resources.values() if one["Type"] == "AWS::Route53::RecordSet"]
        assert {one["Name"] for one in records} == {"api.mundotango.example", "ws.mundotango.example"}
        for one in records:
            assert one["Region"] == one["SetIdentifier"] == "sa-east-1"
            assert one["HealthCheckId"] == {"Ref": "Health"}
        checked = template.resources["Health"]["Properties"]["HealthCheckConfig"]
        assert checked["FullyQualifiedDomainName"] == "a1.execute-api.sa-east-1.amazonaws.com"
        health = [route for route in routes() if route.path == checked["ResourcePath"]]
        assert [route.methods for route in health] == [{"GET"}]

    def test_the_stage_of_the_sockets_is_mapped_to_its_path(self, resources: dict[str, Any]) -> None:
        mapping = load("infra/dns.yaml")["Resources"]["SocketMapping"]["Properties"]
        stage = resources["SocketStage"]["Properties"]["StageName"]
        assert mapping["ApiMappingKey"] == mapping["Stage"] == stage == "ws"
        assert behaviours()[f"/{stage}"]["TargetOriginId"] == "sockets"


class TestFirewall:
    def test_only_where_it_is_asked_for(self) -> None:
        assert "Firewall" not in templates()
        assert "Firewall" in templates(Waf="on")

    def test_what_people_write_is_not_refused(self) -> None:
        rules = {one["Name"]: one for one in acl()["Rules"]}
        counted = rules["common"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert {one["Name"] for one in counted} == {
            "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY",
            "NoUserAgent_HEADER",
        }  # fmt: skip
        assert all(one["ActionToUse"] == {"Count": {}} for one in counted)

    def test_too_many_are_told_when_to_come_again(self) -> None:
        limited = [one for one in acl()["Rules"] if "RateBasedStatement" in one["Statement"]]
        assert [one["Statement"]["RateBasedStatement"]["Limit"] for one in limited] == [10000, 200]
        for one in limited:
            answer = one["Action"]["Block"]["CustomResponse"]
            assert answer["ResponseCode"] == 429
            assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "300"}]
            assert (
                json.loads(acl()["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"])["status"] == 429
            )

    def test_no_path_is_kept(self) -> None:
        """A path below /api/link is a secret, and a socket's ticket stands in the query string."""
        redacted = templates(Waf="on")["Firewall"].resources["Logging"]["Properties"]["RedactedFields"]
        assert {"UriPath": {}} in redacted
        assert {"QueryString": {}} in redacted
        kept = [one["VisibilityConfig"]["SampledRequestsEnabled"] for one in [acl(), *acl()["Rules"]]]
        assert not any(kept)


def acl() -> dict[str, Any]:
    properties: dict[str, Any] = templates(Waf="on")["Firewall"].resources["WebAcl"]["Properties"]
    return properties
