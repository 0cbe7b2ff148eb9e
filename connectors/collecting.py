"""Python's garbage collector, out of the way while a page is decoded and converted.

A decoded page is a tree without cycles: reference counts free it. The collector, started after
every 700 new objects, would walk over that tree again and again and find nothing, which is half
of the time that a page of tickets takes.
"""

import gc
import threading
from types import TracebackType


class Pause:
    """A context in which nothing is collected; for one page's work, no longer.

    Nests, and may be entered by several threads: the last one that leaves lets the collector
    run again. One that was off before stays off.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._was_on:
                gc.enable()


uncollected = Pause()
