"""A dancer's evening, for Locust: the feed, tonight near me, likes, a registration, now and then a picture, and an open
socket all the while. What people do in one evening stands in ACTS; that they do it in minutes instead of hours, in
`--pace`.

Locust has an environment of its own, so nothing of the platform is imported here: `python -m loadtests evening` makes
the people, signs them in and says in a file (`--town`) who and where they are.
"""

from __future__ import annotations

import json
import random
import socket
import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import gevent
from locust import HttpUser, between, events, task
from locust.env import Environment
from websocket import WebSocket, create_connection

# A session has 20 requests and 8 likes; see operations/workload.toml. A registration is asked for and given back.
ACTS = {"feed": 6, "tonight": 4, "event": 3, "profile": 2, "notifications": 2, "register": 1, "like": 8}
PING_SECONDS = 60
OPENED_WITHIN = 30.0  # the gateway gives its authorizer and its function no longer
PICTURE_READY_WITHIN = 60.0


@events.init_command_line_parser.add_listener
def _(parser: ArgumentParser) -> None:
    parser.add_argument("--town", required=True, help="File that says who dances, and where")
    parser.add_argument("--samples", required=True, help="File that gets a line for each request")
    parser.add_argument("--pace", type=float, default=1.0, help="Seconds between two acts of one dancer")
    parser.add_argument("--pictures", type=float, default=0.08, help="Share of evenings with a picture")


@events.init.add_listener
def _(environment: Environment, **_: Any) -> None:
    asked = environment.parsed_options
    Dancer.town = json.loads(Path(asked.town).read_text(encoding="utf-8"))
    Dancer.pictures = asked.pictures
    Dancer.wait_time = between(asked.pace * 0.5, asked.pace * 1.5)
    _know_localhost()
    samples = Path(asked.samples).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends

    def note(name: str, response_time: float, exception: Exception | None, start_time: float, **_: Any) -> None:
        samples.write(json.dumps([start_time, name, response_time, str(exception) if exception else ""]) + "\n")

    environment.events.request.add_listener(note)
    environment.events.quit.add_listener(lambda **_: samples.close())


def _know_localhost() -> None:
    """Names below .localhost are this machine for browsers, and unknown to glibc."""
    asked = socket.getaddrinfo

    def found(host: Any, *arguments: Any, **named: Any) -> Any:
        return asked("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **named)

    socket.getaddrinfo = found


class Dancer(HttpUser):
    town: dict[str, Any]
    pictures: float
    _next = count()

    def on_start(self) -> None:
        people = self.town["people"]
        self.person = people[next(self._next) % len(people)]
        self.client.headers["Authorization"] = f"Bearer {self.person['token']}"
        self.chance = random.Random(self.person["handle"])  # noqa: S311 - what somebody does, not a secret
        self.posts: list[str] = []
        self.socket: WebSocket | None = None

    def on_stop(self) -> None:
        if self.socket is not None:
            self.socket.close()

    @task
    def evening(self) -> None:
        self._listen()
        acts: list[Callable[[], None]] = [getattr(self, name) for name, times in ACTS.items() for _ in range(times)]
        self.chance.shuffle(acts)
        if self.chance.random() < self.pictures:
            acts.append(self.picture)
        pinged = time.monotonic()
        for act in [self.feed, *acts]:
            act()
            if time.monotonic() - pinged > PING_SECONDS:
                self._ping()
                pinged = time.monotonic()
            gevent.sleep(self.wait_time())
        self._ping()
        self.on_stop()

    def feed(self) -> None:
        items = self._get("/api/feed", "feed").get("items", [])
        self.posts = [item["id"] for item in items] or self.posts

    def tonight(self) -> None:
        here = self.town["event"]
        self._get(f"/api/public/events/tonight?latitude={here['latitude']}&longitude={here['longitude']}", "tonight")

    def event(self) -> None:
        self._get(f"/api/public/events/{self.town['event']['id']}", "event")

    def profile(self) -> None:
        self._get(f"/api/users/{self.chance.choice(self.town['people'])['handle']}", "profile")

    def notifications(self) -> None:
        self._get("/api/notifications", "notifications")

    def like(self) -> None:
        post = self.chance.choice(self.posts or self.town["posts"])
        self.client.put(f"/api/posts/{post}/reaction", json={"kind": "like"}, name="like")

    def register(self) -> None:
        path = f"/api/occurrences/{self.town['event']['occurrence_id']}/registrations"
        asked = {"role": self.chance.choice(["leader", "follower"])}
        answer = self.client.post(path, json=asked, name="register")
        if answer.ok:
            self.client.delete(f"/api/registrations/{answer.json()['id']}", name="give the place back")

    def picture(self) -> None:
        picture = Path(self.town["picture"]).read_bytes()
        asked = {"purpose": "post", "content_type": "image/jpeg", "size": len(picture)}
        answer = self.client.post("/api/media", json=asked, name="ask to upload")
        if not answer.ok:
            return
        started = answer.json()
        form, file = started["upload"]["fields"], {"file": ("picture", picture, "image/jpeg")}
        # The form is S3's, which takes no token beside it.
        self.client.post(
            started["upload"]["url"],
            data=form,
            files=file,
            headers={"Authorization": None},
            name="upload to the bucket",
        )
        with self._timed("picture ready") as failed:
            if not self._ready(started["id"]):
                failed.append(f"not ready after {PICTURE_READY_WITHIN:.0f} s")

    def _ready(self, media_id: str) -> bool:
        deadline = time.monotonic() + PICTURE_READY_WITHIN
        while time.monotonic() < deadline:
            if self._get(f"/api/media/{media_id}", "look at the picture").get("status") == "ready":
                return True
            gevent.sleep(1)
        return False

    def _get(self, path: str, name: str) -> dict[str, Any]:
        answer = self.client.get(path, name=name)
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def _listen(self) -> None:
        ticket = self.client.post("/api/realtime/tickets", name="ticket")
        if not ticket.ok:
            return
        with self._timed("open a socket"):
            address = f"{self.town['socket_url']}?ticket={ticket.json()['ticket']}"
            self.socket = create_connection(address, timeout=OPENED_WITHIN, origin=self.town["site_url"])
        with self._timed("subscribe"):
            channels = [f"event:{self.town['event']['id']}"]
            self._ask({"action": "subscribe", "channels": channels}, "subscribed")

    def _ping(self) -> None:
        with self._timed("ping"):
            self._ask({"action": "ping"}, "pong")

    def _ask(self, frame: dict[str, Any], wanted: str) -> None:
        """Frames that nobody asked for come between."""
        if self.socket is None:
            return
        self.socket.send(json.dumps(frame))
        while json.loads(self.socket.recv())["type"] != wanted:
            pass

    def _timed(self, name: str) -> _Timed:
        return _Timed(self.environment, name)


class _Timed:
    """What is no HTTP request, counted as Locust counts those."""

    def __init__(self, environment: Environment, name: str) -> None:
        self._environment, self._name = environment, name
        self._failed: list[str] = []

    def __enter__(self) -> list[str]:
        self._at, self._started = time.time(), time.perf_counter()
        return self._failed

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        failure = error or (RuntimeError(self._failed[0]) if self._failed else None)
        self._environment.events.request.fire(
            request_type="WS",
            name=self._name,
            response_time=(time.perf_counter() - self._started) * 1000,
            response_length=0,
            exception=failure,
            start_time=self._at,
            context={},
        )
        return isinstance(error, Exception)
