"""Which variables a function's code asks its environment for, read from the code and not from what it was given.

A handler reaches the environment in two ways: it calls `mundotango.settings`, or it takes an adapter from the
platform, which `mundotango/bootstrap.py` makes from settings. Both are looked for in every module the handler imports.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from operations.templates import ROOT

LAYER = ROOT / "layers" / "common"
SETTINGS = LAYER / "mundotango" / "settings.py"
BOOTSTRAP = LAYER / "mundotango" / "bootstrap.py"
# Lambda's own, not the template's.
GIVEN_BY_LAMBDA = {"AWS_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_NAME"}


def required(module: str) -> set[str]:
    """The variables without which something in the handler's reach fails."""
    return {name for part in _parts(module) for name in _of_settings(part, "_require")} - GIVEN_BY_LAMBDA


def known(module: str) -> set[str]:
    """These, and those it would make use of."""
    optional = {name for part in _parts(module) for name in _of_settings(part, "get")}
    return (required(module) | optional) - GIVEN_BY_LAMBDA


def _parts(module: str) -> set[str]:
    """Expressions such as `Database.from_env` and `table:media` that what the handler reaches evaluates."""
    return {part for tree in _reach(module) for part in _settings_used(tree)}


def _reach(module: str) -> Iterator[ast.AST]:
    """The whole of the handler's module, and of the others each function and class that something reached names.

    Routes stand in folders below the handler's and are imported by a name put together at run time: they count whole.
    """
    seen: set[tuple[Path, str]] = set()
    whole = [_file(module), *_file(module).parent.glob("*/*.py")]
    waiting = [(path, name) for path in whole for name in _symbols(path)]
    while waiting:
        path, name = waiting.pop()
        if (path, name) in seen or path == SETTINGS:
            continue
        seen.add((path, name))
        for node in _symbols(path).get(name, ()):
            yield node
            waiting += _named(path, node)


def _named(path: Path, tree: ast.AST) -> Iterator[tuple[Path, str]]:
    """What a piece of a module names: its neighbours, what it imports, and attributes of imported modules."""
    imported = _imports(path) | _imports_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _symbols(path):
            yield path, node.id
        elif isinstance(node, ast.Name) and node.id in imported:
            yield from _target(imported[node.id])
        elif isinstance(node, ast.Attribute) and _is_platform(path, node.value):
            yield BOOTSTRAP, node.attr
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            module = _file(imported[node.value.id])
            if module.exists():
                yield module, node.attr


def _target(dotted: str) -> Iterator[tuple[Path, str]]:
    module, _, name = dotted.rpartition(".")
    if not _file(dotted).exists() and _file(module).exists():
        yield _file(module), name


@cache
def _symbols(path: Path) -> dict[str, list[ast.stmt]]:
    """A module's top-level statements by the name they bind; those that bind none under the empty name."""
    found: dict[str, list[ast.stmt]] = {}
    body = _tree(path).body
    if path == BOOTSTRAP:
        # Each adapter for itself: who names the platform does not ask for all of them.
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == "Platform")
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.TypeAlias):
            names = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and _binds(inner)]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            continue
        else:
            names = [""]
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def _binds(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


@cache
def _imports(path: Path) -> dict[str, str]:
    return _imports_in(ast.Module([n for n in _tree(path).body if isinstance(n, ast.Import | ast.ImportFrom)], []))


def _imports_in(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, of this repository."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return {name: dotted for name, dotted in found.items() if dotted.startswith(("mundotango.", "functions."))}


def _is_platform(path: Path, node: ast.expr) -> bool:
    """`platform`, `platform()`, `stores` (a platform of which only the stores are named), in its own methods `self`."""
    if isinstance(node, ast.Call):
        node = node.func
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"platform", "stores"} or (path == BOOTSTRAP and name == "self")


def _settings_used(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.startswith("settings.") and called.endswith(".from_env"):
            found.add(called.removeprefix("settings."))
        elif called in {"settings.table", "settings.bucket", "settings.queue"}:
            found.add(f"{called.removeprefix('settings.')}:{ast.literal_eval(node.args[0])}")
    return found


def _of_settings(part: str, call: str) -> Iterator[str]:
    """The names that one part of settings.py reads by `_require(env, NAME)` or `env.get(NAME)`."""
    if ":" in part:
        kind, _, name = part.partition(":")
        if call == "_require":
            yield f"{name.upper()}_{kind.upper()}"
        return
    section = part.removesuffix(".from_env")
    for top in _tree(SETTINGS).body:
        if isinstance(top, ast.ClassDef) and top.name == section:
            for node in ast.walk(top):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(call):
                    yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant) and arg.value)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _file(module: str) -> Path:
    base = (LAYER if module.startswith("mundotango") else ROOT) / module.replace(".", "/")
    return base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
