"""Progress of long work, and the way to cancel it.

A receiver is any callable ``report(fraction, text)``; it may raise :class:`~PrintPrepLib.errors.Cancelled`.
Library functions call it often enough that a cancel is felt within about a second.
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""``report(fraction, text)``: fraction of this piece of work in [0, 1], text for a person."""


def silent(fraction: float, text: str) -> None:
    """Take a progress report and do nothing with it."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Give a sub-step its share of the bar.

    Parameters
    ----------
    progress : Progress
        Receiver of the whole work.
    start, stop : float
        Share of the whole, ``0 <= start <= stop <= 1``.

    Returns
    -------
    Progress
        Receiver that maps the sub-step's 0..1 onto ``start..stop``.
    """
    if not 0.0 <= start <= stop <= 1.0:
        raise ValueError(f"start and stop must satisfy 0 <= start <= stop <= 1, got {start} and {stop}")

    def report(fraction: float, text: str) -> None:
        progress(start + (stop - start) * min(max(fraction, 0.0), 1.0), text)

    return report
