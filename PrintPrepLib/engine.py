"""Numba for the inner loops where it is installed, numpy elsewhere: both give the same numbers."""

from __future__ import annotations

from enum import Enum
from functools import cache

from .errors import MissingPackageError


class Engine(Enum):
    """What does the arithmetic. Both give the same numbers."""

    AUTO = "auto"
    NUMBA = "numba"
    NUMPY = "numpy"


def is_compiled(engine: Engine = Engine.AUTO) -> bool:
    """Whether numba does the work.

    Raises
    ------
    MissingPackageError
        ``Engine.NUMBA`` was asked for and numba is not installed.
    """
    if engine is Engine.NUMPY:
        return False
    if engine is Engine.NUMBA and not _has_numba():
        raise MissingPackageError("The Python package 'numba' is not installed. Install it, or use numpy.")
    return _has_numba()


@cache
def _has_numba() -> bool:
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True
