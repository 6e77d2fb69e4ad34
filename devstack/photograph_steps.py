"""The steps of the story that are about the photograph, from the permission to upload it until it is deleted."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

import httpx
from PIL import Image

from devstack import inspection
from devstack.expectations import FRAME_SECONDS, comes_to_nothing, expect, same
from devstack.pictures import TURNED

if TYPE_CHECKING:
    from devstack.people import Person
    from devstack.story import Story

WIDTHS = (320, 800, 1600)
FORMATS = ("avif", "webp")  # the better one first
# Of the bytes that were sent, the most that the widest variant may have, where they were as many as a phone's.
SHARE = 0.15


def ask_for_upload(story: Story) -> None:
    """The drawn one lies on its side and tells where it was taken, or what follows would find nothing amiss."""
    if story.picture.as_from_a_phone:
        sent = story.picture.body
        same("turn and place", (inspection.turn(sent), inspection.has_place(sent)), (TURNED, True))
    story.upload = story.ana.start_upload(story.picture)
    expect(story.upload["upload"]["fields"], "a form to upload with", story.upload)


def upload_photograph(story: Story) -> None:
    stored = story.ana.upload(story.upload, story.picture)
    expect(stored.is_success, "S3 to take the photograph", f"{stored.status_code}: {stored.text[:200]}")


def hear_of_media(story: Story) -> None:
    for kind in ("media.received", "media.ready"):
        frame = story.sockets["ana"].expect(kind, FRAME_SECONDS)
        same("media", frame["data"]["id"], story.upload["id"])
    story.media = story.ana.ask("GET", f"/api/media/{story.upload['id']}")
    same("status", story.media["status"], "ready")
    if story.picture.as_from_a_phone:  # what weighs less may come in fewer sizes, or as it was sent
        offered = [(variant["format"], variant["width"]) for variant in story.media["variants"]]
        same("variants", offered, list(itertools.product(FORMATS, WIDTHS)))


def see_variants(story: Story) -> str:
    """Each is upright and of its width, kept by caches for a year, and tells nothing of place or camera."""
    variants, heaviest = story.media["variants"], 0
    for variant in variants:
        answer = story.stack.viewer.get(variant["url"])
        _check_headers(answer, variant["format"])
        same("bytes", len(answer.content), variant["bytes"])
        with Image.open(io.BytesIO(answer.content)) as image:
            same("format", image.format, variant["format"].upper())
            same("size", image.size, (variant["width"], variant["height"]))
            same("what it says besides the picture", inspection.said(image), [])
            same("way it lies", inspection.lies(image, story.picture.body), "upright")
        heaviest = max(heaviest, len(answer.content))
    share = heaviest / len(story.picture.body)
    if story.picture.as_from_a_phone:
        expect(share < SHARE, f"less than {SHARE:.0%} of the bytes sent", f"{share:.1%}")
    return f"the heaviest has {share:.1%} of the bytes sent"


def offer_sources(story: Story) -> None:
    """What the API says goes into a `<picture>` as it is: a source a format, each with all widths, and an `<img>`."""
    variants = story.media["variants"]
    formats = [format for format in FORMATS if format in {variant["format"] for variant in variants}]
    expected = [
        {
            "type": f"image/{format}",
            "srcset": ", ".join(f"{one['url']} {one['width']}w" for one in variants if one["format"] == format),
        }
        for format in formats
    ]
    same("sources", story.media["sources"][: len(formats)], expected)
    expect(story.media["src"] in {variant["url"] for variant in variants}, "a variant for <img>", story.media["src"])


def delete_photograph(story: Story) -> None:
    """It goes from the post it was in, which stays, and then from the API and the edge."""
    path = f"/api/media/{story.upload['id']}"
    story.ana.ask("DELETE", path, 204)
    same("pictures of the post", story.ana.ask("GET", f"/api/posts/{story.post['id']}")["media"], [])
    paths = [path, *(variant["url"] for variant in story.media["variants"])]
    left = comes_to_nothing(lambda: [one for one in paths if _is_answered(story.ana, one)])
    same("what is still answered", left, [])


def _is_answered(person: Person, path: str) -> bool:
    try:
        return person.request("GET", path).is_success
    except httpx.RemoteProtocolError:  # MiniStack breaks off where the object is deleted after it has begun to answer
        return True


def _check_headers(answer: httpx.Response, format: str) -> None:
    same("status", answer.status_code, 200)
    expected = {"content-type": f"image/{format}", "x-content-type-options": "nosniff", "x-robots-tag": "noindex"}
    same("headers", {name: answer.headers.get(name) for name in expected}, expected)
    expect("immutable" in answer.headers.get("cache-control", ""), "an immutable variant", dict(answer.headers))
