"""Prints the parameters of a deploy as YAML, for `sam deploy --parameter-overrides file://…`.

    python packaging/parameters.py phase1 'OperatorMail=ops@example.org SiteUrl='
    python packaging/parameters.py phase1 'Architecture=x86_64' --only Architecture

Given there, they replace those of samconfig.toml as a whole, so they are put together here: the template's defaults,
those of the config env, SchemaVersion, what other regions and an edge that another stack makes have to tell, and
whatever the line names, the last one winning. AWS is asked only for what another stack makes, and not where one value
alone is wanted.
"""

import argparse
import json
import sys
from dataclasses import replace

from operations import config_env, edge_stack, parameters, regions
from operations.refusal import Refusal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("env", help="config env of samconfig.toml")
    parser.add_argument("line", nargs="?", default="", help=f"Name=value …; {parameters.QUOTING}")
    parser.add_argument("--only", metavar="NAME", help="print the bare value of this one")
    asked = parser.parse_args()
    try:
        given = parameters.pairs(parameters.words(asked.line))
        env = config_env.load(asked.env)
        values = parameters.effective(env.parameters, given)
        if not asked.only:
            whole = replace(env, parameters=values)
            told = {**regions.told(whole), **edge_stack.told(whole)}
            values = parameters.effective(env.parameters, told, given)
    except Refusal as refusal:
        print(f"parameters: {refusal}", file=sys.stderr)
        return 1
    if asked.only:
        print(values[asked.only])
    else:
        # JSON is YAML too, and leaves no doubt about what is a string.
        print(json.dumps(values, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
