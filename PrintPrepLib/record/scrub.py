"""Removal of local paths from what goes into a record: they carry user names, host names and patients' folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REMOVED = "(path removed)"

_QUOTED = re.compile(r"""(?P<q>['"])(?:~?/|\\\\|[A-Za-z]:[\\/])[^'"\n]*(?P=q)""")
_BARE = re.compile(r"(?:(?<=[\s(=,:])|^)(?:~?/[^\s/]+/[^\s]*|\\\\[^\s]+|[A-Za-z]:[\\/][^\s]+|file://[^\s]+)")
_WHOLE = re.compile(r"^(?:~?/|\\\\|[A-Za-z]:[\\/]|file://|\.{1,2}/)")


def without_paths(value: Any) -> Any:
    """Return JSON values with every local path in any text replaced by a fixed word.

    A text that begins as a path is replaced whole (it may hold blanks); within a sentence, quoted paths and words that
    look like paths are replaced.
    """
    if isinstance(value, Mapping):
        return {without_paths(str(key)): without_paths(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(item) for item in value]
    if isinstance(value, str):
        if _WHOLE.match(value):
            return REMOVED
        return _BARE.sub(REMOVED, _QUOTED.sub(REMOVED, value))
    return value
