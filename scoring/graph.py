"""Cycles among names that refer to names."""

from collections.abc import Iterator, Mapping

from .errors import Problem


def cycles(key: str, word: str, below: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Yield a problem for the first cycle found among names that refer to names."""
    done: set[str] = set()
    while len(done) < len(below):
        ready = [name for name in below if name not in done and below[name] <= done]
        if not ready:
            left = [name for name in below if name not in done]
            path = _walk(left[0], below, done)
            yield Problem(f"{key}.{path[0]}.{word}", " -> ".join(path), "no cycle")
            return
        done.update(ready)


def _walk(start: str, below: Mapping[str, set[str]], done: set[str]) -> list[str]:
    path = [start]
    while path.count(path[-1]) == 1:
        path.append(min(below[path[-1]] - done))
    return path[path.index(path[-1]) :]
