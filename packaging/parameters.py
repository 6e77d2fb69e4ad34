"""Prints the parameters of a deploy, for `sam deploy --parameter-overrides`.

    python packaging/parameters.py phase1 OperatorMail=ops@example.org

Given there, they replace those of samconfig.toml as a whole, so they are put together here: those of the config env,
SchemaVersion, and whatever is named on the command line, the last one winning.
"""

import hashlib
import shlex
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "layers" / "common" / "mundotango" / "migrations"


def schema_version(migrations: Path = MIGRATIONS) -> str:
    """Changes with every byte of every migration: what has a new one must be run."""
    digest = hashlib.sha256()
    for path in sorted(migrations.glob("*.sql")) + sorted(migrations.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def of_config_env(name: str) -> dict[str, str]:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    written = config[name]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in written)


def main() -> None:
    env, *given = sys.argv[1:]
    parameters = of_config_env(env) | {"SchemaVersion": schema_version()} | dict(pair.split("=", 1) for pair in given)
    print(" ".join(shlex.quote(f"{name}={value}") for name, value in parameters.items()))


if __name__ == "__main__":
    main()
