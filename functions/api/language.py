"""In which language a request is refused.

Where answers are the same for everyone and may be kept by the edge, and where a link is opened, the address says it:
`?lang=es`. Everywhere else the reader's browser does, by `Accept-Language` (RFC 9110, 12.5.4). English if neither does.
"""

from collections.abc import Iterator
from contextvars import ContextVar
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mundotango.languages import LANGUAGES, Language

ADDRESSED = ("/api/public/", "/api/link/")
DEFAULT: Language = "en"

_request: ContextVar[Scope] = ContextVar("request")


class ReaderLanguage:
    """Outside of all that may refuse, so that nothing which refuses has to be told who reads it.

    Which language that is, is looked for when a refusal is written, and not before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _request.set(scope)
        await self._app(scope, receive, send)


def spoken() -> Language:
    """The language of the request that is being answered."""
    scope = _request.get(None)
    if scope is None:
        return DEFAULT
    if by_address(scope["path"]):
        return _named(dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("lang", "")) or DEFAULT
    return preferred(Headers(scope=scope).get("accept-language", ""))


def headers() -> dict[str, str]:
    """Those of an answer that is written in the language spoken."""
    scope = _request.get(None)
    varies = {} if scope is None or by_address(scope["path"]) else {"Vary": "Accept-Language"}
    return {"Content-Language": spoken()} | varies


def by_address(path: str) -> bool:
    return path.startswith(ADDRESSED)


def preferred(accept_language: str) -> Language:
    """The language we have that the reader likes best; of two liked alike, the one named first."""
    liked = sorted(_weighed(accept_language), key=lambda each: -each[1])
    return next((language for language, weight in liked if weight > 0), DEFAULT)


def _weighed(accept_language: str) -> Iterator[tuple[Language, float]]:
    for part in accept_language.split(","):
        tag, _, parameter = part.partition(";")
        language = DEFAULT if tag.strip() == "*" else _named(tag)
        if language is not None:
            yield language, _weight(parameter)


def _named(tag: str) -> Language | None:
    """The language of a tag such as es-AR."""
    primary = tag.strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language == primary), None)


def _weight(parameter: str) -> float:
    """Of `q=0.8`; all of it where there is none, and nothing where it cannot be read."""
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
