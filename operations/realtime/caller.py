"""Somebody who calls the API as a client does: with an access token, which sockets get their tickets and grants by."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from operations.loopback import Loopback
from operations.refusal import Refusal

# A token that has less than this is not worth opening a socket with.
RENEWED_BEFORE = 600.0
TIMEOUT = 35.0  # the gateway waits 30 s


class SignedOut(Refusal):
    """Nothing that needs this token will work again."""


class Caller:
    """`sign_in` gives a new access token whenever the last one is about to end; without it `token` is all there is."""

    def __init__(self, site: str, *, token: str = "", sign_in: Callable[[], str] | None = None) -> None:
        self._token, self._sign_in = token, sign_in
        self._http = httpx.Client(base_url=site, transport=Loopback(), timeout=TIMEOUT)

    def ticket(self) -> str:
        return str(self._post("/api/realtime/tickets")["ticket"])

    def grant(self, channels: list[str]) -> str:
        return str(self._post("/api/realtime/grants", {"channels": channels})["grant"])

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: Any = None) -> Any:
        if self._sign_in is not None and seconds_left(self._token) < RENEWED_BEFORE:
            self._token = self._sign_in()
        try:
            answer = self._http.post(path, json=body, headers={"Authorization": f"Bearer {self._token}"})
        except httpx.HTTPError as error:
            raise Refusal(f"{self._http.base_url} cannot be reached: {error}", cure="look at --site") from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise SignedOut("the access token is not valid, or no longer", cure="sign in again")
        if answer.status_code != httpx.codes.CREATED:
            raise Refusal(f"{path} answered {answer.status_code}: {_said(answer)}", cure="look at --site")
        return answer.json()


def seconds_left(token: str) -> float:
    """Of a JWT, by its own claim, which is not verified; 0 of what is none."""
    try:
        claims = token.split(".")[1]
        ends_at = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return float(ends_at) - time.time()
    except (IndexError, KeyError, ValueError, TypeError):
        return 0.0


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:100]
