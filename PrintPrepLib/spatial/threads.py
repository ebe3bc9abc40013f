"""Work in threads, for arithmetic that leaves Python's lock free. The threads wait for more work when they are done."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..progress import Progress

Int64Array = npt.NDArray[np.int64]

MAX_THREADS = 8  # more bring nothing once memory is the limit
LEAST_CHUNK = 256  # smaller chunks cost more to hand out than they take, also with numpy,
LEAST_COMPILED_CHUNK = 384  # and with numba: so many take a few milliseconds, and threads a tenth to start
WORTH_A_THREAD = 10_000  # items of a few nanoseconds each

_here = threading.local()

One = TypeVar("One")
Other = TypeVar("Other")


@cache
def _pool() -> ThreadPoolExecutor:
    """One thread for each core, as long as the program lives."""
    return ThreadPoolExecutor(cores(), "PrintPrep", initializer=lambda: setattr(_here, "at_work", True))


if hasattr(os, "register_at_fork"):  # not on Windows; a child has no threads but its own
    os.register_at_fork(after_in_child=_pool.cache_clear)


def cores() -> int:
    """How many threads work at a time; one for work that is done in such a thread itself."""
    if getattr(_here, "at_work", False):
        return 1  # waiting for others of the same pool could wait forever
    return max(1, min(MAX_THREADS, os.cpu_count() or 1))


def in_threads(work: Callable[[int, int], None], count: int, least: int = WORTH_A_THREAD) -> None:
    """Cut ``range(count)`` into one stretch for each core and give each stretch ``(begin, end)`` to a thread.

    Fewer than twice the least are not worth a second thread.
    """
    threads = max(1, min(cores(), count // least))
    if threads == 1:
        work(0, count)
        return
    cuts = [count * k // threads for k in range(threads + 1)]
    begun = [_pool().submit(work, *stretch) for stretch in pairwise(cuts)]
    _finish(begun, lambda number: None)


def run_chunks(
    work: Callable[[Any], None],
    order: Int64Array,
    size: int,
    progress: Progress,
    text: str,
    least: int = LEAST_CHUNK,
) -> None:
    """Give chunks of the queries to threads, none smaller than the least, and say how far it is between chunks."""
    most = cores()
    size = max(min(size, -(-len(order) // (2 * most))), min(size, least))  # all cores have work, even with few
    chunks = [order[begin : begin + size] for begin in range(0, len(order), size)]
    if most == 1 or len(chunks) == 1 or len(order) < 2 * least:
        for number, chunk in enumerate(chunks):
            progress(number / len(chunks), text)
            work(chunk)
    else:
        begun = [_pool().submit(work, chunk) for chunk in chunks]
        _finish(begun, lambda number: progress(number / len(chunks), text))
    progress(1.0, text)


def at_once(first: Callable[[], One], second: Callable[[], Other]) -> tuple[One, Other]:
    """Results of two pieces of work that do not touch what the other one changes; the first may tell its progress.

    What waits for Python's lock in one leaves a core to the other.
    """
    if cores() == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as aside:
        other = aside.submit(second)
        one = first()
        return one, other.result()


def in_turn(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """Results of some work on each item, in their order, which threads prepare ahead: two for each thread."""
    most = cores()
    if most == 1:
        yield from map(work, items)
        return
    ahead: deque[Future[Any]] = deque()
    try:
        for item in items:
            ahead.append(_pool().submit(work, item))
            if len(ahead) == 2 * most:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for one in ahead:
            one.cancel()
        wait(ahead)


def _finish(begun: list[Future[None]], after: Callable[[int], None]) -> None:
    """Wait for all; after an error or a cancel nothing is left running that writes into the caller's arrays."""
    try:
        for number, one in enumerate(begun):
            one.result()
            after(number)
    except BaseException:
        for one in begun:
            one.cancel()
        wait(begun)
        raise
