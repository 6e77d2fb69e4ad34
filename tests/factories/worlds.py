"""A few people and posts in every state that decides who sees what, and the same rules once more in plain Python."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from psycopg import Connection
from psycopg.types.json import Jsonb

from mundotango import ids

START = datetime(2026, 11, 1, tzinfo=UTC)
CITIES = ("", "rosario", "berlin")
TAG = "vals"


@dataclass(slots=True)
class Somebody:
    id: UUID = field(default_factory=ids.new_id)
    city: str = ""
    private: bool = False
    members_only: bool = False
    suspended: bool = False
    leaving: bool = False


@dataclass(slots=True)
class Written:
    author: Somebody
    at: datetime
    id: UUID = field(default_factory=ids.new_id)
    visibility: str = "public"
    hidden: bool = False
    city: str = ""
    tagged: bool = False
    mentioned: frozenset[UUID] = frozenset()
    original: "Written | None" = None
    saved_at: datetime | None = None


Pairs = set[tuple[UUID, UUID]]


@dataclass(slots=True)
class World:
    """Seen by `reader`, the first of its people."""

    people: list[Somebody]
    posts: list[Written]
    follows: Pairs
    blocks: Pairs
    mutes: Pairs

    @property
    def reader(self) -> Somebody:
        return self.people[0]

    def sees_person(self, person: Somebody) -> bool:
        pair = (self.reader.id, person.id)
        apart = pair in self.blocks or pair[::-1] in self.blocks
        return person is self.reader or not (person.suspended or person.leaving or apart)

    def sees(self, post: Written) -> bool:
        return self._sees_written(post) and (post.original is None or self._sees_written(post.original))

    def _sees_written(self, post: Written) -> bool:
        author, reader = post.author, self.reader
        follows = (reader.id, author.id) in self.follows
        return author is reader or (
            not post.hidden
            and self.sees_person(author)
            and (
                (post.visibility == "public" and not author.private)
                or (post.visibility != "mentioned" and follows)
                or reader.id in post.mentioned
            )
        )

    def everybody_sees(self, post: Written) -> bool:
        return all(
            each.visibility == "public"
            and not each.hidden
            and not (each.author.private or each.author.members_only or each.author.suspended or each.author.leaving)
            for each in (post, post.original)
            if each is not None
        )

    def lists(self, post: Written) -> bool:
        """Whether it may stand in a list that the reader did not ask for by the author's name."""
        authors = [post.author] + ([post.original.author] if post.original else [])
        return self.sees(post) and not any((self.reader.id, author.id) in self.mutes for author in authors)

    def at_home(self, post: Written) -> bool:
        followed = post.author is self.reader or (self.reader.id, post.author.id) in self.follows
        of_city = self.reader.city != "" and post.city == self.reader.city and post.visibility == "public"
        return self.lists(post) and (followed or of_city)

    def newest(self, chosen: list[Written]) -> list[UUID]:
        return [post.id for post in sorted(chosen, key=lambda post: (post.at, post.id), reverse=True)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Much that is alike, such as moments and authors, because that is where lists go wrong."""
    seldom: st.SearchStrategy[bool] = st.integers(0, 5).map(lambda number: number == 0)
    people = [
        Somebody(
            city=draw(st.sampled_from(CITIES)),
            private=draw(seldom),
            members_only=draw(seldom),
            suspended=draw(seldom),
            leaving=draw(seldom),
        )
        for _ in range(draw(st.integers(2, 5)))
    ]
    moments = st.integers(0, 4).map(lambda number: START + timedelta(minutes=number))
    somebody = st.sampled_from(people)
    posts: list[Written] = []
    for _ in range(draw(st.integers(0, 12))):
        author, at = draw(somebody), draw(moments)
        originals = [post for post in posts if post.original is None and post.visibility == "public"]
        reposted = {post.original.id for post in posts if post.original is not None and post.author is author}
        free = [post for post in originals if post.id not in reposted]
        if draw(seldom) and free:
            posts.append(Written(author, at, original=draw(st.sampled_from(free))))
            continue
        posts.append(
            Written(
                author,
                at,
                visibility=draw(st.sampled_from(("public", "public", "followers", "mentioned"))),
                hidden=draw(seldom),
                city=draw(st.sampled_from(CITIES)),
                tagged=draw(st.booleans()),
                mentioned=frozenset([draw(somebody).id] if draw(seldom) else []),
                saved_at=draw(st.none() | moments),
            )
        )
    return World(people, posts, *(draw(_pairs(people, likely)) for likely in (3, 1, 1)))


@st.composite
def _pairs(draw: st.DrawFn, people: list[Somebody], likely: int) -> Pairs:
    pairs = st.tuples(st.sampled_from(people), st.sampled_from(people))
    return {(one.id, other.id) for one, other in draw(st.lists(pairs, max_size=2 * likely)) if one is not other}


def keep(connection: Connection, world: World) -> None:
    """As rows, written past the use cases, most of which would refuse such a world."""
    cursor = connection.cursor()
    cursor.executemany(
        """
        INSERT INTO users (id, handle, display_name, bio, city, city_key, created_at, updated_at, private, visibility,
            suspended_at, leaves_at)
        VALUES (%s, %s, 'Somebody', '', %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            (
                one.id, handle_of(one), one.city, one.city, START, START, one.private,
                "members" if one.members_only else "public",
                START if one.suspended else None, START if one.leaving else None,
            )
            for one in world.people
        ],
    )  # fmt: skip
    for table, pairs in (("follows", world.follows), ("blocks", world.blocks), ("mutes", world.mutes)):
        cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s, %s)", [(*pair, START) for pair in pairs])
    for post in world.posts:
        write(connection, post)
    cursor.executemany(
        "INSERT INTO saved_posts (user_id, post_id, created_at) VALUES (%s, %s, %s)",
        [(world.reader.id, post.id, post.saved_at) for post in world.posts if post.saved_at],
    )


def write(connection: Connection, post: Written) -> None:
    connection.execute(
        """
        INSERT INTO posts (id, user_id, body, city, city_key, created_at, version, visibility, hidden_at, repost_of,
            entities)
        VALUES (%s, %s, 'Hola', %s, %s, %s, 1, %s, %s, %s, %s)
        """,
        (
            post.id, post.author.id, post.city, post.city, post.at, post.visibility,
            START if post.hidden else None, post.original.id if post.original else None, Jsonb([]),
        ),
    )  # fmt: skip
    if post.tagged:
        connection.execute(
            "INSERT INTO post_tags (tag, created_at, post_id) VALUES (%s, %s, %s)", (TAG, post.at, post.id)
        )
    for user_id in post.mentioned:
        connection.execute("INSERT INTO post_mentions (post_id, user_id) VALUES (%s, %s)", (post.id, user_id))


def handle_of(somebody: Somebody) -> str:
    return f"d{somebody.id.hex[:28]}"
