"""Tables of a recipe beside its steps: lengths for the caliper table, and findings that a person accepts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import RecipeError
from ..record.calipers import CaliperPair
from ..record.overrides import Acceptance

LONGEST_TEXT = 300
"""Characters of a name or a reason: it must fit into a table on paper."""
_CALIPER_KEYS = ("name", "from_mm", "to_mm")
_ACCEPT_KEYS = ("code", "reason", "by")


def calipers_of(data: Any, where: str) -> tuple[CaliperPair, ...]:
    """Read the tables ``[[caliper]]``.

    Raises
    ------
    RecipeError
        A key is unknown or missing, or a place is not three numbers.
    """
    rows = _rows(data, "caliper", _CALIPER_KEYS, where)
    return tuple(
        CaliperPair(_text(row, "name", at), _place(row, "from_mm", at), _place(row, "to_mm", at)) for row, at in rows
    )


def accepted_of(data: Any, where: str) -> tuple[Acceptance, ...]:
    """Read the tables ``[[accept]]``.

    Raises
    ------
    RecipeError
        A key is unknown, the code or the reason is missing, or a code comes twice.
    """
    rows = _rows(data, "accept", _ACCEPT_KEYS, where)
    out = tuple(
        Acceptance(_text(row, "code", at), _text(row, "reason", at), _text(row, "by", at, needed=False))
        for row, at in rows
    )
    codes = [one.code for one in out]
    for code in codes:
        if codes.count(code) > 1:
            raise RecipeError(f"{where}: '{code}' is accepted twice. Give one reason.")
    return out


def tables_of(calipers: Sequence[CaliperPair], accepted: Sequence[Acceptance]) -> dict[str, list[dict[str, Any]]]:
    """Return both as they are written to a file; what is empty is left out."""
    rows = [
        {"name": one.name, "from_mm": [float(x) for x in one.from_mm], "to_mm": [float(x) for x in one.to_mm]}
        for one in calipers
    ]
    reasons = [
        {key: value for key, value in (("code", one.code), ("reason", one.reason), ("by", one.by)) if value}
        for one in accepted
    ]
    return {name: table for name, table in (("caliper", rows), ("accept", reasons)) if table}


def _rows(data: Any, name: str, known: tuple[str, ...], where: str) -> list[tuple[Mapping[str, Any], str]]:
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise RecipeError(f"{where}: write each {name} as a table [[{name}]] of its own.")
    out = []
    for number, row in enumerate(data, 1):
        at = f"{where}, {name} {number}"
        for key in row:
            if key not in known:
                raise RecipeError(f"{at}: '{key}' is not known. Known: {', '.join(known)}.")
        out.append((row, at))
    return out


def _text(row: Mapping[str, Any], key: str, where: str, *, needed: bool = True) -> str:
    value = row.get(key, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise RecipeError(f"{where}: {key} must be text; got {value!r}.")
    if len(value) > LONGEST_TEXT:
        raise RecipeError(f"{where}: {key} may have {LONGEST_TEXT} characters; it has {len(value)}.")
    return value.strip()


def _place(row: Mapping[str, Any], key: str, where: str) -> tuple[float, float, float]:
    value = row.get(key)
    good = isinstance(value, list | tuple) and len(value) == 3
    if not good or not all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value or ()
    ):
        raise RecipeError(f"{where}: {key} must be three numbers, LPS millimeters; got {value!r}.")
    assert value is not None
    return float(value[0]), float(value[1]), float(value[2])
