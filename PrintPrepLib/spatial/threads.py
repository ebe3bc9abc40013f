"""Work in threads, for arithmetic that leaves Python's lock free."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..progress import Progress

Int64Array = npt.NDArray[np.int64]

MAX_THREADS = 8  # more bring nothing once memory is the limit
LEAST_CHUNK = 256  # smaller chunks cost more to hand out than they take, also with numpy,
LEAST_COMPILED_CHUNK = 384  # and with numba: so many take a few milliseconds, and threads a tenth to start
WORTH_A_THREAD = 10_000  # items of a few nanoseconds each


def in_threads(work: Callable[[int, int], None], count: int) -> None:
    """Cut ``range(count)`` into one stretch for each core and give each stretch ``(begin, end)`` to a thread."""
    threads = max(1, min(MAX_THREADS, os.cpu_count() or 1, count // WORTH_A_THREAD))
    if threads == 1:
        work(0, count)
        return
    cuts = [count * k // threads for k in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))


def run_chunks(
    work: Callable[[Any], None],
    order: Int64Array,
    size: int,
    progress: Progress,
    text: str,
    least: int = LEAST_CHUNK,
) -> None:
    """Give chunks of the queries to threads, none smaller than the least, and say how far it is between chunks."""
    cores = min(MAX_THREADS, os.cpu_count() or 1)
    size = max(min(size, -(-len(order) // (2 * cores))), min(size, least))  # all cores have work, even with few
    chunks = [order[begin : begin + size] for begin in range(0, len(order), size)]
    threads = min(cores, len(chunks), max(1, len(order) // least))
    if threads == 1:
        for number, chunk in enumerate(chunks):
            progress(number / len(chunks), text)
            work(chunk)
    else:
        with ThreadPoolExecutor(threads) as pool:
            try:
                for number, _ in enumerate(pool.map(work, chunks)):
                    progress(number / len(chunks), text)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    progress(1.0, text)
