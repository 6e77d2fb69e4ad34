"""Whatever runs without a request waiting for it is tried again, kept when it is given up, told of, and idempotent."""

import ast

import pytest

from operations import background_jobs
from operations.background_jobs import SOURCES, Job, jobs
from operations.expansion import Template
from operations.templates import ROOT


@pytest.fixture(scope="module")
def first_phase() -> list[Template]:
    return background_jobs.whole()


@pytest.fixture(scope="module")
def every(first_phase: list[Template]) -> list[Job]:
    return list(jobs(first_phase))


def test_the_page_is_as_the_template_is(first_phase: list[Template]) -> None:
    written = (ROOT / "docs" / "background-jobs.md").read_text(encoding="utf-8")

    wanted = "python -m operations.background_jobs > docs/background-jobs.md"
    assert written == background_jobs.text(first_phase), wanted


def test_each_has_dead_letters_an_alarm_a_second_try_and_words(every: list[Job]) -> None:
    assert len(every) > 20
    lacking = [
        (job.name, field)
        for job in every
        for field in ("what", "retries", "dead_letters", "alarms", "redrive")
        if not getattr(job, field)
    ]
    assert lacking == []


def test_each_names_a_test_that_shows_that_twice_is_once(every: list[Job]) -> None:
    assert {job.name for job in every} == SOURCES.keys()
    assert [job.name for job in every if not _exists(job.shown_by)] == []


def _exists(node_id: str) -> bool:
    """Whether pytest would find it: a function, or a method of a class of that name."""
    path, *names = node_id.split("::")
    found: ast.AST = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for name in names:
        inner = [one for one in ast.iter_child_nodes(found) if getattr(one, "name", None) == name]
        if not inner:
            return False
        found = inner[0]
    return isinstance(found, ast.FunctionDef)


def test_one_that_lacks_its_dead_letters_or_its_alarm_is_found(first_phase: list[Template]) -> None:
    root = first_phase[0].resources
    worker = root["ImageWorkerFunction"]["Properties"]["Events"]["Uploads"]["Properties"]["Queue"]["Fn::GetAtt"][0]
    bare = {**root, worker: {**root[worker], "Properties": {}}}
    changed = [Template("", "template.yaml", bare, {}), *first_phase[1:]]

    (found,) = [job for job in jobs(changed) if job.name == "ImageWorkerFunction.Uploads"]

    assert (found.dead_letters, found.alarms, found.redrive) == ("", [], "")
    without_alarms = [one for one in first_phase if one.path != "Alarms"]
    assert {tuple(job.alarms) for job in jobs(without_alarms)} == {()}
