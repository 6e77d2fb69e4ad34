"""Starts MiniStack, in its own environment, with five mistakes of its release mended. tests/e2e hold the first two
and the fourth.

* When a nested stack is updated it forgets the attributes of the resources that did not change, so that a `GetAtt` on
  one of them fails and the update is rolled back. (A top-level stack's are passed on.)
* It saves how far each function has read a table's stream, and not the stream: after a start nothing is read until the
  new stream is as long as the old one was.
* It runs all that sockets bring in one process of the function, one after the other, where Lambda runs them side by
  side. Frames of one socket stay in their order.
* It throws away what a function logs of a socket.
* It unpacks the layer anew for every process of every function, and so deletes it as often: with 22 processes the
  end of tests/e2e took 89 s on a busy machine, and takes 5.
"""

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import _stacks, provisioners

SOCKET_PROCESSES = 4

_update = provisioners._update_resource  # noqa: SLF001 - nothing public does any of this
_get_state, _load_state = dynamodb.get_state, dynamodb.load_persisted_state


def _update_remembering(
    resource_type: str,
    physical_id: str,
    old: dict[str, Any],
    new: dict[str, Any],
    stack_name: str,
    logical_id: str | None = None,
    old_attrs: dict[str, Any] | None = None,
) -> Any:
    if old_attrs is None:
        known = _stacks.get(stack_name, {}).get("_resources", {})
        old_attrs = known.get(logical_id, {}).get("Attributes")
    return _update(resource_type, physical_id, old, new, stack_name, logical_id, old_attrs)


def _state_with_streams() -> dict[str, Any]:
    state: dict[str, Any] = _get_state()
    return state | {"streams": dynamodb._stream_records, "trimmed": dynamodb._stream_trimmed}  # noqa: SLF001


def _load_with_streams(data: dict[str, Any]) -> None:
    _load_state(data)
    dynamodb._stream_records.update(data.get("streams", {}))  # noqa: SLF001
    dynamodb._stream_trimmed.update(data.get("trimmed", {}))  # noqa: SLF001


class _Leased:
    """A process of a function for one invocation, in place of the one that all share."""

    _free = threading.BoundedSemaphore(SOCKET_PROCESSES)

    def __init__(self, *function: Any, qualifier: str) -> None:
        self._function, self._qualifier = function, qualifier

    def invoke(self, event: Any, request_id: str) -> Any:
        with self._free:
            worker, _ = lambda_runtime.acquire_worker(*self._function, qualifier=self._qualifier)
            try:
                return self._logged(worker.invoke(event, request_id), request_id)
            finally:
                lambda_runtime.release_worker(worker)

    def _logged(self, result: dict[str, Any], request_id: str) -> dict[str, Any]:
        config, failed = self._function[1], result.get("status") == "error"
        lambda_svc._emit_lambda_logs(config, request_id, result.get("log", ""), failed, 0)  # noqa: SLF001
        return result


class _Archive(zipfile.ZipFile):
    """The code of a function, or a layer: as in Lambda its processes can all read the same, as none may write there."""

    _unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """A link in place of the folder, which is empty yet."""
        contents = repr([(one.filename, one.CRC) for one in self.infolist()])
        unpacked = Path(tempfile.gettempdir(), f"code-{hashlib.sha256(contents.encode()).hexdigest()}")
        with self._unpacking:
            if not unpacked.exists():
                partial = unpacked.with_suffix(".part")
                super().extractall(partial, members, pwd)
                partial.rename(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)


provisioners._update_resource = _update_remembering  # noqa: SLF001
dynamodb.get_state, dynamodb.load_persisted_state = _state_with_streams, _load_with_streams
lambda_runtime.get_or_create_worker = _Leased
lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": _Archive})
main()
