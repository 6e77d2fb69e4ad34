"""One cold start, timed from inside a process of its own. Prints one line of JSON as its last.

Seconds are the processor's: it is what a cold start in Lambda waits for, and a busy neighbour here does not count.

Run by file, away from every installed package: `python -I -S -B probe.py JSON`, where JSON has the keys `path` (folders
to import from), `handler` (module.function), `event`, and `after` (by name, functions to time once the request is
served). What this module imports itself is the standard library's, and there before the clock starts, for all alike.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType, SimpleNamespace
from typing import Any

clients_made = {"seconds": 0.0}


def _timed(make: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        try:
            return make(*args, **kwargs)
        finally:
            clients_made["seconds"] += time.process_time() - started

    return timed


class _TimedClients(Loader):
    """Times the making of SDK clients, whoever asks for them: boto3 and pynamodb both make a session, then a client."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        module.Session.__init__ = _timed(module.Session.__init__)
        module.Session.create_client = _timed(module.Session.create_client)


class _BotocoreSession(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "botocore.session":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _TimedClients(spec.loader)
        return spec


def _resolve(dotted: str) -> Any:
    module, _, attribute = dotted.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def main() -> None:
    job = json.loads(sys.argv[1])
    sys.path[:0] = job["path"]
    sys.meta_path.insert(0, _BotocoreSession())
    context = SimpleNamespace(
        function_name="bench",
        function_version="$LATEST",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
        aws_request_id="00000000-0000-7000-8000-000000000000",
        log_group_name="bench",
        log_stream_name="bench",
        get_remaining_time_in_millis=lambda: 300_000,
    )
    started = time.process_time()
    handler = _resolve(job["handler"])
    imported = time.process_time()
    while_importing = clients_made["seconds"]
    answer = handler(job["event"], context)
    answered = time.process_time()
    clients = clients_made["seconds"]
    after = {}
    for name, dotted in job["after"].items():
        begun = time.process_time()
        _resolve(dotted)()
        after[name] = time.process_time() - begun
    result = {
        "import": imported - started - while_importing,
        "request": answered - imported - (clients - while_importing),
        "clients": clients,
        "after": after,
        "answer": answer,
    }
    print("\n" + json.dumps(result, default=str), flush=True)
    os._exit(0)  # Lambda never ends a process in order either, and a pool's threads would take their time


if __name__ == "__main__":
    main()
