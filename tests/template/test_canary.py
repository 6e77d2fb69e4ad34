"""A deploy of what answers people goes to a few first, and goes back by itself."""

from typing import Any

from operations.expansion import Template
from tests.template.test_alarms import ALL_ON, alarms_of, phase1

# What people wait for; the others are retried by their stream, queue or schedule.
ANSWER_PEOPLE = {"ApiFunction", "WsConnectFunction", "PushFunction", "ImageWorkerFunction"}


def preferences(templates: list[Template]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]["DeploymentPreference"]
        for name, resource in templates[0].resources.items()
        if "DeploymentPreference" in resource.get("Properties", {})
    }


def test_the_functions_that_answer_people_have_one(functions: dict[str, dict[str, Any]]) -> None:
    found = preferences(phase1(Canary="true"))
    assert set(found) == ANSWER_PEOPLE
    assert {one["Type"] for one in found.values()} == {"Canary10Percent5Minutes"}
    assert {one["Enabled"] for one in found.values()} == {"true"}


def test_sam_reads_whether_there_is_one_from_a_parameter(functions: dict[str, dict[str, Any]]) -> None:
    """It decides before CloudFormation does, and knows parameters but no conditions."""
    for name in ANSWER_PEOPLE:
        assert functions[name]["DeploymentPreference"]["Enabled"] == {"Ref": "Canary"}, name


def test_alarms_that_are_there_roll_it_back() -> None:
    few = {"Alarms.FailedAnswers", "Alarms.FailedCalls"}
    assert _rolling_back(phase1(Canary="true")) == few
    assert len(alarms_of(phase1(Canary="true"))) == 10
    assert _rolling_back(phase1(**ALL_ON)) == {"Alarms.FailedAnswers", "MoreAlarms.FailingVersion"}


def test_without_alarms_nothing_refers_to_them() -> None:
    for one in preferences(phase1(Canary="true", Monitoring="off")).values():
        assert "Alarms" not in one


def test_each_that_has_one_is_looked_at_by_version() -> None:
    alarm = alarms_of(phase1(**ALL_ON))["FailingVersion"]
    looked = [each["MetricStat"]["Metric"]["Dimensions"] for each in alarm["Metrics"][1:]]
    assert len(looked) == len(ANSWER_PEOPLE)
    for dimensions in looked:
        assert [each["Name"] for each in dimensions] == ["FunctionName", "Resource", "ExecutedVersion"]


def _rolling_back(templates: list[Template]) -> set[str]:
    """As `Stack.Output`; each is an output of a stack that is there, and the name of an alarm in it."""
    found = set()
    outputs = {template.path: template.outputs for template in templates}
    for one in preferences(templates).values():
        for alarm in one["Alarms"]:
            stack, output = alarm["Fn::GetAtt"]
            name = output.removeprefix("Outputs.")
            assert outputs[stack][name]["Value"] == {"Ref": name}
            found.add(f"{stack}.{name}")
    return found
