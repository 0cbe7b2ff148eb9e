"""Walking through pages: with a guard against loops, ahead of the consumer, in parallel."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from queue import Queue
from typing import Generic, TypeAlias, TypeVar

from .errors import TransientError

Item = TypeVar("Item")
Result = TypeVar("Result")
Cursor = TypeVar("Cursor", bound=Hashable)


def pages(
    fetch: Callable[[Cursor | None], tuple[Item, Cursor | None]], start: Cursor | None = None
) -> Iterator[Item]:
    """Yield pages until one names no next.

    Args:
        fetch: Cursor (``start`` at first) -> the page and the cursor of the next one.
        start: Where to begin.

    Raises:
        TransientError: the vendor named a page for the second time; going on would never end.
    """
    seen: set[Cursor] = set() if start is None else {start}
    cursor = start
    while True:
        page, cursor = fetch(cursor)
        yield page
        if cursor is None:
            return
        if cursor in seen:
            raise TransientError(
                "The vendor named the same page twice; the pages before it are kept. "
                "Run again; if it stays, report it to the vendor"
            )
        seen.add(cursor)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items in order while a thread already makes the next one.

    An error of the thread is raised after the items before it. Leaving early stops it after the
    item that it is at.
    """
    waiting: Queue[_Entry[Item]] = Queue()
    room = threading.Semaphore(1)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_produce, args=(items, waiting, room, stopped), name="pages-ahead", daemon=True
    )
    thread.start()
    try:
        while (entry := waiting.get()) is not None:
            if entry.error is not None:
                raise entry.error
            yield entry.item  # type: ignore[misc] # only an error comes without
            del entry  # the page may go while the consumer works on its own copy
            room.release()
    finally:
        stopped.set()
        room.release()


@dataclass(slots=True)
class _Made(Generic[Item]):
    item: Item | None = None
    error: BaseException | None = None


_Entry: TypeAlias = _Made[Item] | None


def _produce(
    items: Iterable[Item],
    waiting: "Queue[_Entry[Item]]",
    room: threading.Semaphore,
    stopped: threading.Event,
) -> None:
    try:
        for item in items:
            waiting.put(_Made(item))
            room.acquire()
            if stopped.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - handed over to the consumer
        waiting.put(_Made(error=error))
    else:
        waiting.put(None)
    finally:
        if isinstance(items, Generator):
            items.close()


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int, *, drain: bool = False
) -> Iterator[Result]:
    """Yield ``work(item)`` in the order of the items, at most ``workers`` at a time.

    The first error, also of the items, stops further work and is raised in its place; with
    ``drain`` after the results of what had been started before it was known (writes that have
    happened).
    """
    if workers <= 1:
        yield from map(work, items)
        return
    error: Exception | None = None
    source = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        running = deque(pool.submit(work, item) for item in islice(source, workers))
        while running:
            try:
                yield running.popleft().result()
                if error is None:
                    running.extend(pool.submit(work, item) for item in islice(source, 1))
            except Exception as fault:
                if not drain:
                    raise
                error = error or fault
    if error is not None:
        raise error
