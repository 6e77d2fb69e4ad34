"""The image worker as one warm process, for files that may be its end: each line tells a file and its purpose.

It imports what the function does and runs the worker's own code. The answer tells what came of the file, the
processor's seconds, and the most memory that the process had meanwhile, its interpreter included.
"""

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import functions.image_worker.handler  # noqa: F401 (for what it weighs)
from functions.image_worker.images import compress
from mundotango.errors import BadImage


def outcome(file: Path, purpose: Any) -> dict[str, Any]:
    """The widest variant and the kept original are written beside the file."""
    try:
        made = compress(file.read_bytes(), purpose, keep_attribution=False)
    except BadImage as refusal:
        return {"refused": refusal.detail}
    except Exception:  # noqa: BLE001 (told to the test, which fails by it)
        return {"broken": traceback.format_exc()}
    file.with_suffix(".variant").write_bytes(made.renditions[-1].data)
    file.with_suffix(".original").write_bytes(made.original)
    return {"size": (made.width, made.height), "animated": made.animated}


def peak() -> int:
    """In KB; the count begins anew."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def main() -> None:
    peak()
    for line in sys.stdin:
        told = json.loads(line)
        started = time.process_time()
        answer = outcome(Path(told["file"]), told["purpose"])
        print(json.dumps(answer | {"seconds": time.process_time() - started, "kilobytes": peak()}), flush=True)


if __name__ == "__main__":
    main()
