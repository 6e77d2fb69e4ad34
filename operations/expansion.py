"""What a config env deploys: the template and its nested ones, with the conditions decided and the parameters put in.

SAM's own resources stay as they are written. What only AWS knows stays a reference: `{"Ref": "Api"}`, or
`{"Fn::GetAtt": ["Api", "ApiEndpoint"]}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from operations import parameters
from operations.config_env import ConfigEnv
from operations.refusal import Refusal
from operations.templates import load

ACCOUNT = "123456789012"  # AWS's own in its examples
ZONES = "abc"  # each of the three regions has these, among others
NESTED = "AWS::CloudFormation::Stack"
NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Template:
    """`path` is empty for the root, else the logical ids that lead to it, such as `Edge/Policies`."""

    path: str
    file: str
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]


def of_env(env: ConfigEnv) -> list[Template]:
    """Raises Refusal when the env gives what the template does not take."""
    region = env.region
    if region is None:
        raise Refusal(f"config env {env.name} names no region", cure="add region to it in samconfig.toml")
    return expand(parameters.effective(env.parameters), region=region, stack_name=env.stack_name)


def expand(
    given: Mapping[str, Any],
    *,
    region: str = "us-east-1",
    stack_name: str = "mundo-tango",
    file: str = "template.yaml",
    path: str = "",
) -> list[Template]:
    """The template of `file` first, then what it nests. `given` over the defaults of its parameters.

    Raises:
        Refusal: a parameter without a default is not given, or one is given that the template does not have.
    """
    loaded = load(file)
    resolver = _Resolver(loaded, _parameters(loaded, given, file), _pseudo(region, stack_name))
    resources = resolver.those_that_hold(loaded["Resources"])
    found = [Template(path, file, resources, resolver.those_that_hold(loaded.get("Outputs", {})))]
    for name, resource in resources.items():
        if resource["Type"] == NESTED:
            properties = resource["Properties"]
            inner = str(PurePosixPath(file).parent / properties["TemplateURL"])
            found += expand(
                properties.get("Parameters", {}),
                region=region,
                stack_name=f"{stack_name}-{name}",
                file=inner,
                path=f"{path}/{name}".lstrip("/"),
            )
    return found


def _parameters(loaded: Mapping[str, Any], given: Mapping[str, Any], file: str) -> dict[str, Any]:
    """A list that arrives as text is a list here, as a reference to one is at AWS."""
    declared = loaded.get("Parameters", {})
    unknown = given.keys() - declared.keys()
    if unknown:
        raise Refusal(f"{file} has no parameter {min(unknown)}", cure="correct what nests it")
    values = {}
    for name, one in declared.items():
        value = given.get(name, one.get("Default"))
        if value is None:
            raise Refusal(f"{file} needs {name}", cure="give it in what nests it")
        listed = "List" in one["Type"] and isinstance(value, str)
        values[name] = [word.strip() for word in value.split(",") if word.strip()] if listed else value
    return values


def _pseudo(region: str, stack_name: str) -> dict[str, Any]:
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::NoValue": NO_VALUE,
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{stack_name}/0",
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Resolver:
    """Of one template. See AWS's reference of intrinsic functions:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html"""

    def __init__(self, loaded: Mapping[str, Any], values: Mapping[str, Any], pseudo: Mapping[str, Any]) -> None:
        self._values = {**pseudo, **values}
        self._conditions = loaded.get("Conditions", {})
        self._mappings = loaded.get("Mappings", {})
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.holds,
            "Fn::If": self._if,
            "Fn::Equals": lambda pair: _text(self.resolved(pair[0])) == _text(self.resolved(pair[1])),
            "Fn::And": lambda all_of: all(self.resolved(one) for one in all_of),
            "Fn::Or": lambda any_of: any(self.resolved(one) for one in any_of),
            "Fn::Not": lambda one: not self.resolved(one[0]),
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": self._zones,
        }

    def holds(self, condition: str) -> bool:
        return bool(self.resolved(self._conditions[condition]))

    def those_that_hold(self, section: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.resolved({key: value for key, value in one.items() if key != "Condition"})
            for name, one in section.items()
            if "Condition" not in one or self.holds(one["Condition"])
        }

    def resolved(self, value: Any) -> Any:
        """Without what AWS::NoValue takes away."""
        if isinstance(value, list):
            return [one for one in map(self.resolved, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            # A policy's own "Condition" holds a mapping.
            if name in self._functions and not (name == "Condition" and not isinstance(argument, str)):
                return self._functions[name](argument)
        return {key: inner for key, one in value.items() if (inner := self.resolved(one)) is not NO_VALUE}

    def _ref(self, name: str) -> Any:
        return self._values.get(name, {"Ref": name})

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolved(then if self.holds(condition) else otherwise)

    def _sub(self, argument: Any) -> Any:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        own = {name: self.resolved(value) for name, value in given.items()}
        left: dict[str, Any] = {}

        def put_in(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return match[0]
            value = own[name] if name in own else self._values.get(name, {"Ref": name})
            if not isinstance(value, (dict, list)):
                return _text(value)
            if name in own:
                left[name] = value
            return match[0]

        made = re.sub(r"\$\{([^}]+)\}", put_in, text)
        if not re.search(r"\$\{[^!}]", made):
            return made.replace("${!", "${")
        return {"Fn::Sub": [made, left] if left else made}

    def _join(self, argument: list[Any]) -> Any:
        separator, parts = argument[0], self.resolved(argument[1])
        if isinstance(parts, list) and not any(isinstance(part, (dict, list)) for part in parts):
            return separator.join(map(_text, parts))
        return {"Fn::Join": [separator, parts]}

    def _split(self, argument: list[Any]) -> Any:
        separator, text = argument[0], self.resolved(argument[1])
        return text.split(separator) if isinstance(text, str) else {"Fn::Split": [separator, text]}

    def _select(self, argument: list[Any]) -> Any:
        index, parts = int(self.resolved(argument[0])), self.resolved(argument[1])
        return parts[index] if isinstance(parts, list) else {"Fn::Select": [index, parts]}

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = map(self.resolved, argument[:3])
        try:
            return self._mappings[name][first][second]
        except KeyError as missing:
            known = ", ".join(self._mappings[name])
            raise Refusal(f"the template knows no {missing.args[0]} among its {name}", cure=f"choose {known}") from None

    def _zones(self, argument: Any) -> list[str]:
        region = self.resolved(argument) or self._values["AWS::Region"]
        return [f"{region}{zone}" for zone in ZONES]
