"""What each step of a chain made, kept on disk, so that a later run goes on where nothing before has changed.

The key of a state is the hash of everything that leads to it: the voxels of the scan and of a ready label map with
their places, what is known of their source, the steps so far with every parameter, and the versions of all that
computes. A state is taken from the disk only under its own key and only when its arrays are, byte for byte, what was
written. So a run that goes on gives the very model that a run from the beginning gives.

A folder of checkpoints holds voxels of the scan: whoever names it removes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..progress import Progress, silent
from ..receipt import plain
from ..record.record import software
from ..volume import Volume
from .blobs import Blobs, NotKept
from .chain import ChainState, run_chain
from .recipe import Recipe, StepCall
from .states import state_from_dict, state_to_dict
from .steps import Stage

MOST_STATES = 32
"""States that a folder keeps, the last used ones; a recipe has about ten."""
MOST_BYTES = 4_000_000_000
"""Of all arrays together; a head at half a millimeter needs about a third of it."""

AfterStep = Callable[[int, StepCall, ChainState], None]


class Checkpoints:
    """The states in one folder; it is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self._states = folder / "states"
        self._blobs = Blobs(folder / "arrays")
        self._made: dict[str, Any] = {}

    def keys(self, recipe: Recipe, start: ChainState) -> list[str]:
        """Return the key of the state after each step of a completed recipe, up to the first step that cuts."""
        digest = hashlib.blake2b(json.dumps(software(), sort_keys=True).encode(), digest_size=16)
        for volume in (start.volume, None if start.segmentation is None else start.segmentation.labels):
            digest.update(b"none" if volume is None else self._hash_of_volume(volume).encode())
        if start.segmentation is not None:
            digest.update(repr((start.segmentation.at_border, dict(start.segmentation.labels.names))).encode())
            digest.update(json.dumps([receipt.to_dict()["parameters"] for receipt in start.receipts]).encode())
        out = []
        for call in recipe.steps:
            if call.stage is Stage.PARTS:
                break
            digest.update(json.dumps([call.step.name, plain(call.parameters)], sort_keys=True).encode())
            out.append(digest.hexdigest())
        return out

    def load(self, key: str, start: ChainState) -> ChainState | None:
        """Return a state that was kept, None when it is not there or not what was written."""
        path = self._states / f"{key}.json"
        try:
            data = json.loads(path.read_text("utf-8"))
            state = state_from_dict(data, start, self._blobs, self._made)
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, NotKept):
            return None
        return state

    def save(self, key: str, state: ChainState, start: ChainState) -> None:
        """Keep a state; what cannot be kept (a full disk, say) is left out, and a later run computes it anew."""
        path = self._states / f"{key}.json"
        beside = path.with_suffix(".part")
        try:
            self._states.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(state_to_dict(state, start, self._blobs), allow_nan=False), "utf-8")
            beside.replace(path)
        except (OSError, ValueError, NotKept):
            beside.unlink(missing_ok=True)

    def prune(self) -> None:
        """Remove the states that were not used for longest, and arrays that no state needs."""
        try:
            files = sorted(self._states.glob("*.json"), key=lambda path: -path.stat().st_mtime_ns)
            needed: set[str] = set()
            for number, path in enumerate(files):
                with_it = needed | set(_names(json.loads(path.read_text("utf-8"))))
                if number >= MOST_STATES or (number and self._blobs.bytes_of(with_it) > MOST_BYTES):
                    path.unlink()
                else:
                    needed = with_it
            self._blobs.keep_only(needed)
        except (OSError, ValueError):
            shutil.rmtree(self._states, ignore_errors=True)

    def _hash_of_volume(self, volume: Volume) -> str:
        image, source = volume.image, volume.source
        place = (image.GetSize(), image.GetOrigin(), image.GetSpacing(), image.GetDirection())
        facts = json.dumps(
            plain([source.kind, source.modality, source.facts, [one.to_dict() for one in source.findings]]),
            sort_keys=True,
        )
        return self._blobs.hash_of(volume.array) + repr(place) + facts


def run_with_checkpoints(
    recipe: Recipe,
    start: ChainState,
    checkpoints: Checkpoints | None,
    *,
    progress: Progress = silent,
    after_step: AfterStep | None = None,
) -> tuple[ChainState, int]:
    """Run a completed recipe, from the last step whose state was kept.

    Parameters
    ----------
    recipe : Recipe
        As ``chain.completed`` gave it.
    start : ChainState
        With a volume, a segmentation, or both.
    checkpoints : Checkpoints or None
        None runs everything and keeps nothing.
    progress : Progress
        Receiver of progress.
    after_step : callable, optional
        Told of every step, also of those that were not run again.

    Returns
    -------
    state : ChainState
        With the receipts of all steps.
    skipped : int
        How many steps were not run again.
    """
    if checkpoints is None:
        return run_chain(recipe, start, progress=progress, after_step=after_step), 0
    keys = checkpoints.keys(recipe, start)
    kept: list[ChainState] = []
    for key in keys:
        found = checkpoints.load(key, start)
        if found is None:
            break
        kept.append(found)
        if after_step is not None:
            after_step(len(kept), recipe.steps[len(kept) - 1], found)

    def keep(number: int, call: StepCall, state: ChainState) -> None:
        if number <= len(keys):
            checkpoints.save(keys[number - 1], state, start)
        if after_step is not None:
            after_step(number, call, state)

    state = run_chain(recipe, kept[-1] if kept else start, progress=progress, after_step=keep, done=len(kept))
    checkpoints.prune()
    return state, len(kept)


def _names(data: Any) -> list[str]:
    """Return all names of arrays in a state's description."""
    if isinstance(data, dict):
        own = [data["array"]] if isinstance(data.get("array"), str) else []
        return own + [name for value in data.values() for name in _names(value)]
    if isinstance(data, list):
        return [name for value in data for name in _names(value)]
    return []
