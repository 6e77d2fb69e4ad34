"""People of a stack: their identities in its user pool, and what one who is signed in does over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from devstack.browser import Browser
from devstack.stack import Stack
from operations import srp

MODERATORS = "moderators"
MEDIA_SECONDS = 30.0


class Refused(Exception):
    """The platform answered otherwise than a client must be able to expect; says what was asked and what came."""

    def __init__(self, answer: httpx.Response, expected: str) -> None:
        asked = f"{answer.request.method} {answer.request.url.path}"
        super().__init__(f"expected {expected} from {asked}, got {answer.status_code}: {answer.text[:300]}")
        self.status = answer.status_code


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture and what they are; `as_from_a_phone` are large, turned by EXIF and tell a place."""

    body: bytes
    content_type: str = "image/jpeg"
    as_from_a_phone: bool = False


@dataclass(slots=True)
class Person:
    """Somebody with an identity; `sign_in` gives the access token that every other act needs.

    `profile` is what the platform answered when it was made.
    """

    stack: Stack
    email: str
    password: str = field(repr=False)
    token: str = field(default="", repr=False)
    profile: Any = None

    def sign_up(self) -> str:
        """Answers with the identity's id, which is the profile's as well."""
        answer = self.stack.aws.cognito.sign_up(
            ClientId=self.stack.client_id,
            Username=self.email,
            Password=self.password,
            UserAttributes=[{"Name": "email", "Value": self.email}],
        )
        return answer["UserSub"]

    def confirm(self) -> None:
        """In place of the code from the e-mail, which also says that the address is theirs."""
        pool, cognito = self.stack.user_pool_id, self.stack.aws.cognito
        cognito.admin_confirm_sign_up(UserPoolId=pool, Username=self.email)
        cognito.admin_update_user_attributes(
            UserPoolId=pool, Username=self.email, UserAttributes=[{"Name": "email_verified", "Value": "true"}]
        )

    def make(self) -> None:
        """The identity made by an operator, confirmed and with its password; nothing where it is there already."""
        pool, cognito = self.stack.user_pool_id, self.stack.aws.cognito
        try:
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=self.email,
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": "email", "Value": self.email}, {"Name": "email_verified", "Value": "true"}],
            )
        except cognito.exceptions.UsernameExistsException:
            return
        cognito.admin_set_user_password(UserPoolId=pool, Username=self.email, Password=self.password, Permanent=True)

    def make_moderator(self) -> None:
        self.stack.aws.cognito.admin_add_user_to_group(
            UserPoolId=self.stack.user_pool_id, Username=self.email, GroupName=MODERATORS
        )

    def remove(self) -> None:
        """The identity deleted; what the person wrote stays."""
        cognito = self.stack.aws.cognito
        cognito.admin_delete_user(UserPoolId=self.stack.user_pool_id, Username=self.email)

    def sign_in(self) -> None:
        self.token = srp.sign_in(
            self.stack.aws.cognito,
            pool_id=self.stack.user_pool_id,
            client_id=self.stack.client_id,
            email=self.email,
            password=self.password,
        )

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return self.stack.viewer.request(method, path, headers=headers, **options)

    def ask(self, method: str, path: str, expected: int = 200, **options: Any) -> Any:
        """The JSON answered, None where the answer has no body.

        Raises:
            Refused: any other status than `expected`.
        """
        answer = self.request(method, path, **options)
        if answer.status_code != expected:
            raise Refused(answer, f"status {expected}")
        return answer.json() if answer.content else None

    def create_profile(self, *, handle: str, display_name: str, city: str, **more: Any) -> Any:
        """`more` are other fields of a profile, such as `bio`."""
        body = {"handle": handle, "display_name": display_name, "city": city} | more
        self.profile = self.ask("POST", "/api/users", 201, json=body)
        return self.profile

    def register(self, browser: Browser) -> Any:
        """For Web Push."""
        return self.ask("PUT", "/api/push/devices", json=browser.subscription())

    def follow(self, handle: str) -> None:
        self.ask("PUT", f"/api/users/{handle}/follow", 204)

    def start_upload(self, picture: Picture, **more: Any) -> Any:
        """`more` are other fields of an upload, such as another `purpose`."""
        body = {"purpose": "post", "content_type": picture.content_type, "size": len(picture.body)} | more
        return self.ask("POST", "/api/media", 201, json=body)

    def upload(self, started: Any, picture: Picture) -> httpx.Response:
        """S3's own answer to the form that `start_upload` gave."""
        return self.stack.viewer.post(
            started["upload"]["url"],
            data=started["upload"]["fields"],
            files={"file": ("picture", picture.body, picture.content_type)},
        )

    def send_picture(self, picture: Picture, **more: Any) -> str:
        """The id of the media once its bytes are in the bucket; it becomes ready a little later.

        Raises:
            Refused: the platform or the bucket would not take it.
        """
        started = self.start_upload(picture, **more)
        stored = self.upload(started, picture)
        if not stored.is_success:
            raise Refused(stored, "the bucket to take the picture")
        return str(started["id"])

    def await_media(self, media_id: str, seconds: float = MEDIA_SECONDS) -> Any:
        """The media once it is `ready` or `failed`; as it is where that takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            media = self.ask("GET", f"/api/media/{media_id}")
            if media["status"] in {"ready", "failed"} or time.monotonic() > deadline:
                return media
            time.sleep(0.2)

    def post(self, body: str, *, city: str, media: list[tuple[str, str]] | None = None) -> Any:
        """`media` are pairs of an id and what the picture shows."""
        attached = [{"id": media_id, "alt": alt} for media_id, alt in media or []]
        return self.ask("POST", "/api/posts", 201, json={"body": body, "city": city, "media": attached})

    def comment(self, post_id: str, body: str, parent_id: str | None = None) -> Any:
        """Below the post, or as a reply to a comment."""
        said = {"body": body} | ({} if parent_id is None else {"parent_id": parent_id})
        return self.ask("POST", f"/api/posts/{post_id}/comments", 201, json=said)

    def repost(self, post_id: str) -> None:
        self.ask("PUT", f"/api/posts/{post_id}/repost", 204)

    def react(self, post_id: str, kind: str = "like") -> Any:
        return self.ask("PUT", f"/api/posts/{post_id}/reaction", json={"kind": kind})

    def unreact(self, post_id: str) -> Any:
        return self.ask("DELETE", f"/api/posts/{post_id}/reaction")

    def feed(self) -> list[Any]:
        items: list[Any] = self.ask("GET", "/api/feed?limit=50")["items"]
        return items

    def ticket(self) -> str:
        return str(self.ask("POST", "/api/realtime/tickets", 201)["ticket"])

    def grant(self, channels: list[str]) -> str:
        """For the sockets of this person, of those channels that they may listen to."""
        return str(self.ask("POST", "/api/realtime/grants", 201, json={"channels": channels})["grant"])
