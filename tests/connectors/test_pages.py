"""Walking through pages."""

import threading

import pytest

from connectors.errors import TransientError
from connectors.pages import ahead, in_order, pages


def test_pages_end_where_none_is_named() -> None:
    book = {None: ("a", 1), 1: ("b", 2), 2: ("c", None)}
    assert list(pages(book.__getitem__)) == ["a", "b", "c"]


@pytest.mark.parametrize("start", [None, 1])
def test_a_page_named_twice_raises_after_its_content(start) -> None:
    book = {None: ("a", 1), 1: ("b", 2), 2: ("c", 1)}
    found = []
    with pytest.raises(TransientError, match="twice"):
        found.extend(iter_into(found, pages(book.__getitem__, start)))
    assert found == (["a", "b", "c"] if start is None else ["b", "c"])


def iter_into(found, items):
    for item in items:
        found.append(item)
    return ()


def test_ahead_keeps_order_and_raises_in_place() -> None:
    def some():
        yield 1
        yield 2
        raise TransientError("later")

    found = []
    with pytest.raises(TransientError, match="later"):
        iter_into(found, ahead(some()))
    assert found == [1, 2]


def test_ahead_makes_one_more_and_stops_when_left() -> None:
    made, closed = [], threading.Event()

    def many():
        try:
            for number in range(1000):
                made.append(number)
                yield number
        finally:
            closed.set()

    items = ahead(many())
    assert next(items) == 0
    items.close()
    assert closed.wait(5)
    assert len(made) <= 3


def test_in_order_keeps_order_and_bounds_workers() -> None:
    running, most, lock = 0, 0, threading.Lock()
    turn = threading.Barrier(2, timeout=5)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        turn.wait()
        with lock:
            running -= 1
        return number * number

    assert list(in_order(work, range(10), 2)) == [number * number for number in range(10)]
    assert most == 2


@pytest.mark.parametrize(("drain", "expected"), [(False, [0]), (True, [0, 2])])
def test_in_order_tells_of_what_was_under_way_when_one_failed(drain, expected) -> None:
    started = threading.Barrier(3, timeout=5)

    def work(number: int) -> int:
        started.wait()
        if number == 1:
            raise TransientError("no")
        return number

    found = []
    with pytest.raises(TransientError):
        iter_into(found, in_order(work, range(3), 3, drain=drain))
    assert found == expected


def test_items_that_end_in_an_error_lose_no_result_of_what_was_begun() -> None:
    def items():
        yield from range(4)
        raise TransientError("told to end")

    done: list[int] = []
    with pytest.raises(TransientError, match="told to end"):
        iter_into(done, in_order(lambda item: item, items(), 3, drain=True))
    assert done == [0, 1, 2, 3]
