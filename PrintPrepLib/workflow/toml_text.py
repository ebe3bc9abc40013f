"""Values of a recipe as TOML."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any


def plain_value(value: Any) -> Any:
    """Return a checked parameter as TOML knows it: words of choices, lists of numbers."""
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def toml_text(value: Any) -> str:
    """Write a plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml_text(item) for item in value) + "]"
    return repr(value)
