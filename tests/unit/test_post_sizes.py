"""What a post may weigh at most, where something takes no more."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import Invalid
from mundotango.media.model import Purpose, Variant, variants_payload
from mundotango.media.policy import WIDTHS, variant_key
from mundotango.pagination import LARGEST_LIMIT
from mundotango.posts import policy
from mundotango.posts.announcement import payload_of
from mundotango.posts.entities import resolved
from mundotango.posts.model import Author, Picture, Post, alts_of, post_payload
from mundotango.reactions.model import zeros
from mundotango.realtime.model import Activity, Appended, encoded, frame

# Lambda's; the gateway's for frames.
LARGEST_ANSWER = 6 * 1024 * 1024
LARGEST_FRAME = 32 * 1024
NOW = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
BLURHASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
ATTRIBUTION = 200
NOTE = "\U0001d11e"  # four bytes
# One character that is eighteen once it is taken apart, as it is in a hashtag's name.
LONG = "\ufdfa"


def pictures() -> list[Picture]:
    found = []
    for _ in range(policy.MOST_PICTURES):
        media_id, alt = ids.new_id(), NOTE * policy.LONGEST_ALT
        shown = variants(media_id, "post")
        found.append(Picture(media_id, alt, 1600, 1600, BLURHASH, shown, "#c81e1e", attribution=NOTE * ATTRIBUTION))
    return found


def variants(media_id: UUID, purpose: Purpose) -> list[dict[str, Any]]:
    made = [
        Variant(width, width, format, variant_key(media_id, "ab" * 16, width, format), 1_234_567)
        for format in ("avif", "webp")
        for width in WIDTHS[purpose]
    ]
    return variants_payload(tuple(made))


def largest(body: str) -> Post:
    avatar_id = ids.new_id()
    avatar: dict[str, Any] = {
        "id": str(avatar_id), "width": 1600, "height": 1600, "blurhash": BLURHASH, "color": "#c81e1e",
        "attribution": NOTE * ATTRIBUTION, "variants": variants(avatar_id, "avatar"),
    }  # fmt: skip
    author = Author(ids.new_id(), "x" * 30, NOTE * 60, avatar)
    return Post(
        id=ids.new_id(),
        author=author,
        body=policy.body(body[: policy.LONGEST_BODY], required=True),
        city=NOTE * policy.LONGEST_CITY,
        created_at=NOW,
        version=1,
        media=pictures(),
        entities=resolved(policy.recognised(body), {f"dancer_{n:023}": ids.new_id() for n in range(50)}),
    )


def bodies() -> list[str]:
    tags = f"#{LONG * 5} " * policy.MOST_ENTITIES
    people = " ".join(f"@dancer_{n % 50:023}" for n in range(policy.MOST_ENTITIES))
    return [body + NOTE * (policy.LONGEST_BODY - len(body)) for body in (tags, people, "http://x/")]


@pytest.mark.parametrize("body", bodies())
def test_a_page_of_the_largest_posts_is_an_answer(body: str) -> None:
    author = replace(largest("x").author, id=ids.new_id())
    repost = Post(ids.new_id(), author, "", "", NOW, 1, [], original=largest(body))
    told = {"totals": zeros(), "reaction": None}
    item = post_payload(repost) | told | {"original": post_payload(repost)["original"] | told}
    # What a function answers is JSON that has the JSON in a string.
    body_text = json.dumps([item] * (LARGEST_LIMIT + policy.MOST_PINNED), ensure_ascii=False)
    answer = json.dumps({"body": body_text}, ensure_ascii=False)
    assert len(answer.encode()) <= LARGEST_ANSWER


@pytest.mark.parametrize("body", bodies())
def test_all_versions_of_the_largest_post_are_an_answer(body: str) -> None:
    """It was edited as often as can be, and then lost its pictures, one by one."""
    post = largest(body)
    shown = post_payload(post)
    version = {name: shown[name] for name in ("version", "body", "city", "entities")} | {
        "language": "zh-Hant-TW",
        "media": [{"id": str(media_id), "alt": alt} for media_id, alt in alts_of(post).items()],
        "written_at": NOW.isoformat(),
    }
    body_text = json.dumps([version] * (policy.MOST_VERSIONS + policy.MOST_PICTURES), ensure_ascii=False)
    answer = json.dumps({"body": body_text}, ensure_ascii=False)
    assert len(answer.encode()) <= LARGEST_ANSWER


@pytest.mark.parametrize("body", bodies())
def test_what_a_frame_cannot_carry_is_told_in_brief(body: str) -> None:
    post = largest(body)
    assert payload_of(post) == {"id": str(post.id), "version": 1}
    for told in (post, replace(post, media=[])):
        activity = Activity(ids.new_id(), "post.created", post.author.id, "author:x", payload_of(told), NOW)
        assert len(encoded(frame(Appended(activity, "author:x", str(ids.new_id())))).encode()) <= LARGEST_FRAME


def test_a_long_post_without_pictures_is_told_whole() -> None:
    post = replace(largest(NOTE * policy.LONGEST_BODY), media=[])
    assert payload_of(post) == post_payload(post)


def test_entities_are_counted_with_their_repetitions() -> None:
    with pytest.raises(Invalid, match="90"):
        policy.recognised("#t " * (policy.MOST_ENTITIES + 1))
