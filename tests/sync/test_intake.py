"""What a pull that is killed has kept: pages stored, and a watermark that reaches no further."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Page, Stream
from connectors.records import to_arrow
from sync import intake
from sync.errors import StoreError
from sync.intake import Intake, Reading
from sync.journal import Journal, Watermark
from sync.store import Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)
READING = Reading("desk", Stream("tickets", ("tickets",)), Watermark(None, "map", None))


def page(number: int) -> Page:
    row = {"source": "desk", "id": f"t{number}", "account_ref": "1", "known_at": NOW}
    return Page({"tickets": to_arrow("tickets", [row])}, f"after {number}", 1)


class Desk:
    """A store, a journal and a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 0.0
        self.store = Store(str(folder / "data"))
        self.journal = Journal(f"sqlite:///{folder}/journal.sqlite")
        self.intake = Intake(self.store, self.journal, NOW, lambda: self.seconds)

    def kept(self) -> tuple[int, str | None]:
        """Return the rows stored and the watermark saved."""
        table = self.store.table("tickets")
        rows = table.to_pyarrow_table().num_rows if table else 0
        mark = self.journal.watermarks("desk").get("tickets")
        return rows, mark.value if mark else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.journal.close()


def test_what_was_read_is_kept_after_some_seconds_without_waiting_for_the_end(desk: Desk) -> None:
    desk.intake.add(READING, page(1))
    desk.intake.add(READING, page(2))
    assert desk.kept() == (0, None)
    desk.seconds += intake.FLUSH_SECONDS
    desk.intake.add(READING, page(3))
    assert desk.kept() == (3, "after 3")
    desk.intake.add(READING, page(4))
    assert desk.kept() == (3, "after 3")


def test_many_rows_are_kept_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "FLUSH_ROWS", 2)
    desk.intake.add(READING, page(1))
    desk.intake.add(READING, page(2))
    assert desk.kept() == (2, "after 2")


def test_no_watermark_moves_where_storing_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> dict[str, int]:
        raise StoreError("no space left")

    monkeypatch.setattr(desk.store, "append", full)
    desk.intake.add(READING, page(1))
    with pytest.raises(StoreError):
        desk.intake.flush()
    assert desk.kept() == (0, None)
