"""Arrays on disk under the hash of what they hold: each is written once, and read back only as it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class NotKept(Exception):  # noqa: N818 - a state that is told, not a bug
    """An array is not there, is not what was written, or cannot be described."""


class Blobs:
    """Arrays in a folder. Those of the present run are hashed once, however many states hold them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[int, tuple[Any, str]] = {}
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def hash_of(self, array: npt.NDArray[Any], owner: object = None) -> str:
        """Return the hash of an array's kind, shape and values.

        ``owner`` is an object that never changes and stands for the array: for the same owner it is computed once.
        """
        known = self._hashes.get(id(owner)) if owner is not None else None
        if known is not None and known[0] is owner:
            return known[1]
        digest = hashlib.blake2b(f"{array.dtype.str} {array.shape}".encode(), digest_size=16)
        digest.update(np.ascontiguousarray(array).data)
        name = digest.hexdigest()
        if owner is not None:
            self._hashes[id(owner)] = (owner, name)  # with the owner, so that its id is not given to another
        return name

    def put(self, array: npt.NDArray[Any], owner: object = None) -> dict[str, str]:
        """Keep an array and return what stands for it."""
        name = self.hash_of(array, owner)
        path = self._folder / f"{name}.npy"
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".part")
            try:
                with beside.open("wb") as stream:
                    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
        return {"array": name}

    def get(self, told: dict[str, str]) -> npt.NDArray[Any]:
        """Return an array that was kept; it must not be changed.

        Raises
        ------
        NotKept
            It is not there, or not what was written.
        """
        name = told["array"]
        if name not in self._arrays:
            try:
                array: npt.NDArray[Any] = np.load(self._folder / f"{name}.npy", allow_pickle=False)
            except (OSError, ValueError) as error:
                raise NotKept(name) from error
            if self.hash_of(array) != name:
                raise NotKept(name)
            self._arrays[name] = array
        return self._arrays[name]

    def bytes_of(self, names: Iterable[str]) -> int:
        """Return the size of these arrays on disk."""
        paths = (self._folder / f"{name}.npy" for name in names)
        return sum(path.stat().st_size for path in paths if path.is_file())

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove all other arrays from the disk."""
        wanted = {f"{name}.npy" for name in names}
        for path in self._folder.glob("*"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
