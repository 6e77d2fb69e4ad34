#!/bin/sh
# Makes .venv from uv.lock with nothing but a Python 3.11 or newer: the first thing every make target asks for.
# uv comes from PATH when it is the version pinned here, else from PyPI into .local/uv; either way it ends at .local/uv/bin/uv.
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

found_uv() { "$1" --version 2>/dev/null | grep -q "^uv $UV_VERSION"; }

# A system's python3 may be old beside a newer one with its version in the name.
find_any_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v "$name"; return; fi
    done
    return 1
}

fetch_uv() {
    if on_path=$(command -v uv) && found_uv "$on_path"; then
        mkdir -p .local/uv/bin
        ln -sf "$on_path" .local/uv/bin/uv
        return
    fi
    python=$(find_any_python) || fail "no Python 3.11 or newer on PATH; install one"
    printf 'setup: fetching uv %s from PyPI\n' "$UV_VERSION"
    rm -rf .local/uv
    "$python" -m venv .local/uv || fail "$python has no venv; on Debian: apt-get install python3-venv"
    .local/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
        fail "uv $UV_VERSION could not be installed from PyPI; is there a network?"
}

is_python313() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; }

# pyenv's shim is on PATH for every version it has, and fails for those that are not selected: look past it.
find_python() {
    for candidate in "$(command -v python3.13 || true)" "${PYENV_ROOT:-$(pyenv root 2>/dev/null || printf %s "${HOME:-}/.pyenv")}"/versions/3.13*/bin/python3.13; do
        if [ -n "$candidate" ] && is_python313 "$candidate"; then printf '%s' "$candidate"; return; fi
    done
    printf '3.13' # uv finds one elsewhere, or downloads it
}

found_uv .local/uv/bin/uv || fetch_uv
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT
python=$(find_python)
printf 'setup: making .venv with Python from %s\n' "$python"
.local/uv/bin/uv sync --locked --quiet --python "$python" ||
    fail "uv could not make .venv from uv.lock; with Python 3.13 installed, or a network to fetch it, run make setup again"
touch .venv/.synced
