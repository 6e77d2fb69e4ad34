"""Documents that are read instead of the code: their links lead somewhere, and their lists are whole."""

import re
from pathlib import Path

import pytest

from operations.house_rules import ROOT, tracked

PAGES = tracked("*.md")
DECISIONS = ROOT / "docs" / "decisions"
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives considered", "References"]
MAKEFILES = (ROOT / "Makefile", ROOT / "packaging" / "functions.mk")
# What other targets or SAM call, and people do not.
NOT_FOR_PEOPLE = {"lint-template"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    # `make bench` writes this one.
    assert [link for link in missing if not link.endswith("benchmarks.md")] == []


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("0*.md")), ids=name)
def test_a_decision_says_all_there_is_to_say(record: Path) -> None:
    text = record.read_text(encoding="utf-8")

    assert re.match(rf"# {record.name[:4]} \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert f"({record.name})" in (DECISIONS / "README.md").read_text(encoding="utf-8")


def targets() -> dict[str, str | None]:
    """Every target for people, with what `make help` says of it."""
    text = "".join(makefile.read_text(encoding="utf-8") for makefile in MAKEFILES)
    named = {word for line in re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE) for word in line.split()}
    explained = dict(re.findall(r"^([a-z][a-z-]*):.*?## (.+)$", text, re.MULTILINE))
    return {target: explained.get(target) for target in named - NOT_FOR_PEOPLE if re.fullmatch(r"[a-z-]+", target)}


def test_make_help_explains_every_target() -> None:
    assert len(targets()) > 10
    assert [target for target, explained in targets().items() if not explained] == []


def test_the_readme_lists_every_target_and_no_other() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Every target of make")[1].split("\n## ")[0]

    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == targets().keys() - {"help"}


def test_every_target_makes_the_environment_first() -> None:
    """A person types any of them first."""
    rules = dict(re.findall(r"^([a-z][a-z-]*):(.*?)##", MAKEFILES[0].read_text(encoding="utf-8"), re.MULTILINE))
    without = {target for target, needs in rules.items() if "setup" not in needs.split()}

    assert without == {"help", "setup", "clean"}


def test_the_architecture_page_draws_the_three_ways_through() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert page.count("```mermaid") == 3
    for way in ("### A request", "### An upload", "### A push"):
        assert way in page
