"""The edge as its parameters make it: alone, before a second region, with names for the nearest, behind a firewall."""

from typing import Any

from operations.expansion import Template, expand

Properties = dict[str, Any]

ALONE = {
    "Name": "mundo-tango",
    "ApiHost": "home-api",
    "SocketHost": "home-sockets",
    "MediaDomain": "home-pictures",
    "OriginSecret": "secret",
}
SECOND = {"SecondApiHost": "second-api-host", "SecondMediaDomain": "second-pictures"}
NAMES = {"DomainName": "mundotango.example", "HostedZoneId": "Z0", "RegionalNames": "true"}


def templates(**given: str) -> dict[str, Template]:
    return {one.path: one for one in expand(ALONE | given, file="infra/edge/template.yaml")}


def distribution(**given: str) -> Properties:
    config: Properties = templates(**given)[""].resources["Distribution"]["Properties"]["DistributionConfig"]
    return config


def origins(**given: str) -> dict[str, Properties]:
    return {one["Id"]: one for one in distribution(**given)["Origins"]}


def behaviours(**given: str) -> dict[str, Properties]:
    return {one["PathPattern"]: one for one in distribution(**given)["CacheBehaviors"]}


def groups(**given: str) -> dict[str, Properties]:
    return {one["Id"]: one for one in distribution(**given)["OriginGroups"]["Items"]}


def function_code(resource: Properties, trace_share: int = 0) -> str:
    """The code of a function at the edge, as CloudFormation makes it of the template."""
    code: str | dict[str, str] = resource["Properties"]["FunctionCode"]
    return code if isinstance(code, str) else code["Fn::Sub"].replace("${TraceShare}", str(trace_share))
