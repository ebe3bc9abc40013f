"""Formats of the model's files, by the words that recipes and the command line use."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError

FORMATS = ("stl", "3mf", "glb", "obj", "ply")
"""STL is one file for each part; the others hold all parts with their names and colors."""
DEFAULT_FORMATS = ("stl", "3mf")


def checked_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Return formats in their order, each once.

    Raises
    ------
    InputError
        One is not known, or there is none.
    """
    wanted = [word.strip().lower().removeprefix(".") for word in formats if word.strip()]
    for word in wanted:
        if word not in FORMATS:
            raise InputError(f"'{word}' is no format of the model. Choose from: {', '.join(FORMATS)}.")
    if not wanted:
        raise InputError(f"Name at least one format of the model: {', '.join(FORMATS)}.")
    return tuple(word for word in FORMATS if word in wanted)
