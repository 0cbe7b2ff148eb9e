"""The model behind ``[store]``: what is kept at rest, how long, and how it is packed."""

from datetime import timedelta

from pydantic import Field

from .strict import Settings, Span


class Retention(Settings):
    """``[store]``.

    Attributes:
        compact_files: A table of more files than this is written together, as each costs a read
            of its footer.
        old_files: Files that no table has any more are deleted after this long; a reader that
            began before may need them.
        versions: Rows that a later version replaced are deleted after this long, and scores of
            before cannot be replayed to the bit any more; none: they are kept.
        scores: Snapshots of scores older than this are deleted; none: they are kept.
        plans: Snapshots of plans that nobody applied are deleted after this long.
        copies: Folder of local copies of an object store's files; empty: in the user's cache.
    """

    compact_files: int = Field(default=64, ge=2)
    old_files: Span = timedelta(days=7)
    versions: Span | None = None
    scores: Span | None = None
    plans: Span = timedelta(days=30)
    copies: str = ""
