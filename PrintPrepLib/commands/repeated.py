"""Options that may be given several times, such as places: their numbers are put one after the other."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from ..parameters import ParameterSpec

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "plane": "PX,PY,PZ,NX,NY,NZ",
        "points_mm": "X,Y,Z",
        "pin_at_mm": "X,Y,Z",
        "from_mm": "X,Y,Z",
        "to_mm": "X,Y,Z",
        "open_end_mm": "X,Y,Z",
        "drain_at": "X,Y,Z",
        "keep_at_mm": "X,Y,Z",
        "leave_at_mm": "X,Y,Z",
        "only_at_mm": "X,Y,Z",
        "protect_at": "X,Y,Z,R",
        "protect_box": "X,Y,Z,X,Y,Z",
    }
)
"""Parameters that hold any count of rows of numbers, and one row in words."""


def is_repeated(spec: ParameterSpec) -> bool:
    """Whether a parameter holds any count of rows: a single plane of six numbers, say, does not."""
    return spec.name in ROWS and spec.length is None


def repeated_option(parser: argparse.ArgumentParser, spec: ParameterSpec) -> None:
    """Declare the option of such a parameter."""
    long = "--" + spec.name.replace("_", "-")
    flags = dict.fromkeys((long.removesuffix("-mm"), long))
    parser.add_argument(
        *flags, dest=spec.name, type=numbers_of, action="append", metavar=ROWS[spec.name],
        help=f"{spec.help} May be given several times.",
    )  # fmt: skip


def join_rows(options: argparse.Namespace) -> None:
    """Put the numbers of such options one after the other, in place; those of which none was given are None."""
    for name in ROWS:
        rows = getattr(options, name, None)
        if isinstance(rows, list):
            setattr(options, name, tuple(value for row in rows for value in row) or None)


def numbers_of(text: str) -> tuple[float, ...]:
    """Read numbers between commas."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers such as 1,2,3") from error
