"""Splits the images of one series UID into stacks: one orientation, one matrix, one image per position.

Scanners put scouts, time points, echoes and reformats under one series UID; exports put files in twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from .frame import Frame, axes_of

SAME_POSITION_MM = 0.005
"""Two images lie at one position when closer along the normal; headers are written to 0.01 mm or better."""

SAME_DIRECTION = 0.005
"""Largest difference of a direction cosine within a stack, 0.3 degrees: above rounding, below any second plane."""

SAME_PIXEL_MM = 1e-4
"""Largest difference of pixel size within a stack: below any real change of the field of view."""

MIN_BLOCK = 3
"""Fewer images than this of one orientation beside a larger stack are scouts, not a second volume."""

JUMP_MM = 20.0
JUMP_STEPS = 10.0
"""A gap longer than both (mm, usual steps) with a body of slices on either side parts two scanned regions."""

JUMP_BODY = 10
"""Slices that make a body: fewer are not worth a series of their own."""

FEW_REPEATS = 0.5
"""When fewer than this share of the positions is taken twice, it is a leftover, not a second time point."""


_LABEL_WORDS = {
    "StackID": "stack",
    "TemporalPositionIdentifier": "time point",
    "EchoTime": "echo",
    "DiffusionBValue": "diffusion weighting",
    "NominalPercentageOfCardiacPhase": "heart phase",
    "TriggerTime": "trigger time",
    "AcquisitionNumber": "acquisition",
    "ImageType": "image type",
    "AcquisitionTime": "acquisition time",
    "ContentTime": "image time",
}


@dataclass(frozen=True)
class Stack:
    """Images that lie parallel, on one pixel grid, one per position, in order along the true normal.

    Attributes
    ----------
    frames : tuple of Frame
        In order along the normal. Incomplete frames are among them.
    label : str
        What tells it from the other stacks of the series, in words ("echo time 2.3"), empty when alone.
    same_instance, same_pixels, same_position : int
        Images dropped: the same instance again; the same pixels at the same position; other pixels at the same
        position.
    jump_mm : float
        Gap to the nearest other part of the series, where it was parted at one; else 0.
    """

    frames: tuple[Frame, ...]
    label: str = ""
    same_instance: int = 0
    same_pixels: int = 0
    same_position: int = 0
    jump_mm: float = 0.0


@dataclass(frozen=True)
class Split:
    """The stacks of a series, the largest first, and the images that belong to none."""

    stacks: tuple[Stack, ...]
    rest: tuple[Frame, ...] = field(default=())


def split_series(frames: Sequence[Frame]) -> Split:
    """Split the images of one series UID.

    Parameters
    ----------
    frames : sequence of Frame
        In any order.

    Returns
    -------
    Split
        Stacks of at least two positions (at least ``MIN_BLOCK`` beside a larger one), largest first; the rest are
        color pictures, images without geometry, scouts, mosaics.
    """
    usable = [frame for frame in frames if frame.has_geometry and frame.is_gray and not frame.is_mosaic]
    rest = [frame for frame in frames if not (frame.has_geometry and frame.is_gray) or frame.is_mosaic]
    stacks: list[Stack] = []
    for cluster in _parallel(usable):
        for stack in (part for block in _blocks(cluster) for part in _regions(block)):
            if len(stack.frames) >= 2:
                stacks.append(stack)
            else:
                rest.extend(stack.frames)
    stacks.sort(key=lambda stack: (-len(stack.frames), _geometry_key(stack.frames[0]), stack.label))
    if len(stacks) > 1:
        for small in [stack for stack in stacks if len(stack.frames) < MIN_BLOCK]:
            stacks.remove(small)
            rest.extend(small.frames)
    return Split(tuple(stacks), tuple(rest))


def depth(frame: Frame) -> float:
    """Return the position of an image along its true normal, mm."""
    assert frame.position is not None
    assert frame.orientation is not None
    return float(np.array(frame.position) @ axes_of(frame.orientation)[2])


def _parallel(frames: Sequence[Frame]) -> list[list[Frame]]:
    clusters: list[list[Frame]] = []
    # Careless anonymizers give every file a frame of reference of its own; then it says nothing.
    references = {frame.frame_of_reference for frame in frames}
    same_room = len(references) <= len(frames) / 2
    for frame in sorted(frames, key=lambda f: (f.instance, _geometry_key(f), f.position or ())):
        for cluster in clusters:
            if _alike(cluster[0], frame, same_room):
                cluster.append(frame)
                break
        else:
            clusters.append([frame])
    return clusters


def _alike(a: Frame, b: Frame, same_room: bool) -> bool:
    assert a.orientation is not None
    assert b.orientation is not None
    assert a.spacing is not None
    assert b.spacing is not None
    return (
        (a.rows, a.columns, a.is_localizer) == (b.rows, b.columns, b.is_localizer)
        and (not same_room or a.frame_of_reference == b.frame_of_reference)
        and max(abs(p - q) for p, q in zip(a.spacing, b.spacing, strict=True)) <= SAME_PIXEL_MM
        and max(abs(p - q) for p, q in zip(a.orientation, b.orientation, strict=True)) <= SAME_DIRECTION
    )


def _blocks(cluster: list[Frame]) -> list[Stack]:
    """Take out what is there twice, then split what is left into blocks with one image per position."""
    kept, same_instance = _without_repeats(cluster, _instance_key)
    places = _places(kept)
    if max(len(place) for place in places) > 1:
        kept, same_pixels = _without_repeats(kept, _pixel_key(places))
        places = _places(kept)
    else:
        same_pixels = 0
    multiplicity = max(len(place) for place in places)
    if multiplicity == 1:
        return [Stack(tuple(place[0] for place in places), "", same_instance, same_pixels)]
    for label_words in _label_choices(kept):
        groups: dict[str, list[Frame]] = defaultdict(list)
        for frame in kept:
            groups["\n".join(frame.labels.get(word, "") for word in label_words)].append(frame)
        ordered = {values: _places(group) for values, group in groups.items()}
        if len(ordered) == multiplicity and all(len(place) == 1 for group in ordered.values() for place in group):
            # The values themselves may be times of day or free text: the number in the order of values is enough.
            words = " and ".join(_LABEL_WORDS.get(word, word) for word in label_words)
            return [
                Stack(
                    tuple(place[0] for place in group),
                    f"{words} {number} of {multiplicity}",
                    same_instance,
                    same_pixels,
                )
                for number, (_, group) in enumerate(sorted(ordered.items()), start=1)
            ]
    repeated = sum(len(place) > 1 for place in places)
    if repeated < FEW_REPEATS * len(places):
        first = tuple(place[0] for place in places)
        return [Stack(first, "", same_instance, same_pixels, len(kept) - len(first))]
    return [
        Stack(
            tuple(place[rank] for place in places if len(place) > rank),
            f"pass {rank + 1} of {multiplicity}",
            same_instance,
            same_pixels,
        )
        for rank in range(multiplicity)
    ]


def _regions(stack: Stack) -> list[Stack]:
    """Part a stack at long gaps: a head and a chest under one series UID are two volumes, not one with a hole."""
    depths = np.array([depth(frame) for frame in stack.frames])
    steps = np.diff(depths)
    if len(steps) < 2 * JUMP_BODY - 1:
        return [stack]
    jumps = np.flatnonzero(steps > max(JUMP_MM, JUMP_STEPS * float(np.median(steps))))
    bounds = [0, *(jumps + 1).tolist(), len(depths)]
    if len(jumps) == 0 or min(np.diff(bounds)) < JUMP_BODY:
        return [stack]
    count = len(bounds) - 1
    prefix = f"{stack.label}, " if stack.label else ""
    return [
        replace(
            stack,
            frames=stack.frames[start:stop],
            label=f"{prefix}region {number} of {count}",
            jump_mm=float(min(steps[at - 1] for at in (start, stop) if 0 < at < len(depths))),
        )
        for number, (start, stop) in enumerate(pairwise(bounds), start=1)
    ]


def _places(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Group by position along the normal, in order; within a place by instance number."""
    ordered = sorted(frames, key=depth)
    places: list[list[Frame]] = []
    last = -np.inf
    for frame in ordered:
        here = depth(frame)
        if here - last > SAME_POSITION_MM:
            places.append([])
            last = here
        places[-1].append(frame)
    return [sorted(place, key=lambda f: (not f.complete, f.instance, f.sop_uid, f.index)) for place in places]


def _without_repeats(
    frames: Sequence[Frame], key_of: Callable[[Frame], tuple[object, ...] | None]
) -> tuple[list[Frame], int]:
    """Keep the first (if possible whole) of the frames with the same key at the same position."""
    seen: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    kept: list[Frame] = []
    for frame in sorted(frames, key=lambda f: not f.complete):
        key = key_of(frame)
        if key is not None:
            # Careless anonymizers give one UID to all images: it is a repeat only where the position is the same too.
            if any(abs(depth(other) - depth(frame)) <= SAME_POSITION_MM for other in seen[key]):
                continue
            seen[key].append(frame)
        kept.append(frame)
    return kept, len(frames) - len(kept)


def _instance_key(frame: Frame) -> tuple[object, ...] | None:
    return (frame.sop_uid, frame.index) if frame.sop_uid else None


def _pixel_key(places: list[list[Frame]]) -> Callable[[Frame], tuple[object, ...] | None]:
    """Hash the stored pixel bytes, only of frames that share their position with another."""
    shared = {id(frame) for place in places if len(place) > 1 for frame in place}

    def key(frame: Frame) -> tuple[object, ...] | None:
        if id(frame) not in shared or frame.offset < 0 or frame.count > 1 or not frame.complete:
            return None
        return (_hash(frame.path, frame.offset, frame.length), frame.slope, frame.intercept)

    return key


def _hash(path: Path, offset: int, length: int) -> str:
    with path.open("rb") as stream:
        stream.seek(offset)
        return hashlib.sha256(stream.read(length)).hexdigest()


def _label_choices(frames: Sequence[Frame]) -> list[tuple[str, ...]]:
    """Labels that differ among the frames: one alone first, then two together."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for frame in frames:
        for word, value in frame.labels.items():
            values[word][value] += 1
    varied = [word for word, counts in values.items() if len(counts) > 1 or sum(counts.values()) < len(frames)]
    return [(word,) for word in varied] + list(combinations(varied, 2))


def _geometry_key(frame: Frame) -> str:
    orientation = [round(value, 2) + 0.0 for value in frame.orientation or ()]
    spacing = [round(value, 3) for value in frame.spacing or ()]
    return f"{orientation}{spacing}{frame.rows}x{frame.columns}"
