"""A digest as it is sent."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.languages import Language
from mundotango.mail.model import Mail

TOKEN = "Zm9yLXRoZS1tb3N0LW9mLWEtbmlnaHQtYXQtTGEtVmlydXRh"


def make_mail(user_id: UUID | None = None, language: Language = "es", **chosen: Any) -> Mail:
    """Twelve and Ana like a post, and Bruno and Carla mention the reader: a week."""
    values: dict[str, Any] = {
        "rhythm": "weekly",
        "name": "Malena",
        "people": ["Ana"],
        "others": 12,
        "counts": [["mention", 2]],
        "lines": [
            {"kind": "like", "people": ["Ana", "Bruno"], "others": 11, "path": "/posts/1"},
            {"kind": "mention", "people": ["Bruno"], "others": 0, "path": "/posts/2"},
            {"kind": "mention", "people": ["Carla"], "others": 0, "path": "/posts/3"},
        ],
        "more": 0,
    }
    return Mail(
        id=ids.new_id(),
        user_id=user_id or ids.new_id(),
        template="digest",
        language=language,
        values=values | chosen,
        unsubscribe=f"/api/link/{TOKEN}/unsubscribe",
        written_at=datetime.now(UTC),
    )
