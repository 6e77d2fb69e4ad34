"""People found by what they are called, by their city, or because those one follows follow them."""

from uuid import UUID

from mundotango.follows.service import listed
from mundotango.pagination import Page, Ranked, checked_limit, page_of
from mundotango.search import policy
from mundotango.users.model import Person
from mundotango.work import UnitOfWork


def search(work: UnitOfWork, reader_id: UUID, q: str, cursor: str | None, limit: int) -> Page[Person]:
    """By handle, name and city, without regard to accents, and forgiving a letter or two."""
    checked_limit(limit)
    asked = policy.question(q)
    name = f"search:{asked}"
    after = work.read_ranked_cursor(name, cursor) if cursor else None
    found = work.search.list_found(
        reader_id,
        asked=asked,
        pattern=policy.pattern(asked),
        most=policy.MOST_WEIGHED,
        after=after,
        limit=limit + 1,
    )
    page = page_of(found, limit, lambda last: work.sign_cursor(name, Ranked(last.rank, last.person.id)))
    return Page([each.person for each in page.items], page.next_cursor)


def list_of_city(work: UnitOfWork, reader_id: UUID, city: str, cursor: str | None, limit: int) -> Page[Person]:
    key = policy.city_key(city)
    return listed(
        work, f"people:{key}", cursor, limit,
        lambda after, most: work.search.list_of_city(reader_id, key, after, most),
    )  # fmt: skip


def suggest(work: UnitOfWork, reader_id: UUID, limit: int) -> list[Person]:
    """Whom those I follow follow, and then people of my city; none whom I follow, asked, muted or do not see."""
    checked_limit(limit)
    found = work.search.list_followed_by_followed(
        reader_id, middlemen=policy.MOST_MIDDLEMEN, of_each=policy.MOST_OF_EACH, limit=limit
    )
    if len(found) < limit:
        found += work.search.list_neighbours(reader_id, [person.id for person in found], limit - len(found))
    return found
