"""Where the local cloud keeps what: tools and build below `.local/` of the checkout, state in a `Home` of its own.

`make run` has the home `.local/state`; `make story` and the tests each make one that they delete afterwards.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from devstack.failure import DevstackFailed

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
BUILD = LOCAL / "build"

# Raise it when a home made before can no longer be read; it is then refused in one line instead of misread.
LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Home:
    """One local cloud's state."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    @property
    def ministack(self) -> Path:
        return self.folder / "ministack"

    @property
    def ports(self) -> Path:
        return self.folder / "ports.json"

    @property
    def owner(self) -> Path:
        return self.folder / "owner.json"

    @property
    def layout(self) -> Path:
        return self.folder / "layout"

    def prepare(self) -> None:
        """Makes the folder, or refuses one of another layout.

        Raises:
            DevstackFailed: the home was made by a checkout that laid it out differently.
        """
        if self.folder.exists() and any(self.folder.iterdir()):
            found = self.layout.read_text().strip() if self.layout.exists() else "unknown"
            if found != str(LAYOUT):
                raise DevstackFailed(
                    f"{self.folder} has layout {found}, and this checkout reads {LAYOUT}", cure="make reset"
                )
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.layout.write_text(f"{LAYOUT}\n")

    def delete(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def default_home() -> Home:
    return Home(LOCAL / "state")
