"""Every refusal that the code can tell a person, read from the code: what it is built from, and what it must not be.

Looked at are calls that build one: an error of the tree, `refused`, `FieldError`, `Said`, `problem`, and the
ValueErrors of schemas. What only developers read is left out: frames on a socket, jobs, migrations, pushes that wait.
"""

import ast
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

import functions.api
import functions.image_worker
import mundotango
from mundotango.errors import MundoTangoError, Said

LEFT_OUT = (
    "mundotango.realtime", "mundotango.migrations", "mundotango.webpush.queue", "mundotango.adapters.vapid",
    "functions.api.openapi",
)  # fmt: skip
# Which argument of a builder is the text; of an error of the tree it is the first.
TEXT_AT = {"refused": 1, "FieldError": 1, "Said": 0, "problem": 2}
# These hand on what they were given; who calls them is looked at instead.
HANDING_ON = {"mundotango.text.refused", "functions.api.errors.problem"}
# What a caught refusal says was looked at where it was built, and these say what they say by a template.
SAID_BEFORE = {"detail", "message"}
SAYING = {"Said", "_message"}


@dataclass(slots=True)
class Collected:
    templates: dict[str, str] = field(default_factory=dict)  # each with a place that says it
    made_up: list[str] = field(default_factory=list)  # places whose text is put together on the spot


def collect() -> Collected:
    found = Collected()
    modules = list(_modules())
    errors = {error.__name__ for error in tree()}
    for module in modules:
        _Reader(module, errors, found).visit(ast.parse(_source(module)))
    return found


def tree(root: type[MundoTangoError] = MundoTangoError) -> Iterator[type[MundoTangoError]]:
    """All errors, wherever they are defined."""
    yield root
    for error in root.__subclasses__():
        yield from tree(error)


def _modules() -> Iterator[ModuleType]:
    for package in (mundotango, functions.api, functions.image_worker):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(LEFT_OUT) and not module.name.endswith(".handler"):
                yield import_module(module.name)


def _source(module: ModuleType) -> str:
    assert module.__file__
    with open(module.__file__, encoding="utf-8") as file:  # noqa: PTH123 - a module's own word for its path
        return file.read()


class _Reader(ast.NodeVisitor):
    def __init__(self, module: ModuleType, errors: set[str], found: Collected) -> None:
        self._module = module
        self._errors = errors
        self._found = found
        self._functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self._in_error: list[bool] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node)

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = {name for base in node.bases if (name := _name(base))}
        self._in_error.append(bool(bases & (self._errors | {"HTTPException"})))
        self.generic_visit(node)
        self._in_error.pop()

    def visit_Call(self, node: ast.Call) -> None:
        for text in self._texts(node):
            self._take(text)
        self.generic_visit(node)

    def _texts(self, call: ast.Call) -> list[ast.expr]:
        name = _name(call.func)
        if name == "__init__" and any(self._in_error):
            return [argument for argument in call.args if isinstance(argument, ast.Constant | ast.JoinedStr)]
        if name == "ValueError" and self._module.__name__.startswith("functions.api.schemas"):
            return call.args[:1]
        if name in TEXT_AT:
            return call.args[TEXT_AT[name] :][:1]
        return call.args[:1] if name in self._errors else []

    def _take(self, text: ast.expr) -> None:
        where = f"{self._module.__name__}:{text.lineno}"
        if isinstance(text, ast.Constant):
            if isinstance(text.value, str):
                self._found.templates[text.value] = where
        elif isinstance(text, ast.IfExp):
            self._take(text.body)
            self._take(text.orelse)
        elif isinstance(text, ast.Call) and _name(text.func) in SAYING:
            pass  # looked at by itself
        elif (constant := self._constant(text)) is not None:
            self._found.templates[constant.template if isinstance(constant, Said) else constant] = where
        elif not self._handed_on(text):
            self._found.made_up.append(where)

    def _constant(self, text: ast.expr) -> str | None:
        """What a module's constant says, of this module or of one it imports."""
        path = ast.unparse(text).split(".")
        value: object = self._module
        for name in path:
            value = getattr(value, name, None)
        return value if isinstance(value, str) else None

    def _handed_on(self, text: ast.expr) -> bool:
        if isinstance(text, ast.Attribute):
            return text.attr in SAID_BEFORE
        if not isinstance(text, ast.Name) or not self._functions:
            return False
        function = self._functions[-1]
        assigned = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and any(_name(target) == text.id for target in node.targets)
        ]
        for value in assigned:
            self._take(value)
        return bool(assigned) or f"{self._module.__name__}.{function.name}" in HANDING_ON


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
