"""CloudFront's functions, put together: `python -m operations.edge` writes them into infra/edge/policies.yaml.

A behaviour has one function an event, and CloudFormation takes its code only inline, so each is made here of files in
edge/, one concern each. A step is the function that has the name of its file; it changes the request, or answers in the
origin's place. What is said in docs/openapi.json (which parameters a route takes, which kinds of events and which
languages there are) comes along as constants, and one parameter of the template.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

import rjsmin

from operations.templates import ROOT

POLICIES = ROOT / "infra" / "edge" / "policies.yaml"
# Of CloudFront: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions
LARGEST = 10_240
PUBLIC = "/api/public/"


@dataclass(frozen=True, slots=True)
class Function:
    """A viewer-request function: its steps in order, and the files of edge/ that they use."""

    steps: tuple[str, ...]
    uses: tuple[str, ...] = ()


FUNCTIONS = {
    "PublicRequests": Function(
        ("near_me", "language", "public_query", "trace"),
        ("values", "redirects", "words", "degrees", "moments", "agenda_query"),
    ),
    "GuestRequests": Function(("language", "trace"), ("values",)),
    "ApiRequests": Function(("canonical_address", "trace"), ("values", "redirects")),
    "WriteHome": Function(("canonical_address", "trace", "write_home"), ("values", "redirects", "goes_home")),
    "ReadElsewhere": Function(("canonical_address", "trace", "read_elsewhere"), ("values", "redirects", "goes_home")),
    "SiteRequests": Function(("canonical_address", "single_page"), ("values", "redirects")),
    "ViewerHost": Function(("viewer_host",)),
}


def composed(name: str) -> str:
    """The code of a function, as CloudFront gets it."""
    function = FUNCTIONS[name]
    sources = [_source(part) for part in (*function.uses, *function.steps)]
    body = "\n".join(source.partition("\n\n")[2] if _imports(source) else source for source in sources)
    imports = "".join(f"{line}\n" for line in sorted({line for source in sources for line in _imports(source)}))
    constants = "".join(
        f"const {key}={value};\n" for key, value in _constants().items() if re.search(rf"\b{key}\b", body)
    )
    answers = "||".join(f"{_camel(step)}(event.request,event)" for step in function.steps)
    handler = f"function handler(event){{return {answers}||event.request}}\n"
    return imports + constants + str(rjsmin.jsmin(body)).strip() + "\n" + handler


def inlined(text: str) -> str:
    """The template with the code of today."""
    for name in FUNCTIONS:
        start = text.index(f"\n  {name}:\n")
        code = composed(name)
        lines = [f"        {line}\n" for line in code.splitlines()]
        opening = f"      FunctionCode: {'!Sub ' if '${' in code else ''}|\n"
        head, _, rest = re.split(r"(      FunctionCode: .*\n)", text[start:], maxsplit=1)
        after = dropwhile(lambda line: line.startswith("        "), rest.splitlines(keepends=True))
        text = "".join((text[:start], head, opening, *lines, *after))
    return text


def _source(part: str) -> str:
    return (ROOT / "edge" / f"{part}.js").read_text(encoding="utf-8")


def _imports(source: str) -> list[str]:
    """Such as of `cloudfront`, which stand at the top of a file, an empty line after them."""
    return re.findall(r"(?m)^import .+$", source)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _constants() -> dict[str, str]:
    described = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    schemas = described["components"]["schemas"]
    languages = next(_languages(described))
    routes = [f"[/^({'|'.join(paths)})$/,{json.dumps(names)}]" for names, paths in sorted(_routes(described).items())]
    return {
        "ROUTES": f"[{','.join(routes)}]",
        "KINDS": json.dumps(sorted(schemas["EventBody"]["properties"]["kind"]["enum"]), separators=(",", ":")),
        "LANGUAGES": json.dumps(languages, separators=(",", ":")),
        "SHARE": "${TraceShare}",
    }


def _routes(described: dict[str, Any]) -> dict[str, list[str]]:
    """Of each set of parameters, but for the language that all have, the paths that take it, as patterns."""
    routes: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        taken = {one["name"] for one in operations.get("get", {}).get("parameters", ()) if one["in"] == "query"}
        if path.startswith(PUBLIC) and (names := " ".join(sorted(taken - {"lang"}))):
            pattern = re.sub(r"\\\{\w+\\\}", r"[^\\/]+", re.escape(path.removeprefix(PUBLIC)).replace("/", "\\/"))
            routes.setdefault(names, []).append(pattern)
    return routes


def _languages(described: Any) -> Iterator[list[str]]:
    """The default first."""
    if isinstance(described, dict):
        for key, value in described.items():
            if key == "Content-Language":
                yield value["schema"]["enum"]
            else:
                yield from _languages(value)


def main() -> None:
    POLICIES.write_text(inlined(POLICIES.read_text(encoding="utf-8")), encoding="utf-8")
    for name in FUNCTIONS:
        print(f"{name:<16} {len(composed(name).encode()):>6} of {LARGEST} bytes")


if __name__ == "__main__":
    main()
