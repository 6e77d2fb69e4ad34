from pathlib import Path

import pytest

from devstack.failure import DevstackFailed
from devstack.paths import LAYOUT, Home


def test_a_new_home_notes_its_layout(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    home.prepare()
    assert home.layout.read_text() == f"{LAYOUT}\n"
    home.prepare()


@pytest.mark.parametrize("noted", ["0\n", "99\n", None])
def test_a_home_of_another_layout_is_refused_with_the_cure(tmp_path: Path, noted: str | None) -> None:
    home = Home(tmp_path / "state")
    home.prepare()
    if noted is None:
        home.layout.unlink()
        home.ports.write_text("{}")
    else:
        home.layout.write_text(noted)
    with pytest.raises(DevstackFailed, match=r"has layout .*Cure: make reset"):
        home.prepare()
