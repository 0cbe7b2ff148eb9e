"""How far an object was read: opaque text for others, JSON for us."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from connectors.errors import SetupError

# The stamp is set before the commit, so that a late commit shows up below an earlier bound;
# transactions end within ten minutes. # unconfirmed
OVERLAP = timedelta(minutes=10)
# Formula fields change without moving the stamp: objects that have some mapped are read in full
# about once a day. A little less, so that a nightly run is never a minute too early.
WHOLE_EVERY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Watermark:
    """A place in the reading of one object.

    Attributes:
        until: Once all pages are read, everything up to this server time is.
        since: Changes from this time on are being read; None: everything is, or reading is over.
        full: A full read is under way.
        job: The Bulk job whose results are being read.
        locator: Where in them; ``""``: from the start.
        whole: When the last full read began; ``""``: not known.
    """

    until: str
    since: str | None = None
    full: bool = False
    job: str | None = None
    locator: str = ""
    whole: str = ""

    @property
    def over(self) -> bool:
        """Whether reading up to ``until`` had come to its end."""
        return self.since is None and not self.full

    @property
    def end(self) -> "Watermark":
        """The place where all is read."""
        return Watermark(self.until, whole=self.until if self.full else self.whole)

    def next(self, now: str, *, formulas: bool) -> "Watermark":
        """Return the place to go on from: this one, or after it the next increment or full read.

        Args:
            now: The server's time.
            formulas: Whether fields are read that change without moving the stamp.
        """
        if not self.over:
            return self
        if formulas and (not self.whole or _time(now) - _time(self.whole) >= WHOLE_EVERY):
            return Watermark(now, full=True)
        return Watermark(now, since=literal(_time(self.until) - OVERLAP), whole=self.whole)

    def text(self) -> str:
        """Return the text to keep."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Watermark":
        """Return the watermark of a text.

        Raises:
            SetupError: the text is not ours.
        """
        try:
            mark = cls(**json.loads(text))
            datetime.fromisoformat(mark.until)
        except (ValueError, TypeError):
            raise SetupError(
                "Salesforce: a watermark cannot be read; read this connection in full again"
            ) from None
        return mark


def literal(at: datetime) -> str:
    """Return a time as SOQL and watermarks write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
