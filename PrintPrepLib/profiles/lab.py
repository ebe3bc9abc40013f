"""A lab's own profiles: a file that overrides single figures of the shipped ones and adds entries.

The file has the tables ``[process.NAME]``, ``[printer.NAME]``, ``[material.NAME]``, ``[use.NAME]`` and ``[fit.NAME]``.
An entry with a known name needs only what differs; a new one must be complete. Every figure needs its source here, too.
The file is named by the environment variable ``PRINTPREP_PROFILES`` or, for one call, by :func:`lab_profiles`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import InputError
from .figures import check_keys

VARIABLE = "PRINTPREP_PROFILES"
KINDS: Mapping[str, str] = {
    "process": "processes.toml", "printer": "printers.toml", "material": "materials.toml", "use": "uses.toml",
    "fit": "fits.toml",
}  # fmt: skip
"""Kind of entry, and the shipped file that holds it."""
LARGEST_BYTES = 1_000_000
"""No profile file is this long; a file that is was chosen by mistake."""

_chosen: ContextVar[Path | None] = ContextVar("printprep_lab_profiles", default=None)


@contextmanager
def lab_profiles(path: Path | None) -> Iterator[None]:
    """Take a lab's own file for the time of a ``with`` block; None leaves what the environment says.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    token = _chosen.set(path)
    try:
        lab_text()
        yield
    finally:
        _chosen.reset(token)


def lab_file() -> Path | None:
    """Return the lab's own file that is in force, or None."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named) if named else None


def lab_text() -> str:
    """Return the text of the lab's own file; empty where there is none.

    Raises
    ------
    InputError
        It is missing, too large or not text.
    """
    path = lab_file()
    if path is None:
        return ""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"'{path.name}' is too large to be a file of profiles. Choose a .toml file.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The lab's own profiles '{path.name}' cannot be read. Check the path given by --profiles or {VARIABLE}."
        ) from error


def merged(kind: str) -> dict[str, Any]:
    """Return the shipped entries of a kind with the lab's own laid over them: tables are merged, figures replaced."""
    return _merged(kind, lab_text())


def shipped(kind: str) -> dict[str, Any]:
    """Return the entries of a kind as they are shipped."""
    return tomllib.loads((files(__package__) / KINDS[kind]).read_text("utf-8"))


def own_names(kind: str) -> frozenset[str]:
    """Names of a kind that the lab's own file holds."""
    return frozenset(_lab(lab_text()).get(kind, {}))


@lru_cache(maxsize=32)
def _merged(kind: str, text: str) -> dict[str, Any]:
    out = shipped(kind)
    for name, row in _lab(text).get(kind, {}).items():
        out[name] = _over(out.get(name, {}), row, f"The lab's {kind} '{name}'")
    return out


@lru_cache(maxsize=8)
def _lab(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The lab's own profiles are not valid TOML: {error}.") from error
    check_keys(data, "The lab's own profiles", (), KINDS)
    for kind, rows in data.items():
        if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
            raise InputError(f"The lab's own profiles: write each {kind} as a table [{kind}.NAME].")
    return data


def _over(old: Any, new: Any, what: str) -> Any:
    """Lay one table over another; a figure (a table with a source of its own) is replaced as a whole."""
    if not isinstance(old, dict) or not isinstance(new, dict) or _is_figure(new) or _is_figure(old):
        if isinstance(old, dict) != isinstance(new, dict) and old not in ({}, None):
            raise InputError(f"{what}: {new!r} cannot stand in place of {'a table' if isinstance(old, dict) else old}.")
        return new
    return {**old, **{key: _over(old.get(key, {}), value, what) for key, value in new.items()}}


def _is_figure(row: Any) -> bool:
    return isinstance(row, dict) and ("text" in row or any(key.startswith("value_") for key in row))
