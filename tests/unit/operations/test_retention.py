from operations import retention
from operations.house_rules import ROOT


def test_what_is_kept_is_written_down() -> None:
    written = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")

    assert written == retention.text(), "python -m operations.retention > docs/retention.md"
