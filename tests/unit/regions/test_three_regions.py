"""Three regions that are cut off from each other and come together again do what one does, each thing once.

The machine lets people act in any region: what DynamoDB holds is written where they are, what PostgreSQL holds at home,
which may be out of reach. Replication and streams go on when the schedule says so, in any order. In the end all is
whole, and what stands is what a model says that knows nothing of tables.
"""

import logging
from collections import Counter
from contextlib import ExitStack
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from mundotango import ids
from mundotango import settings as environment
from mundotango.commands.service import identity_deletion, media_deletion, socket_closing
from mundotango.errors import Unavailable
from mundotango.media.policy import upload_key
from mundotango.reactions.counters import DynamoCounters
from mundotango.reactions.model import REACTION_KINDS, ReactionKind, zeros
from mundotango.reactions.policy import told_on
from mundotango.reactions.recount import recount_all
from mundotango.reactions.service import react, totals, unreact
from mundotango.realtime.model import Activity, author_channel, user_channel
from tests.factories import regions
from tests.factories.devices import make_device
from tests.factories.realtime import make_activity
from tests.factories.regions import CAPACITY, HOME, REGIONS, SOURCES, Database, World, patterns_of

AUTHOR, LISTENER, SUSPENDED, LEAVING = (UUID(int=number) for number in range(1, 5))
POSTS = [UUID(int=11), UUID(int=12)]
# Who reacts in one region, and who here and there; some of them in one bucket.
SETTLED = dict(zip((UUID(int=0), UUID(int=2), UUID(int=23)), REGIONS, strict=True))
TRAVELLERS = [UUID(int=number) for number in (5, 19)]
HANDLES = ["ana", "luz"]
PICTURES = [UUID(int=31), UUID(int=32)]

places, posts = st.sampled_from(sorted(REGIONS)), st.sampled_from(POSTS)
people = st.sampled_from([*SETTLED, *TRAVELLERS])


class Regions(RuleBasedStateMachine):
    database_is: ClassVar[type[Database]] = Database

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.database = self.database_is(self.world.clock)
        self.running = ExitStack()
        logging.disable(logging.INFO)  # some thousand lines, none of which is looked at
        self.running.callback(logging.disable, logging.NOTSET)
        for patched in self.world.running():
            self.running.enter_context(patched)
        self.acknowledged: set[UUID] = set()
        self.registered: set[UUID] = set()
        self.handles: dict[str, set[UUID]] = {}
        home = self.world.home
        home.edges.apply("follow", AUTHOR, LISTENER, active=True, version=1)
        home.devices.put(make_device(SUSPENDED), limit=10)
        for here in self.world.places.values():
            for user_id in (LISTENER, SUSPENDED):
                here.open_socket(user_id)
            for picture in PICTURES:
                here.objects.put("uploads", upload_key(picture), b"", content_type="image/jpeg", cache_control="")
        self.world.settle()

    # --- What people do ---

    @rule(place=places, person=people, post=posts, kind=st.sampled_from([None, *REACTION_KINDS[:2]]))
    def react(self, place: str, person: UUID, post: UUID, kind: ReactionKind | None) -> None:
        here, clock = self.world.places[SETTLED.get(person, place)], self.world.clock
        if kind is None:
            unreact(here.reactions, here.counters, post, person)
        else:
            tally = react(here.reactions, here.counters, post, person, kind, clock, told=AUTHOR)
            assert tally.totals[kind] >= 1

    @rule(place=places, lost=st.booleans(), mentions=st.booleans())
    def post(self, place: str, *, lost: bool, mentions: bool) -> None:
        post_id = ids.new_id()
        told = [make_activity(author_channel(AUTHOR), kind="post.created")]
        if mentions:
            told.append(mention(post_id))
        for answer_lost in (lost, False):  # whose client asks again when it has heard nothing
            if self.world.ask_home(
                place, post_id, lambda: self.world.database.post(post_id, *told), answer_lost=answer_lost
            ):
                self.acknowledged.add(post_id)
                return

    @rule(place=places, person=people)
    def register(self, place: str, person: UUID) -> None:
        if self.world.ask_home(place, ids.new_id(), lambda: self.world.database.register(person)):
            self.registered.add(person)

    @rule(place=places, person=people, name=st.sampled_from(HANDLES))
    def take_a_handle(self, place: str, person: UUID, name: str) -> None:
        if self.world.ask_home(place, ids.new_id(), lambda: self.world.database.take_handle(name, person)):
            self.handles.setdefault(name, set()).add(person)

    @rule(place=places, what=st.sampled_from(["suspend", "leave", "picture"]), picture=st.sampled_from(PICTURES))
    def command(self, place: str, what: str, picture: UUID) -> None:
        clock = self.world.clock
        command = {
            "suspend": socket_closing(SUSPENDED, "suspended", clock),
            "leave": identity_deletion(LEAVING, clock),
            "picture": media_deletion(picture, clock, seen=True),
        }[what]
        self.world.ask_home(place, ids.new_id(), lambda: self.world.database.record(command))

    # --- What happens between regions ---

    @rule(one=places, other=places)
    def cut(self, one: str, other: str) -> None:
        if one != other:
            self.world.cut.add(frozenset((one, other)))

    @rule(one=places, other=places)
    def heal(self, one: str, other: str) -> None:
        self.world.cut.discard(frozenset((one, other)))

    @rule(sender=places, receiver=places, numbers=st.lists(st.integers(0, 50), max_size=12), as_one=st.booleans())
    def replicate(self, sender: str, receiver: str, numbers: list[int], *, as_one: bool) -> None:
        for number in numbers if sender != receiver else ():
            self.world.replicate(sender, receiver, number, as_one=as_one)

    @rule(place=places, source=st.sampled_from([*SOURCES, "Reactions", "Activities"]), size=st.integers(1, 9))
    def wake(self, place: str, source: str, size: int) -> None:
        self.world.wake(place, source, size)

    @rule()
    def relay(self) -> None:
        self.world.relay()

    @rule(place=places, posts=st.integers(0, 3))
    def reader_catches_up(self, place: str, posts: int) -> None:
        here = self.world.places[place]
        if self.world.reach(place, HOME):
            here.posts_seen = min(here.posts_seen + posts, len(self.world.database.posts))

    # --- What must hold ---

    def teardown(self) -> None:
        try:
            self.world.settle()
            self.check_tables()
            self.check_totals()
            self.check_database()
            self.check_commands()
            self.check_inboxes()
            self.check_frames()
        finally:
            self.running.close()

    def check_tables(self) -> None:
        first, *others = (replica.items for replica in self.world.tables.replicas.values())
        replicated = {place: item for place, item in first.items() if place[0] != "notifications"}
        assert all(items == replicated for items in others)

    def check_totals(self) -> None:
        true = {post: zeros() for post in POSTS}
        for (table, key), item in self.world.tables.replicas[HOME].items.items():
            if table == "reactions" and item["kind"]["S"] in REACTION_KINDS:
                true[UUID(key[0].split("#")[1])][item["kind"]["S"]] += 1
        for here in self.world.places.values():
            assert totals(here.counters, POSTS) == true, here.region.name
            found = recount_all(here, lambda: 300.0, pause=lambda _: None)
            assert (found["corrected"], found["unsettled"]) == (0, 0), here.region.name

    def check_database(self) -> None:
        database = self.world.database
        assert Counter(database.posts) == Counter(self.acknowledged | set(database.posts))
        assert self.acknowledged <= set(database.posts)
        assert database.registrations.taken().total <= CAPACITY
        assert all(len(people) == 1 for people in self.handles.values())
        assert {name: {person} for name, person in database.handles.items()} == self.handles

    def check_commands(self) -> None:
        asked = Counter(each.activity.kind for each in self.world.database.outbox)
        about = {each.activity.payload.get("media_id") for each in self.world.database.outbox}
        deleted = {name: here.people.deleted for name, here in self.world.places.items()}
        assert sum(map(len, deleted.values())) == asked["command.identity_delete"]
        invalidated = sum(len(here.copies.invalidations) for here in self.world.places.values())
        assert (invalidated > 0) == (asked["command.media_delete"] > 0)
        assert invalidated == len(self.world.home.copies.invalidations)
        for here in self.world.places.values():
            suspended = f"{here.region.name} {SUSPENDED}"
            assert (not self.world.home.devices.of_user(SUSPENDED)) == (asked["command.close_sockets"] > 0)
            assert (suspended in here.sent.closed) == (asked["command.close_sockets"] > 0)
            for picture in PICTURES:
                assert (here.objects.find("uploads", upload_key(picture)) is None) == (str(picture) in about)

    def check_inboxes(self) -> None:
        mentions = [one.activity for one in self.world.database.outbox if one.activity.kind == "mention.created"]
        home = self.world.home
        noted = [one for one in home.inbox.of_user(LISTENER, after=None, limit=100) if one.kind == "mention"]
        assert len(noted) == len(mentions)
        told = self.told_to(LISTENER, "notification.updated")
        assert len(told) == len(mentions)
        for post in POSTS:
            item = home.inbox.find(AUTHOR, f"like#{post}#{told_on(self.world.clock.now())}")
            standing = home.reactions.mine([post], AUTHOR)
            assert standing == {}
            for person in SETTLED:
                stands = post in home.reactions.mine([post], person)
                assert (item is not None and person in item.actors) == stands

    def told_to(self, user_id: UUID, kind: str) -> list[UUID]:
        channel = user_channel(user_id)
        said = self.world.home.activities.since(channel, "", 1000)
        return [each.activity.id for each in said if each.activity.kind == kind]

    def check_frames(self) -> None:
        announced = [
            one.activity.id
            for one in self.world.database.outbox
            if one.activity.channel in (author_channel(AUTHOR), user_channel(LISTENER))
        ] + self.told_to(LISTENER, "notification.updated")
        for name, here in self.world.places.items():
            frames = here.frames()
            assert all(socket.startswith(name) for socket in frames)
            got = Counter(frame["id"] for frame in frames.get(f"{name} {LISTENER}", ()))
            assert got == Counter(map(str, announced)), name


def mention(post_id: UUID) -> Activity:
    author = {"id": str(AUTHOR), "handle": "ana", "display_name": "Ana", "avatar": None}
    return make_activity(
        user_channel(LISTENER), kind="mention.created", post_id=str(post_id), comment_id=None, author=author
    )


# A schedule takes some 100 ms: few of them while one works, all that the profile asks for where it asks for many.
ASKED_FOR = settings().max_examples
SCHEDULES = ASKED_FOR if ASKED_FOR >= 1000 else 20
Regions.TestCase.settings = settings(max_examples=SCHEDULES, stateful_step_count=40, deadline=None)
TestRegions = pytest.mark.timeout(280)(Regions.TestCase)


# --- Without its safeguards ---


def holds(machine: type[Regions]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=20, stateful_step_count=40, deadline=None, database=None, derandomize=True),
    )


def fails(machine: type[Regions], *failures: type[Exception]) -> None:
    with pytest.raises(failures or AssertionError):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=300, stateful_step_count=40, deadline=None, database=None, derandomize=True,
                phases=[Phase.generate], report_multiple_bugs=False,
            ),
        )  # fmt: skip


def patterns_of_all_regions(region: str) -> dict[str, list[dict[str, Any]]]:
    """What the filters ask but for the region."""
    return {
        source: [
            {
                asked: {image: {n: v for n, v in of.items() if n != "region"} for image, of in value.items()}
                if asked == "dynamodb"
                else value
                for asked, value in pattern.items()
            }
            for pattern in patterns
        ]
        for source, patterns in patterns_of(region).items()
    }


def test_it_fails_where_each_region_acts_on_what_all_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the filters nor the functions look at the region."""
    monkeypatch.setattr(environment.Region, "owns", lambda _self, _written_in: True)
    monkeypatch.setattr(regions, "patterns_of", patterns_of_all_regions)
    fails(Regions)


def test_without_filters_the_functions_look_at_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a cloud that filters otherwise."""
    monkeypatch.setattr(regions, "patterns_of", patterns_of_all_regions)
    holds(Regions)


def test_it_fails_with_one_total_for_all_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two regions that add to one item the later write stands."""
    monkeypatch.setattr("mundotango.reactions.counters._place", lambda target_id, _mark="": f"post#{target_id}")
    monkeypatch.setattr(
        DynamoCounters, "everywhere", lambda self, keys, *, fresh=False: self._read(keys, [HOME], fresh)
    )
    monkeypatch.setattr(
        DynamoCounters,
        "counts",
        lambda self, keys, *, fresh=False: {
            key: counts[HOME] for key, counts in self._read(keys, [HOME], fresh).items()
        },
    )
    # Or a batch that one counts is refused by the other's guard.
    fails(Regions, AssertionError, Unavailable)


def test_it_fails_where_each_region_writes_inboxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere is no table of them."""
    monkeypatch.setattr(environment.Region, "is_home", True)
    fails(Regions, environment.MissingSetting)


def test_it_fails_where_only_the_writer_closes_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mundotango.commands.service._EVERYWHERE", set())
    fails(Regions)


class DecidesByWhatItsReaderSaw(Database):
    """As a database that each region writes by itself would: what another did lately is not known to it."""

    def register(self, user_id: UUID) -> None:
        self.registrations._held, late = {}, self.registrations._held
        try:
            super().register(user_id)
        finally:
            self.registrations._held |= late

    def take_handle(self, name: str, user_id: UUID) -> None:
        self.handles[name] = user_id


def test_it_fails_where_places_and_handles_are_given_by_what_a_reader_saw() -> None:
    fails(type("Without", (Regions,), {"database_is": DecidesByWhatItsReaderSaw}))


class LosesWhatItAnswered(Database):
    """As one that writes elsewhere and lets it go home later, and is cut off then."""

    def post(self, post_id: UUID, *told: Activity) -> None:
        if len(self.outbox) % 3:
            super().post(post_id, *told)


def test_it_fails_where_a_post_is_acknowledged_and_not_written() -> None:
    fails(type("Without", (Regions,), {"database_is": LosesWhatItAnswered}))
