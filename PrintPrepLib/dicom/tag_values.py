"""Turns values of DICOM elements, which may be missing or badly written, into plain ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def first_of(sequence: Any) -> Any:
    """Return the first item of a sequence, None where there is none."""
    return sequence[0] if sequence is not None and len(sequence) else None


def text_of(item: Any, keyword: str) -> str:
    """Return a value as text, several joined by a slash; empty where there is none."""
    value = item.get(keyword)
    if value is None:
        return ""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value).strip()
    return "/".join(str(word).strip() for word in value)


def number_of(value: Any) -> float | None:
    """Return a value as a finite number, else None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def numbers_of(values: Any, length: int) -> tuple[float, ...] | None:
    """Return so many finite numbers, else None."""
    if values is None or isinstance(values, str):
        return None
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == length and bool(np.all(np.isfinite(numbers))) else None
