"""Deploys the edge of a config env whose edge stands apart, after the platform's own stack; else does nothing.

    python packaging/deploy_edge.py phase1 'SiteUrl=' --sam sam --overrides .aws-sam/parameters.yaml

The overrides are those that the platform's stack was deployed with, as packaging/parameters.py printed them.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from operations import config_env, edge_stack, parameters
from operations.refusal import Refusal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("env", help="config env of samconfig.toml")
    parser.add_argument("line", nargs="?", default="", help=f"Name=value …; {parameters.QUOTING}")
    parser.add_argument("--sam", required=True, help="the program")
    parser.add_argument("--overrides", required=True, type=Path, help="the platform's parameters")
    asked = parser.parse_args()
    try:
        env = config_env.load(asked.env)
        values = parameters.effective(env.parameters, parameters.pairs(parameters.words(asked.line)))
        return edge_stack.deploy(replace(env, parameters=values), asked.sam, asked.overrides, _run)
    except Refusal as refusal:
        print(f"edge: {refusal}", file=sys.stderr)
        return 1


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode


if __name__ == "__main__":
    sys.exit(main())
