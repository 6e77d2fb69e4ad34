"""What is kept of people, how long and why, from the registry: `python -m operations.retention > docs/retention.md`."""

import sys

from mundotango.privacy.registry import STORES

HEAD = """\
# What is kept of people

Every store that holds data of people: what, how long and why, how its owner gets it, and what becomes of it when they
leave. Written by `python -m operations.retention` from the registry that exports and erasures go by, in the order of an
erasure; a test fails when a store has no entry. What it means for a person stands in [privacy.md](privacy.md).
"""


def text() -> str:
    parts = [HEAD]
    for store in STORES:
        rows = (
            ("what", store.what),
            ("how long", store.how_long),
            ("why", store.why),
            ("exported", store.exported),
            ("when they leave", store.erased),
            ("where", ", ".join(f"`{held}`" for held in store.holds)),
        )
        table = "\n".join(f"| {name} | {said} |" for name, said in rows)
        parts.append(f"## {store.name} ({store.system})\n\n| | |\n| --- | --- |\n{table}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(text())
