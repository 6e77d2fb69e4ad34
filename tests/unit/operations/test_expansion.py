"""Templates are expanded as CloudFormation would, as far as parameters decide."""

from pathlib import Path
from typing import Any

import pytest

from operations import config_env, expansion, templates
from operations.expansion import Template
from operations.refusal import Refusal

ROOT_TEMPLATE = """
Parameters:
  Size: {Type: String, Default: small}
  Host: {Type: String, Default: ""}
  Hosts: {Type: CommaDelimitedList, Default: "a, b"}
  Needed: {Type: String}
Mappings:
  Memory:
    small: {Bytes: 1}
    large: {Bytes: 8}
Conditions:
  Own: !Equals [!Ref Host, ""]
  Large: !And [!Condition Own, !Not [!Equals [!Ref Size, small]]]
  Either: !Or [!Condition Large, !Equals [!Ref Needed, "true"]]
Resources:
  Table: {Type: T}
  Big: {Type: T, Condition: Large}
  Function:
    Type: T
    Properties:
      Bytes: !FindInMap [Memory, !Ref Size, Bytes]
      Hosts: !Ref Hosts
      Joined: !Join ["-", !Ref Hosts]
      First: !Select [0, !Split [".", "x.y"]]
      Later: !Select [0, !Split [".", !GetAtt Table.Name]]
      Zone: !Select [1, !GetAZs ""]
      Gone: !If [Own, !Ref AWS::NoValue, 1]
      Left: [!If [Large, 1, !Ref AWS::NoValue], 2]
      Table: !Ref Table
      Address: !Sub https://${Size}.${AWS::Region}.${AWS::URLSuffix}/${!literal}
      Name: !Sub "${Size}/${Table.Arn}"
      Own: !Sub ["${A}-${B}", {A: !Ref Size, B: !GetAtt Table.Id}]
      Policy:
        - {Effect: Allow, Condition: {StringEquals: {"a": !Ref Size}}}
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: nested/inner.yaml
      Parameters: {Table: !GetAtt Table.Arn, Size: !Ref Size}
Outputs:
  Always: {Value: !Ref Size}
  Sometimes: {Condition: Either, Value: 1}
"""
INNER_TEMPLATE = """
Parameters:
  Table: {Type: String}
  Size: {Type: String}
Resources:
  Reader: {Type: T, Properties: {Table: !Ref Table, Stack: !Ref AWS::StackName, Size: !Ref Size}}
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "infra" / "nested").mkdir(parents=True)
    (tmp_path / "infra" / "root.yaml").write_text(ROOT_TEMPLATE)
    (tmp_path / "infra" / "nested" / "inner.yaml").write_text(INNER_TEMPLATE)
    monkeypatch.setattr(templates, "ROOT", tmp_path)
    return tmp_path


def expanded(**given: str) -> list[Template]:
    return expansion.expand({"Needed": "no", **given}, region="eu-west-1", file="infra/root.yaml")


@pytest.mark.usefixtures("written")
class TestExpanding:
    def test_puts_in_what_parameters_decide(self) -> None:
        properties: dict[str, Any] = expanded()[0].resources["Function"]["Properties"]
        assert properties == {
            "Bytes": 1,
            "Hosts": ["a", "b"],
            "Joined": "a-b",
            "First": "x",
            "Later": {"Fn::Select": [0, {"Fn::Split": [".", {"Fn::GetAtt": ["Table", "Name"]}]}]},
            "Zone": "eu-west-1b",
            "Left": [2],
            "Table": {"Ref": "Table"},
            "Address": "https://small.eu-west-1.amazonaws.com/${literal}",
            "Name": {"Fn::Sub": "small/${Table.Arn}"},
            "Own": {"Fn::Sub": ["small-${B}", {"B": {"Fn::GetAtt": ["Table", "Id"]}}]},
            "Policy": [{"Effect": "Allow", "Condition": {"StringEquals": {"a": "small"}}}],
        }

    def test_leaves_out_what_has_a_condition_that_fails(self) -> None:
        small, large = expanded()[0], expanded(Size="large")[0]
        assert "Big" not in small.resources
        assert large.resources["Big"] == {"Type": "T"}
        assert large.resources["Function"]["Properties"]["Left"] == [1, 2]
        assert "Big" not in expanded(Size="large", Host="there")[0].resources

    def test_decides_which_outputs_there_are(self) -> None:
        assert set(expanded()[0].outputs) == {"Always"}
        assert set(expanded(Needed="true")[0].outputs) == {"Always", "Sometimes"}

    def test_expands_what_is_nested_with_what_it_is_given(self) -> None:
        inner = expanded()[1]
        assert (inner.path, inner.file) == ("Inner", "infra/nested/inner.yaml")
        assert inner.resources["Reader"]["Properties"] == {
            "Table": {"Fn::GetAtt": ["Table", "Arn"]},
            "Stack": "mundo-tango-Inner",
            "Size": "small",
        }

    def test_refuses_a_parameter_that_is_not_there_or_not_given(self) -> None:
        with pytest.raises(Refusal, match=r"root\.yaml has no parameter Wrong"):
            expanded(Wrong="1")
        with pytest.raises(Refusal, match=r"root\.yaml needs Needed"):
            expansion.expand({}, file="infra/root.yaml")


def test_the_first_phase_has_the_stores_and_the_local_cloud_has_none_of_them() -> None:
    paths = {one.path for one in expansion.of_env(config_env.load("phase1"))}
    assert {"", "Network", "Database", "Cache", "EdgeStack", "Alarms"} <= paths
    local = {one.path for one in expansion.of_env(config_env.load("local"))}
    assert not local & {"Network", "Database", "Cache", "Alarms"}
