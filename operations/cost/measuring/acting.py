"""What people do, as the calls that it comes to: requests of the API, uploads, frames, and what the streams bring."""

import copy
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import boto3
from PIL import Image

from bench.request import READER
from bench.subjects import ORIGIN, PAYLOADS
from mundotango import ids
from operations.cost.measuring.stage import REGION, Stage

WIDTH, HEIGHT = 4000, 3000  # 12 megapixels, what a phone takes
GRAIN = 14  # of the noise in the picture, so that its JPEG has a phone's 3 MB


def payload(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@dataclass(slots=True)
class Town:
    """Who and what there is to act on."""

    posts: list[UUID]
    people: list[UUID]
    events: list[UUID]
    occurrence: UUID
    photograph: bytes
    here: str = ""  # the open socket of whoever pings
    _turn: int = field(default=0)

    def next(self) -> int:
        self._turn += 1
        return self._turn

    def person(self) -> UUID:
        """Another one each time, so that nobody meets a limit of requests."""
        return self.people[self.next() % len(self.people)]

    def event(self) -> UUID:
        return self.events[self.next() % len(self.events)]

    def post(self) -> UUID:
        return self.posts[self.next() % len(self.posts)]


Act = Callable[[Stage, Town], None]


def request(
    stage: Stage, method: str, path: str, user: UUID | None, *, body: Any = None, **query: object
) -> dict[str, Any]:
    event = copy.deepcopy(payload("http_api_v2" if user else "http_api_v2_public"))
    event["requestContext"]["http"] |= {"method": method, "path": path}
    event |= {"rawPath": quote(path), "rawQueryString": urlencode(query)}
    event["queryStringParameters"] = {name: str(value) for name, value in query.items()} or None
    if user:
        claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
        claims |= {"sub": str(user), "username": str(user)}
        claims.pop("cognito:groups", None)
    if body is not None:
        event["body"], event["isBase64Encoded"] = json.dumps(body), False
        event["headers"] |= {"content-type": "application/json"}
    if method == "POST":
        event["headers"] |= {"idempotency-key": str(ids.new_id())}
    answer: dict[str, Any] = stage.call("ApiFunction", event)
    if answer["statusCode"] >= 300:
        raise SystemExit(f"mundo: {method} {path} answered {answer['statusCode']}: {answer.get('body')}")
    return json.loads(answer["body"]) if answer.get("body") else {}


def _like(stage: Stage, town: Town) -> None:
    """Ten people, one after the other, of one post: at 8 likes a session and 4 posts a month each post has fifty."""
    post_id = town.post()
    for _ in range(TIMES["like"]):
        request(stage, "PUT", f"/api/posts/{post_id}/reaction", town.person(), body={"kind": "like"})
        stage.follow()
        stage.clock.wait(60)


def _comment(stage: Stage, town: Town) -> None:
    said = {"body": "¡Nos vemos allá! Guardame una tanda de Pugliese.", "parent_id": None}
    request(stage, "POST", f"/api/posts/{town.post()}/comments", town.person(), body=said)
    stage.follow()


def _post(stage: Stage, town: Town) -> None:
    said = {"body": "¿Quién está en La Viruta esta noche? #orquestaenvivo " * 3, "city": "Buenos Aires"}
    request(stage, "POST", "/api/posts", town.person(), body=said)
    stage.follow()


def _register(stage: Stage, town: Town) -> None:
    role = ("leader", "follower")[town.next() % 2]
    path = f"/api/occurrences/{town.occurrence}/registrations"
    request(stage, "POST", path, town.person(), body={"role": role})
    stage.follow()


def _picture(stage: Stage, town: Town) -> None:
    """The form is asked for, S3 takes the file, its queue wakes the worker, and the owner is told twice."""
    asked = {"content_type": "image/jpeg", "purpose": "post", "size": len(town.photograph)}
    media = request(stage, "POST", "/api/media", town.person(), body=asked)
    key = media["upload"]["fields"]["key"]
    boto3.client("s3", REGION.name).put_object(Bucket="uploads", Key=key, Body=town.photograph)
    message = payload("s3_in_sqs")["Records"][0]
    told = json.loads(message["body"])
    told["Records"][0]["s3"]["object"]["key"] = quote(key)
    stage.call("ImageWorkerFunction", {"Records": [message | {"body": json.dumps(told)}]})
    stage.follow()


def _views(stage: Stage, town: Town) -> None:
    seen = [str(town.post()) for _ in range(20)]
    request(stage, "POST", "/api/posts/views", town.person(), body={"post_ids": seen})
    stage.follow()


def _socket_event(name: str, connection_id: str, user: UUID, **changed: Any) -> dict[str, Any]:
    event = payload(name) | changed
    ends = {"ends_at": "2036-01-01T00:00:00+00:00", "ends_as": "ended"}
    event["requestContext"] |= {
        "connectionId": connection_id,
        "authorizer": {"principalId": str(user), "user_id": str(user)} | ends,
    }
    return event


def _socket(stage: Stage, town: Town) -> None:
    """Opened with a ticket, what was missed asked for, a page of posts subscribed to, and closed."""
    user, connection_id = town.person(), ids.new_secret()[:14] + "="
    ticket = request(stage, "POST", "/api/realtime/tickets", user)["ticket"]
    event = payload("authorizer_request")
    event["headers"] = event["headers"] | {"Origin": ORIGIN}
    stage.call("WsAuthorizerFunction", event | {"queryStringParameters": {"ticket": ticket}})
    stage.call("WsConnectFunction", _socket_event("websocket_connect", connection_id, user))
    _frame(stage, connection_id, user, {"action": "resume", "positions": {}})
    channels = [f"post:{town.post()}" for _ in range(10)]
    grant = request(stage, "POST", "/api/realtime/grants", user, body={"channels": channels})["grant"]
    _frame(stage, connection_id, user, {"action": "subscribe", "channels": channels, "grant": grant})
    stage.call("WsConnectFunction", _socket_event("websocket_disconnect", connection_id, user))


def _frame(stage: Stage, connection_id: str, user: UUID, asked: dict[str, Any]) -> None:
    stage.call("WsConnectFunction", _socket_event("websocket_default", connection_id, user, body=json.dumps(asked)))


def _ping(stage: Stage, town: Town) -> None:
    if not town.here:
        town.here = ids.new_secret()[:14] + "="
        stage.call("WsConnectFunction", _socket_event("websocket_connect", town.here, READER))
    stage.clock.wait(61)  # one a minute, each of which is noted
    _frame(stage, town.here, READER, {"action": "ping"})


def _many_likes(stage: Stage, town: Town) -> None:
    """Twenty of as many posts, which the streams bring together."""
    for _ in range(20):
        request(stage, "PUT", f"/api/posts/{town.post()}/reaction", town.person(), body={"kind": "like"})
    stage.follow()


def _reads(path: Callable[[Town], str], *, public: bool = False, **query: object) -> Act:
    def act(stage: Stage, town: Town) -> None:
        request(stage, "GET", path(town), None if public else READER, **query)

    return act


ACTS: dict[str, Act] = {
    "feed": _reads(lambda _: "/api/feed"),
    "profile": _reads(lambda _: "/api/users/dancer_7"),
    "comments": _reads(lambda town: f"/api/posts/{town.post()}/comments"),
    "notifications": _reads(lambda _: "/api/notifications"),
    "tonight": _reads(lambda _: "/api/public/events/tonight", public=True, city="Buenos Aires", lang="es"),
    "events": _reads(lambda _: "/api/public/events", public=True, city="Buenos Aires", lang="es"),
    "event": _reads(lambda town: f"/api/public/events/{town.event()}", public=True, lang="es"),
    "public_post": _reads(lambda town: f"/api/public/posts/{town.post()}", public=True, lang="es"),
    "views": _views,
    "like": _like,
    "comment": _comment,
    "post": _post,
    "picture": _picture,
    "register": _register,
    "socket": _socket,
    "ping": _ping,
    "many_likes": _many_likes,
}
# What an act is played for, so often that the first of its kind does not stand for all.
TIMES = {"like": 10}
# What the edge did not have, others asked for long ago at best: the cache is empty before these.
COLD = frozenset({"tonight", "events", "event", "public_post"})


def photograph() -> bytes:
    """Cloudy at every scale and grainy, as pictures from a dark salon are; the same one each time."""
    dice = random.Random(1911)  # noqa: S311
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    for side in (4, 16, 64, 250, 1000):
        small = Image.frombytes("RGB", (side, side * 3 // 4), dice.randbytes(side * (side * 3 // 4) * 3))
        picture = Image.blend(picture, small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), 0.35)
    noise = Image.frombytes("L", (WIDTH, HEIGHT), dice.randbytes(WIDTH * HEIGHT)).convert("RGB")
    buffer = io.BytesIO()
    Image.blend(picture, noise, GRAIN / 255).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
