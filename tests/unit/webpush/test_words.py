"""What a push says."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mundotango import ids
from mundotango.notifications.model import DATED, KINDS, MOST_COUNTED
from mundotango.webpush.words import MOST_BYTES, message_of, words
from tests.factories.occasions import subject_of
from tests.fakes.stores import FakeStores
from tests.unit.webpush.scene import PEOPLE, liked


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_kind_has_its_words(stores: FakeStores, language: Any) -> None:
    assert words(language).keys() == set(KINDS)
    for kind in KINDS:
        for count in (1, 2, MOST_COUNTED):
            item = replace(liked(stores, PEOPLE[0]), kind=kind, actors={ids.new_id(): 1 for _ in range(count)})
            if kind in DATED:
                item = replace(item, subject=subject_of(kind))
            told = json.loads(message_of(item, unread=1, language=language))
            assert told["title"]
            assert "{" not in told["body"]
            assert told["url"].startswith("/events/" if kind in DATED else "/posts/")
            assert kind in DATED or (str(count) in told["body"]) == (count > 1 and kind != "moderation")


def test_a_long_subject_is_left_to_the_page(stores: FakeStores) -> None:
    item = replace(liked(stores, PEOPLE[0]), kind="moderation", subject={"reason": "«¿" * 500})
    message = message_of(item, unread=1, language="es")

    assert len(message) <= MOST_BYTES < 4096 - 17 - 86
    assert json.loads(message)["url"] == "/notifications"
