"""Ids of series in a record: hashed with a salt, so that nobody who holds the scan's UIDs can look them up."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ExportError, InputError
from ..export.temporary import staged

PREFIX = "salted-"
KEPT_SALT, FORGOTTEN_SALT = "kept by the lab", "random, not kept"
"""What a record says of its salt."""
SHORTEST_SALT = 16
"""Bytes: 128 bits cannot be tried out."""
_LARGEST_SALT = 4096
_LETTERS = 24


@dataclass(frozen=True)
class Salt:
    """What is mixed into a hash. ``kept`` tells whether the lab keeps it in a file; else it is forgotten."""

    value: bytes
    kept: bool

    def of(self, series_id: str) -> str:
        """Return the salted id of a series (HMAC-SHA-256, RFC 2104)."""
        return PREFIX + hmac.new(self.value, series_id.encode(), hashlib.sha256).hexdigest()[:_LETTERS]

    def find(self, salted: str, series_ids: Iterable[str]) -> str | None:
        """Return which of these series a salted id stands for, if this is its salt."""
        return next((one for one in series_ids if hmac.compare_digest(self.of(one), salted)), None)


def new_salt() -> Salt:
    """Return a random salt that is kept nowhere: ids made with it cannot be compared with anything later."""
    return Salt(secrets.token_bytes(32), kept=False)


def salt_of(path: Path) -> Salt:
    """Read the lab's salt from its file; a file that is missing is made, readable by its owner only.

    Raises
    ------
    InputError
        The file is too short or too long to be a salt, or cannot be read.
    ExportError
        It cannot be made.
    """
    try:
        if path.exists():
            value = path.read_bytes().strip() if path.stat().st_size <= _LARGEST_SALT else b""
            if len(value) < SHORTEST_SALT:
                raise InputError(
                    f"'{path.name}' holds no salt: at least {SHORTEST_SALT} letters or bytes are needed. "
                    "Name a new file, and one is made."
                )
            return Salt(value, kept=True)
    except OSError as error:
        raise InputError(f"The salt '{path.name}' cannot be read ({error.strerror}). Check its rights.") from error
    if not path.parent.is_dir():
        raise ExportError(f"The salt cannot be made: there is no folder for '{path.name}'. Create it first.")
    value = secrets.token_hex(32).encode()
    with staged(path, overwrite=False) as item:
        item.path.chmod(0o600)
        item.file.write(value + b"\n")
    return Salt(value, kept=True)


def with_salted_ids(value: Any, series_ids: Iterable[str], salt: Salt) -> Any:
    """Return JSON values with every id of a series, wherever it stands in a text, replaced by its salted form."""
    ids = [one for one in series_ids if one]
    if isinstance(value, Mapping):
        return {key: with_salted_ids(item, ids, salt) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_salted_ids(item, ids, salt) for item in value]
    if isinstance(value, str):
        for one in ids:
            value = value.replace(one, salt.of(one))
    return value
