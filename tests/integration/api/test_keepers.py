"""Who may keep the answer of each GET there is, by its path, whatever its route does or leaves out."""

import re
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from functions.api.app import create_api
from functions.api.caching import LINK_PATH, PUBLIC_PATH
from functions.api.openapi import Operation, operations
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.media.model import Media
from tests.factories.media import ready_media
from tests.fixtures.gateway import Gateway
from tests.integration.api.scene import Scene
from tests.integration.api.test_events import MILONGA

Join = Callable[[str], UUID]
PUBLICLY = re.compile(r"public, max-age=\d+(, s-maxage=\d+)?, stale-while-revalidate=\d+, stale-if-error=\d+")
# They tell the state of this moment.
KEPT_BY_NOBODY = {"/api/health", "/api/public/health"}


def readable() -> list[str]:
    paths = create_api(Platform()).openapi()["paths"]
    return sorted(path for path, operations in paths.items() if "get" in operations)


@pytest.fixture
def known(gateway: Gateway, join: Join) -> dict[str, Any]:
    """Something that is there for each parameter of a path; malena may read it all."""
    malena = join("malena")
    picture: Media = ready_media(owner_id=malena)
    gateway.platform.media.add(picture)
    post = gateway.post("/api/posts", user=malena, json={"body": "Hola"}).json()["id"]
    event = gateway.post("/api/events", user=malena, json=MILONGA).json()["id"]
    return {"user": malena, "handle": "malena", "media_id": picture.media_id, "post_id": post, "event_id": event}


@pytest.mark.parametrize("path", readable())
def test_each_answer_says_who_may_keep_it(gateway: Gateway, known: dict[str, Any], path: str) -> None:
    user = known["user"] if not path.startswith((PUBLIC_PATH, LINK_PATH)) else None
    asked = re.sub(r"\{(\w+)\}", lambda name: str(known.get(name[1], ids.new_id())), path)

    answer = gateway.get(asked, user=user, groups=("moderators",))

    if answer.status != 200 or path in KEPT_BY_NOBODY:
        assert answer.headers["cache-control"] == "no-store"
        return
    kept = answer.headers["cache-control"]
    if path.startswith(PUBLIC_PATH):
        assert PUBLICLY.fullmatch(kept)
    elif path.startswith(LINK_PATH):
        assert kept in {"no-store", "private, no-cache"}
    else:
        assert kept == "private, no-cache"
    if kept != "no-store":
        shown = {"If-None-Match": answer.headers["etag"]}
        assert gateway.get(asked, user=user, groups=("moderators",), headers=shown).status == 304


@pytest.mark.parametrize("path", ["/api/feed", "/api/public/events", "/api/users/{handle}", "/api/posts/{post_id}"])
def test_what_is_known_is_found(gateway: Gateway, known: dict[str, Any], path: str) -> None:
    """Else the test above would look at refusals only."""
    assert gateway.get(path.format(**known), user=known["user"]).status == 200


DECIDED: dict[str, set[str]] = {}
for found, keepers in re.findall(
    r"^\| `(/api/public/\S+)`[^|]*\|[^|]+\| `([^`]+)` \|$",
    (Path(__file__).parents[3] / "docs" / "edge.md").read_text(encoding="utf-8"),
    re.MULTILINE,
):
    DECIDED.setdefault(found, set()).add(keepers)
FOR_EVERYBODY = [each for each in operations() if each.method == "GET" and each.path.startswith(PUBLIC_PATH)]


AT_THE_EDGE = re.compile(r"s-maxage=(\d+)")


def at_most(said: str, decided: set[str]) -> bool:
    """What ends by itself is kept for less by the edge; all else is as was decided."""
    if said in decided:
        return True
    shorter = [each for each in decided if AT_THE_EDGE.sub("", each) == AT_THE_EDGE.sub("", said)]
    kept = AT_THE_EDGE.search(said)
    most = max((int(found[1]) for each in shorter if (found := AT_THE_EDGE.search(each))), default=0)
    return kept is not None and int(kept[1]) <= most


@pytest.mark.parametrize("operation", FOR_EVERYBODY, ids=attrgetter("path"))
def test_what_is_public_is_kept_for_as_long_as_was_decided(scene: Scene, operation: Operation) -> None:
    """By the table of docs/edge.md."""
    answer = scene.answer(operation, "anonymous")

    assert answer.status == 200, answer.text
    assert at_most(answer.headers["cache-control"], DECIDED[operation.path])


def test_nothing_else_was_decided() -> None:
    assert DECIDED.keys() == {operation.path for operation in FOR_EVERYBODY}
