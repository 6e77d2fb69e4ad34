"""Reports, what moderators do about them, and what that changes for everybody."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.cache_keys import standing_key
from tests.fixtures.gateway import Answer, Gateway

Join = Callable[[str], UUID]
MODERATORS = ("moderators",)


@pytest.fixture
def chief(join: Join) -> UUID:
    return join("chief")


def moderate(gateway: Gateway, chief: UUID, method: str, path: str, **sent: Any) -> Answer:
    return gateway.call(method, f"/api/moderation/{path}", user=chief, groups=MODERATORS, **sent)


def queue(gateway: Gateway, chief: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = moderate(gateway, chief, "GET", "reports").json()["items"]
    return items


def audit(gateway: Gateway, chief: UUID) -> list[tuple[str, str, str]]:
    """Oldest first: what was done, to which kind of thing, and why."""
    items = moderate(gateway, chief, "GET", "audit").json()["items"]
    return [(act["action"], act["target_kind"], act["reason"]) for act in reversed(items)]


def post_of(gateway: Gateway, author: UUID, body: str = "¡Compre ya!") -> str:
    return str(gateway.post("/api/posts", user=author, json={"body": body}).json()["id"])


def comment_of(database: Database, author: UUID, post_id: str, clock_at: str = "2026-11-23T20:00:00Z") -> str:
    comment_id = ids.new_id()
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO comments (id, post_id, user_id, body, created_at) VALUES (%s, %s, %s, 'Mal dicho', %s)",
            (comment_id, post_id, author, clock_at),
        )
    return str(comment_id)


def block(database: Database, blocker: UUID, blocked: UUID) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO blocks VALUES (%s, %s, now())", (blocker, blocked))


def hidden(database: Database, table: str, row_id: str) -> bool:
    with database.transaction() as connection:
        row = connection.execute(f"SELECT hidden_at IS NOT NULL FROM {table} WHERE id = %s", (row_id,)).fetchone()
    assert row is not None
    return bool(row[0])


def report(gateway: Gateway, reporter: UUID, kind: str, target_id: str | UUID, **more: str) -> Answer:
    asked = {"target_kind": kind, "target_id": str(target_id), "reason": "spam"} | more
    return gateway.post("/api/reports", user=reporter, json=asked)


def test_a_report_waits_for_moderators_with_what_it_is_about(gateway: Gateway, join: Join, chief: UUID) -> None:
    malena, carlos = join("malena"), join("carlos")
    post_id = post_of(gateway, malena, "x" * 600)

    made = report(gateway, carlos, "post", post_id, note="Veinte veces.")

    assert made.status == 201
    (waiting,) = queue(gateway, chief)
    assert waiting == made.json() | {
        "reporter_id": str(carlos),
        "reports_on_target": 1,
        "target": {
            "person_id": str(malena),
            "handle": "malena",
            "display_name": "Malena",
            "text": "x" * 500,
            "hidden": False,
            "suspended": False,
        },
        "said": [],
    }


def test_reporting_the_same_open_thing_twice_is_the_same_report(gateway: Gateway, join: Join, chief: UUID) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")

    first = report(gateway, carlos, "user", malena, reason="harassment")
    again = report(gateway, carlos, "user", malena, reason="hate", note="otra vez")
    other = report(gateway, anibal, "user", malena)

    assert again.json() == first.json()
    assert [each["id"] for each in queue(gateway, chief)] == [first.json()["id"], other.json()["id"]]
    assert {each["reports_on_target"] for each in queue(gateway, chief)} == {2}


def test_people_posts_and_comments_are_reported(gateway: Gateway, join: Join, chief: UUID, database: Database) -> None:
    malena, carlos = join("malena"), join("carlos")
    post_id = post_of(gateway, malena)
    comment_id = comment_of(database, malena, post_id)

    for kind, target_id in (("user", malena), ("post", post_id), ("comment", comment_id)):
        assert report(gateway, carlos, kind, target_id).status == 201

    assert [each["target"]["text"] for each in queue(gateway, chief)] == ["", "¡Compre ya!", "Mal dicho"]


def test_what_the_reporter_does_not_see_is_not_there(gateway: Gateway, join: Join, database: Database) -> None:
    malena, carlos = join("malena"), join("carlos")
    post_id = post_of(gateway, malena)
    comment_id = comment_of(database, malena, post_id)
    block(database, malena, carlos)

    for kind, target_id in (("post", post_id), ("comment", comment_id), ("post", ids.new_id())):
        assert report(gateway, carlos, kind, target_id).problem == "not-found"
    assert report(gateway, join("anibal"), "post", malena).problem == "not-found"


def test_a_person_is_reported_across_a_block(gateway: Gateway, join: Join, chief: UUID, database: Database) -> None:
    malena, carlos = join("malena"), join("carlos")
    block(database, malena, carlos)

    for reporter, reported in ((carlos, malena), (malena, carlos)):
        assert report(gateway, reporter, "user", reported).status == 201
    assert len(queue(gateway, chief)) == 2
    moderate(gateway, chief, "PUT", "users/malena/suspension", json={"reason": "Amenazas."})
    assert report(gateway, join("anibal"), "user", malena).problem == "not-found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "boring"}, "reason"),
        ({"target_kind": "event"}, "target_kind"),
        ({"target_id": "7"}, "target_id"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "\x00"}, "note"),
        ({"urgent": "yes"}, "urgent"),
    ],
)
def test_a_report_that_cannot_be_is_refused_by_field(
    gateway: Gateway, join: Join, change: dict[str, str], field: str
) -> None:
    malena, carlos = join("malena"), join("carlos")
    asked = {"target_kind": "user", "target_id": str(malena), "reason": "spam"}

    answer = gateway.post("/api/reports", user=carlos, json=asked | change)

    assert (answer.status, answer.refused_fields) == (422, {field})


def test_nobody_reports_themselves_nor_without_a_profile(gateway: Gateway, join: Join) -> None:
    malena = join("malena")

    assert report(gateway, malena, "post", post_of(gateway, malena)).refused_fields == {"target_id"}
    assert report(gateway, ids.new_id(), "user", malena).problem == "profile-missing"


def test_a_decision_hides_the_post_and_closes_every_report_of_it(
    gateway: Gateway, join: Join, chief: UUID, database: Database
) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    post_id = post_of(gateway, malena)
    report_id = report(gateway, carlos, "post", post_id).json()["id"]
    report(gateway, anibal, "post", post_id)
    report(gateway, anibal, "user", malena)

    decided = {"resolution": "hidden", "reason": "Publicidad."}
    assert moderate(gateway, chief, "POST", f"reports/{report_id}/resolution", json=decided).status == 204

    assert hidden(database, "posts", post_id)
    assert [each["target_kind"] for each in queue(gateway, chief)] == ["user"]
    assert audit(gateway, chief) == [("hidden", "post", "Publicidad.")]
    again = moderate(gateway, chief, "POST", f"reports/{report_id}/resolution", json=decided)
    assert (again.status, again.problem) == (409, "conflict")
    # What was decided is decided; who sees it again may report it again.
    moderate(gateway, chief, "DELETE", f"posts/{post_id}/hidden")
    assert report(gateway, carlos, "post", post_id).json()["id"] != report_id


def test_a_decision_suspends_who_wrote_it(gateway: Gateway, join: Join, chief: UUID, database: Database) -> None:
    malena, carlos = join("malena"), join("carlos")
    comment_id = comment_of(database, malena, post_of(gateway, carlos))
    report_id = report(gateway, carlos, "comment", comment_id).json()["id"]

    decided = {"resolution": "suspended", "reason": "Amenazas."}
    assert moderate(gateway, chief, "POST", f"reports/{report_id}/resolution", json=decided).status == 204

    assert gateway.post("/api/posts", user=malena, json={"body": "Hola"}).problem == "suspended"
    assert audit(gateway, chief) == [("suspended", "user", "Amenazas.")]


def test_a_report_is_dismissed_even_of_what_is_gone(
    gateway: Gateway, join: Join, chief: UUID, database: Database
) -> None:
    malena, carlos = join("malena"), join("carlos")
    post_id = post_of(gateway, malena)
    report_id = report(gateway, carlos, "post", post_id).json()["id"]
    with database.transaction() as connection:
        connection.execute("DELETE FROM posts WHERE id = %s", (post_id,))
    path = f"reports/{report_id}/resolution"

    assert queue(gateway, chief)[0]["target"] is None
    assert moderate(gateway, chief, "POST", path, json={"resolution": "hidden", "reason": "x"}).status == 404
    assert (
        moderate(gateway, chief, "POST", path, json={"resolution": "dismissed", "reason": "Ya no está."}).status == 204
    )
    assert queue(gateway, chief) == []
    assert audit(gateway, chief) == [("dismissed", "post", "Ya no está.")]


def test_a_person_is_suspended_and_not_hidden(gateway: Gateway, join: Join, chief: UUID) -> None:
    report_id = report(gateway, join("carlos"), "user", join("malena")).json()["id"]

    answer = moderate(
        gateway, chief, "POST", f"reports/{report_id}/resolution", json={"resolution": "hidden", "reason": "x"}
    )

    assert (answer.status, answer.refused_fields) == (422, {"resolution"})


@pytest.mark.parametrize("kind", ["post", "comment"])
def test_hiding_and_showing_are_written_down_once_each(
    gateway: Gateway, join: Join, chief: UUID, database: Database, kind: str
) -> None:
    malena = join("malena")
    target_id = post_of(gateway, malena)
    if kind == "comment":
        target_id = comment_of(database, malena, target_id)
    path = f"{kind}s/{target_id}/hidden"

    for _ in range(2):
        assert moderate(gateway, chief, "PUT", path, json={"reason": "Publicidad."}).status == 204
    assert hidden(database, f"{kind}s", target_id)
    for _ in range(2):
        assert moderate(gateway, chief, "DELETE", path, query={"reason": "Un error."}).status == 204
    assert not hidden(database, f"{kind}s", target_id)

    assert audit(gateway, chief) == [("hidden", kind, "Publicidad."), ("shown", kind, "Un error.")]


def test_an_act_needs_a_reason(gateway: Gateway, join: Join, chief: UUID) -> None:
    post_id = post_of(gateway, join("malena"))

    for reason in ("", "   ", "x" * 1001):
        answer = moderate(gateway, chief, "PUT", f"posts/{post_id}/hidden", json={"reason": reason})
        assert (answer.status, answer.refused_fields) == (422, {"reason"})
    assert audit(gateway, chief) == []


def test_moderators_act_on_what_is_there(gateway: Gateway, chief: UUID) -> None:
    nothing, because = ids.new_id(), {"reason": "x"}

    for path in (
        f"posts/{nothing}/hidden",
        f"comments/{nothing}/hidden",
        "users/nobody_at_all/suspension",
        "users/../suspension",
    ):
        assert moderate(gateway, chief, "PUT", path, json=because).status == 404
    decided = {"resolution": "dismissed", "reason": "x"}
    assert moderate(gateway, chief, "POST", f"reports/{nothing}/resolution", json=decided).status == 404


def test_moderators_do_not_suspend_themselves(gateway: Gateway, chief: UUID, join: Join) -> None:
    answer = moderate(gateway, chief, "PUT", "users/chief/suspension", json={"reason": "Me voy."})
    assert (answer.status, answer.problem) == (409, "conflict")

    report_id = report(gateway, join("carlos"), "user", chief).json()["id"]
    decided = {"resolution": "suspended", "reason": "x"}
    assert moderate(gateway, chief, "POST", f"reports/{report_id}/resolution", json=decided).problem == "conflict"
    assert audit(gateway, chief) == []


def test_who_is_suspended_reads_but_writes_nothing_until_restored(gateway: Gateway, join: Join, chief: UUID) -> None:
    malena = join("malena")
    post_of(gateway, malena)  # the cache knows by now that she may write

    for _ in range(2):
        assert moderate(gateway, chief, "PUT", "users/Malena/suspension", json={"reason": "Amenazas."}).status == 204

    refused = gateway.post("/api/posts", user=malena, json={"body": "Hola"}, headers={"Accept-Language": "es"})
    assert (refused.status, refused.problem) == (403, "suspended")
    assert refused.json()["detail"] == "esta cuenta está suspendida"
    assert gateway.get("/api/users/me", user=malena).status == 200
    assert gateway.get("/api/feed", user=malena).status == 200

    for _ in range(2):
        assert moderate(gateway, chief, "DELETE", "users/malena/suspension").status == 204
    assert gateway.post("/api/posts", user=malena, json={"body": "Hola"}).status == 201
    assert audit(gateway, chief) == [("suspended", "user", "Amenazas."), ("restored", "user", "")]


def test_a_suspended_moderator_does_not_read_who_reported_them(gateway: Gateway, join: Join, chief: UUID) -> None:
    report(gateway, join("carlos"), "user", chief)
    because = {"reason": "Amenazas."}
    assert moderate(gateway, join("second"), "PUT", "users/chief/suspension", json=because).status == 204

    for path in ("reports", "audit"):
        assert moderate(gateway, chief, "GET", path).problem == "suspended"
    assert moderate(gateway, chief, "DELETE", "users/chief/suspension").problem == "suspended"


def test_standing_costs_a_statement_once_a_minute(gateway: Gateway, join: Join, database: Database) -> None:
    malena = join("malena")
    cache = gateway.platform.cache
    cache.delete(standing_key(malena))
    asked = []

    class Counting(Database):
        def __init__(self) -> None: ...

        def transaction(self) -> Any:
            asked.append(1)
            return database.transaction()

    gateway.platform.database = Counting()
    for _ in range(3):
        asks = {"purpose": "post", "content_type": "image/jpeg", "size": 1000}
        assert gateway.post("/api/media", user=malena, json=asks).status == 201

    assert len(asked) == 1


def test_the_queue_and_the_audit_come_in_pages(gateway: Gateway, join: Join, chief: UUID) -> None:
    carlos = join("carlos")
    reported = [report(gateway, carlos, "user", join(f"dancer_{number}")).json()["id"] for number in range(5)]
    for number in range(5):
        moderate(gateway, chief, "PUT", f"users/dancer_{number}/suspension", json={"reason": str(number)})

    def pages(path: str) -> list[dict[str, Any]]:
        items, cursor = [], ""
        while True:
            page = moderate(gateway, chief, "GET", path, query={"limit": 2, "cursor": cursor}).json()
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    assert [each["id"] for each in pages("reports")] == reported
    assert [act["reason"] for act in pages("audit")] == ["4", "3", "2", "1", "0"]
    cursor = moderate(gateway, chief, "GET", "audit", query={"limit": 2}).json()["next_cursor"]
    assert moderate(gateway, chief, "GET", "reports", query={"cursor": cursor}).problem == "bad-cursor"


def test_what_was_written_down_is_not_rewritten(database: Database) -> None:
    import psycopg

    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
        connection.execute("UPDATE audit SET reason = 'nothing to see'")
