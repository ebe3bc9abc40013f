"""Advice of a plan as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ..plan.advice import Advice

WIDTH = 110
"""Characters of a line."""


def advice_lines(lines: Iterable[Advice], sources: bool) -> Iterator[str]:
    """Write advice for a terminal: what, why, and what would change it; with the source of every figure if asked."""
    for advice in lines:
        yield ""
        yield f"{'WARN ' if advice.warning else ''}{advice.subject}"
        yield from textwrap.wrap(advice.advice, WIDTH, initial_indent="  ", subsequent_indent="  ")
        for word, text in (("why", advice.why), ("else", advice.changes)):
            yield from textwrap.wrap(text, WIDTH, initial_indent=f"    {word:<5}", subsequent_indent="         ")
        if sources:
            for of, figure in advice.figures:
                yield from textwrap.wrap(
                    f"{of}: {figure.words()}. {figure.source}",
                    WIDTH,
                    initial_indent="    from ",
                    subsequent_indent="         ",
                )
            for source in advice.sources:
                yield from textwrap.wrap(source, WIDTH, initial_indent="    from ", subsequent_indent="         ")
