"""What CloudFront lets through, to whom, and what it keeps."""

from typing import Any

import pytest

from functions.api.caching import CACHE_TAG
from operations import edge
from operations.edge_stack import SHARED
from operations.templates import ROOT
from tests.template.edges import NAMES, SECOND, behaviours, distribution, function_code, templates

Resources = dict[str, dict[str, Any]]

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def test_the_narrower_path_comes_first() -> None:
    assert list(behaviours()) == ["/api/public/guests", "/api/public/*", "/api/*", "/ws", "/media/*"]


def test_private_answers_are_not_kept_and_authorization_arrives() -> None:
    private = behaviours()["/api/*"]
    assert private["CachePolicyId"] == CACHING_DISABLED
    assert private["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
    assert set(private["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}


def test_public_answers_differ_by_the_query_string_only(nested: dict[str, Any]) -> None:
    assert behaviours()["/api/public/*"]["CachePolicyId"] == {"Fn::GetAtt": ["Policies", "Outputs.PublicCache"]}

    key = nested["edge/policies.yaml"]["Resources"]["PublicCache"]["Properties"]["CachePolicyConfig"]
    forwarded = key["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["HeadersConfig"]["HeaderBehavior"] == forwarded["CookiesConfig"]["CookieBehavior"] == "none"
    assert forwarded["QueryStringsConfig"]["QueryStringBehavior"] == "all"
    assert key["DefaultTTL"] == 0


def test_the_edge_reads_tags_where_the_api_writes_them() -> None:
    assert distribution()["CacheTagConfig"] == {"HeaderName": CACHE_TAG}


def test_beside_the_key_an_origin_is_told_only_what_the_edge_itself_says(nested: dict[str, Any]) -> None:
    """No header of the viewer's own, no cookie: what is not in the key must not tell two answers apart."""
    assert behaviours()["/api/public/*"]["OriginRequestPolicyId"] == {"Fn::GetAtt": ["Policies", "Outputs.ViewerPlace"]}
    policy = nested["edge/policies.yaml"]["Resources"]["ViewerPlace"]["Properties"]["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"]["HeaderBehavior"] == "whitelist"
    headers = policy["HeadersConfig"]["Headers"]
    assert {one for one in headers if not one.startswith("CloudFront-Viewer-")} == {"x-amzn-trace-id"}
    assert policy["CookiesConfig"]["CookieBehavior"] == policy["QueryStringsConfig"]["QueryStringBehavior"] == "none"


def test_a_handshake_arrives_whole(nested: dict[str, Any]) -> None:
    policy = nested["edge/policies.yaml"]["Resources"]["SocketRequests"]["Properties"]["OriginRequestPolicyConfig"]
    assert {"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin", "x-viewer-host"} <= set(
        policy["HeadersConfig"]["Headers"]
    )
    assert policy["QueryStringsConfig"]["QueryStringBehavior"] == "all"


def test_a_picture_is_not_listed_and_is_no_page(nested: dict[str, Any]) -> None:
    assert behaviours()["/media/*"]["ResponseHeadersPolicyId"] == {"Fn::GetAtt": ["Policies", "Outputs.MediaHeaders"]}
    assert nested["edge/policies.yaml"]["Outputs"]["MediaHeaders"]["Value"] == {"Ref": "MediaHeaders"}
    policy = nested["edge/policies.yaml"]["Resources"]["MediaHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert policy["CustomHeadersConfig"]["Items"] == [{"Header": "X-Robots-Tag", "Value": "noindex", "Override": True}]
    security = policy["SecurityHeadersConfig"]
    assert "sandbox" in security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    managed = {"ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity", "XSSProtection"}
    assert managed < security.keys()  # what every other path has
    assert all(header["Override"] for header in security.values())


def test_pictures_alone_are_shielded(nested: dict[str, Any]) -> None:
    """docs/decisions/0043: and so bench.edge counts it."""
    config = nested["edge/template.yaml"]["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    assert {one["Id"] for one in config["Origins"] if "OriginShield" in one} == {"media"}


def test_only_the_distribution_reads_pictures_and_learns_which_are_missing(resources: Resources) -> None:
    """To whoever may not list, S3 answers 403 in the place of 404."""
    allowed = [
        statement
        for statement in resources["MediaBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Effect") == "Allow"
    ]
    assert {statement["Action"] for statement in allowed} == {"s3:GetObject", "s3:ListBucket"}
    for statement in allowed:
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        (source,) = statement["Condition"]["StringEquals"].values()
        text, names = source["Fn::Sub"]
        assert text.endswith(":distribution/${Id}")
        # This stack's own, or another's whose name it is told: of a first deploy nobody's.
        assert names["Id"]["Fn::If"] == [
            "HasEdge",
            {"Fn::GetAtt": ["EdgeStack", "Outputs.DistributionId"]},
            {"Ref": "DistributionId"},
        ]


def test_an_error_stays_the_error_it_is() -> None:
    assert "CustomErrorResponses" not in distribution()


def test_code_at_the_edge_is_the_code_in_its_folder(nested: dict[str, Any]) -> None:
    """`python -m operations.edge` writes it."""
    inline = nested["edge/policies.yaml"]["Resources"]
    for name in edge.FUNCTIONS:
        assert function_code(inline[name]) == edge.composed(name).replace("${TraceShare}", "0")
    made = {name for name, resource in inline.items() if resource["Type"] == "AWS::CloudFront::Function"}
    assert made == set(edge.FUNCTIONS)


@pytest.mark.parametrize("name", edge.FUNCTIONS)
def test_a_function_fits(name: str) -> None:
    assert len(edge.composed(name).encode()) <= edge.LARGEST


def test_each_file_of_the_edge_is_in_some_function() -> None:
    used = {part for function in edge.FUNCTIONS.values() for part in (*function.steps, *function.uses)}
    assert {path.stem for path in (ROOT / "edge").glob("*.js")} == used


def test_each_behaviour_has_its_function() -> None:
    """As docs/edge.md has it. Pictures need none."""
    found = {"*": distribution()["DefaultCacheBehavior"]} | behaviours()
    functions = {
        path: [
            (one["EventType"], one["FunctionARN"]["Fn::GetAtt"][1]) for one in behaviour.get("FunctionAssociations", ())
        ]
        for path, behaviour in found.items()
    }
    assert functions == {
        "*": [("viewer-request", "Outputs.SiteRequests")],
        "/api/public/guests": [("viewer-request", "Outputs.GuestRequests")],
        "/api/public/*": [("viewer-request", "Outputs.PublicRequests")],
        "/api/*": [("viewer-request", "Outputs.ApiRequests")],
        "/ws": [("viewer-request", "Outputs.ViewerHost")],
        "/media/*": [],
    }


@pytest.mark.parametrize("regions", [{}, SECOND, SECOND | NAMES], ids=["alone", "elsewhere", "nearest"])
def test_whatever_tells_the_api_of_a_trace_has_it_from_the_edge(
    regions: dict[str, str], nested: dict[str, Any]
) -> None:
    """What a behaviour forwards of a viewer's headers has passed the step; one that forwards none cannot tell."""
    policies = nested["edge/policies.yaml"]["Resources"]
    found = {"*": distribution(**regions)["DefaultCacheBehavior"]} | behaviours(**regions)
    leading = {path: one for path, one in found.items() if "api" in one["TargetOriginId"]}
    assert leading.keys() == {"*", "/api/public/guests", "/api/public/*", "/api/*"}
    for path, behaviour in leading.items():
        (function,) = (one["FunctionARN"]["Fn::GetAtt"][1] for one in behaviour["FunctionAssociations"])
        marks = "trace" in edge.FUNCTIONS[function.removeprefix("Outputs.")].steps
        assert marks == ("OriginRequestPolicyId" in behaviour), path
    sockets = policies["SocketRequests"]["Properties"]["OriginRequestPolicyConfig"]["HeadersConfig"]
    assert sockets["HeaderBehavior"] == "whitelist"
    assert "x-amzn-trace-id" not in {one.lower() for one in sockets["Headers"]}


@pytest.mark.parametrize("share", ["0", "1", "5"])
def test_the_edge_marks_as_many_as_the_stack_says(share: str, resources: Resources, nested: dict[str, Any]) -> None:
    assert resources["EdgeStack"]["Properties"]["Parameters"]["TraceShare"] == {"Ref": "TraceShare"}
    assert "TraceShare" in SHARED
    of_policies = {one.path: one for one in templates(TraceShare=share).values()}["Policies"]
    code = function_code({"Properties": of_policies.resources["ApiRequests"]["Properties"]})
    assert f"const SHARE={share};" in code


def test_an_answer_is_no_page(nested: dict[str, Any]) -> None:
    for path, behaviour in behaviours().items():
        if path.startswith("/api/"):
            assert behaviour["ResponseHeadersPolicyId"] == {"Fn::GetAtt": ["Policies", "Outputs.AnswerHeaders"]}
    policy = nested["edge/policies.yaml"]["Resources"]["AnswerHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert policy["RemoveHeadersConfig"] == {"Items": [{"Header": "cache-tag"}]}
    security = policy["SecurityHeadersConfig"]
    # The pages of links say their own.
    kept = {name for name, header in security.items() if not header["Override"]}
    assert kept == {"ContentSecurityPolicy", "ReferrerPolicy"}
    assert "default-src 'none'" in security["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def test_outputs_need_no_attribute(nested: dict[str, Any]) -> None:
    """The local cloud forgets attributes of resources that an update of a nested stack leaves as they are."""
    assert all("Fn::GetAtt" not in output["Value"] for output in nested["edge/policies.yaml"]["Outputs"].values())
