"""The data of the seed fits together, and is what the platform takes."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devstack import seed
from devstack.pictures import SCENES
from mundotango.comments import policy as comments
from mundotango.posts import policy as posts
from mundotango.posts.entities import Called
from mundotango.users import policy


@pytest.fixture
def community() -> Any:
    return json.loads(seed.COMMUNITY.read_text())


def test_twelve_cities_buenos_aires_first(community: Any) -> None:
    cities = community["cities"]
    assert (len(cities), cities[0]["name"]) == (12, "Buenos Aires")
    for city in cities:
        assert ZoneInfo(city["zone"]).key == city["zone"]
        assert -90 < city["latitude"] < 90
        assert -180 < city["longitude"] < 180
        assert city["milongas"]


def test_everybody_named_is_there(community: Any) -> None:
    handles = {dancer["handle"] for dancer in community["dancers"]}
    assert {seed.DEMO, seed.MODERATOR} <= handles
    assert {policy.chosen_handle(handle) for handle in handles} == handles
    assert {dancer["city"] for dancer in community["dancers"]} <= {city["name"] for city in community["cities"]}
    assert {post["by"] for post in community["posts"]} <= handles
    assert {milonga["organiser"] for city in community["cities"] for milonga in city["milongas"]} <= handles
    for dancer in community["dancers"]:
        assert set(dancer["follows"]) <= handles - {dancer["handle"]}


def test_everybody_is_somebody_the_platform_takes(community: Any) -> None:
    cities = {city["name"]: city for city in community["cities"]}
    for dancer in community["dancers"]:
        profile = seed.profile_of(dancer, cities[dancer["city"]])
        assert policy.fields(profile, 2026) == profile


def test_who_speaks_below_a_post_or_reposts_it_may(community: Any) -> None:
    dancers = {dancer["handle"]: dancer for dancer in community["dancers"]}
    private = {handle for handle, dancer in dancers.items() if dancer.get("private")}
    assert private
    for post in community["posts"]:
        recognised = posts.recognised(posts.body(post["text"], required=True))
        assert {each.handle for each in recognised if isinstance(each, Called)} <= dancers.keys()
        assert not (post.get("reposts") and post["by"] in private)
        for comment in post.get("comments", ()):
            assert comments.body(comment["text"]) == comment["text"]
            assert seed.sees(community, dancers[comment["by"]], post)
        for handle in post.get("reposts", ()):
            assert seed.sees(community, dancers[handle], post)
    assert not seed.sees(community, dancers["malena"], {"by": "haruka_tyo"})


def test_every_picture_has_a_scene_and_a_description(community: Any) -> None:
    pictures = [post["picture"] for post in community["posts"] if "picture" in post]
    assert {picture["scene"] for picture in pictures} == set(SCENES)
    assert all(picture["alt"] for picture in pictures)
