"""Prints the parameters of a deploy, for `sam deploy --parameter-overrides`.

    python packaging/parameters.py phase1 OperatorMail=ops@example.org

Given there, they replace those of samconfig.toml as a whole, so they are put together here: those of the config env,
SchemaVersion, and whatever is named on the command line, the last one winning.
"""

import shlex
import sys

from mundotango.migrations import schema_version
from operations import config_env


def main() -> None:
    env, *given = sys.argv[1:]
    parameters = {**config_env.load(env).parameters, "SchemaVersion": schema_version()}
    parameters |= dict(pair.split("=", 1) for pair in given)
    # SAM takes no empty value; empty is the default wherever it means something.
    sys.stdout.write(" ".join(shlex.quote(f"{name}={value}") for name, value in parameters.items() if value) + "\n")


if __name__ == "__main__":
    main()
