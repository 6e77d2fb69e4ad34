import subprocess
from pathlib import Path

import pytest

from operations import house_rules


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def write(checkout: Path, name: str, lines: int) -> None:
    path = checkout / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n" * lines)


def test_a_module_may_have_400_lines_and_not_one_more(checkout: Path) -> None:
    write(checkout, "bench/fits.py", 400)
    write(checkout, "bench/__init__.py", 0)
    write(checkout, "tests/long.py", 401)

    assert house_rules.violations(checkout) == ["tests/long.py: 401 lines, 400 at most; split it by what it does"]


def test_a_folder_of_modules_that_import_linter_would_not_see_is_named(checkout: Path) -> None:
    write(checkout, "functions/push/handler.py", 1)
    write(checkout, "tests/unit/test_push.py", 1)

    (violation,) = house_rules.violations(checkout)
    assert violation.startswith("functions/push: has modules but no __init__.py")


def test_what_git_ignores_is_nobodys_business(checkout: Path) -> None:
    (checkout / ".gitignore").write_text(".venv/\n")
    write(checkout, ".venv/lib/long.py", 1000)

    assert house_rules.violations(checkout) == []
