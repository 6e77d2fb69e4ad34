"""The config envs of samconfig.toml: which stack each deploys, where, and with which parameters."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.parameters import pairs, words
from operations.refusal import Refusal

SAMCONFIG = Path(__file__).parent.parent / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class ConfigEnv:
    name: str
    stack_name: str
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def names(path: Path = SAMCONFIG) -> list[str]:
    """Of all config envs. Raises Refusal when there is no such file."""
    return _known(_envs(path))


def load(name: str, path: Path = SAMCONFIG) -> ConfigEnv:
    """As `sam deploy --config-env NAME` reads it: the command's own parameters over the global ones.

    Raises:
        Refusal: there is no such file or env, or it names no stack.
    """
    envs = _envs(path)
    known = _known(envs)
    if name not in known:
        raise Refusal(f"{path.name} has no config env {name}", cure=f"choose one of {', '.join(known)}")
    merged: dict[str, Any] = {}
    for command in ("global", "deploy"):
        merged |= envs[name].get(command, {}).get("parameters", {})
    if not merged.get("stack_name"):
        raise Refusal(f"config env {name} names no stack", cure=f"add stack_name to it in {path.name}")
    overrides = _overrides(merged.get("parameter_overrides", []))
    return ConfigEnv(name, str(merged["stack_name"]), merged.get("region"), overrides)


def _envs(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refusal(f"{path} is missing", cure="run this in a whole checkout of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path.name} is not TOML: {error}", cure="correct it") from error


def _known(envs: Mapping[str, Any]) -> list[str]:
    return [key for key, value in envs.items() if isinstance(value, dict)]


def _overrides(written: str | list[str]) -> dict[str, str]:
    """SAM takes `Key=value` pairs as one string, quoted like a shell's, or as a list."""
    return pairs(words(written) if isinstance(written, str) else written)
