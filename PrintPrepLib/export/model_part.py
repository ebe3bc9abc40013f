"""A named, colored part of a model file, and what the file says about the whole model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh

Rgb = tuple[int, int, int]
"""Red, green, blue, 0..255, sRGB."""

MIRRORED, SCALE = "MIRRORED", "SCALE-"
"""Marks in names: of a mirror image, and of a model of another size, before its factor."""

DEFAULT_COLOR: Rgb = (222, 203, 173)
"""Of a part to which nobody gave a color: bone, as the first part of a cut has it."""
ADDED_COLOR: Rgb = (150, 150, 150)
"""Of triangles that are not anatomy (struts, stands, labels): the gray that dowels have."""
ADDED_NAME = "not anatomy"
"""What files call that color."""


@dataclass(frozen=True, eq=False)
class ModelPart:
    """One part as files hold it.

    Attributes
    ----------
    number : str
        Its part number (``"1"``), the one that is engraved where one is.
    added : (m,) bool or None
        Triangles of the mesh that are not anatomy: files give them ``ADDED_COLOR``, and the others a color too.
    """

    mesh: Mesh
    name: str
    color: Rgb | None = DEFAULT_COLOR
    number: str = ""
    added: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain_name(self.name))
        if self.added is None:
            return
        added = np.asarray(self.added)
        if added.dtype != bool or added.shape != (len(self.mesh.faces),):
            raise ValueError(f"added must be {len(self.mesh.faces)} booleans, got {added.shape} of {added.dtype}")
        object.__setattr__(self, "added", added if added.any() else None)

    @property
    def added_count(self) -> int:
        """Number of triangles that are not anatomy."""
        return 0 if self.added is None else int(np.count_nonzero(self.added))

    def added_last(self) -> ModelPart:
        """Return the part with the triangles that are not anatomy behind all others and a color for these, as formats
        need it.
        """
        if self.added is None:
            return self
        order = np.argsort(self.added, kind="stable")
        mesh = Mesh(self.mesh.vertices, self.mesh.faces[order], self.mesh.name, self.mesh.scalars)
        return replace(self, mesh=mesh, added=self.added[order], color=self.color or DEFAULT_COLOR)


@dataclass(frozen=True)
class About:
    """What a model file says about the whole model; nothing of it tells who was scanned.

    ``scale`` is 1 where the model has the size of the scan; ``mirrored`` is true where left and right were exchanged.
    An empty ``record_id`` is not written.
    """

    record_id: str = ""
    scale: float = 1.0
    mirrored: bool = False

    def facts(self) -> dict[str, str]:
        """Return the words that are written, by their names in 3MF."""
        facts = {"RecordId": self.record_id} if self.record_id else {}
        return facts | {"Space": "LPS", "Scale": f"{self.scale:.9g}", "Mirrored": "yes" if self.mirrored else "no"}

    @property
    def marks(self) -> tuple[str, ...]:
        """Words that are forced into names of files and models: nobody shall take the model for one as scanned."""
        mirrored = (MIRRORED,) if self.mirrored else ()
        return mirrored if self.scale == 1.0 else (*mirrored, f"{SCALE}{scale_text(self.scale)}")

    def marked(self, name: str) -> str:
        """Return a file's name, or its stem, with the marks in it that it does not have: ``model_MIRRORED.stl``."""
        path = PurePath(name)
        missing = [mark for mark in self.marks if mark not in name.upper()]
        return str(path.with_name("_".join((path.stem, *missing)) + path.suffix)) if missing else name


def scale_text(scale: float) -> str:
    """Write a factor with three digits behind the point, or as many as it needs."""
    text = f"{scale:.3f}"
    return text if float(text) == scale else f"{scale:.9g}"


@dataclass(frozen=True)
class PartOf:
    """Which faces of a read file are which part; ``added`` (faces,) are those that are not anatomy."""

    name: str
    number: str
    color: Rgb | None
    first_face: int
    faces: int
    added: npt.NDArray[np.bool_] | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model file as it was read: its parts in LPS millimeters, in their places, and its facts by name."""

    parts: tuple[ModelPart, ...]
    facts: Mapping[str, str]


def plain_name(name: str) -> str:
    """Return a name that any format can hold: one line, no control characters, not empty."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split()) or "part"


def numbered(meshes: Sequence[Mesh], colors: Sequence[Rgb] | None = None) -> tuple[ModelPart, ...]:
    """Make parts of named meshes, with numbers from ``"1"`` where there are several."""
    return tuple(
        ModelPart(
            mesh, mesh.name, DEFAULT_COLOR if colors is None else colors[index],
            str(index + 1) if len(meshes) > 1 else "",
        )
        for index, mesh in enumerate(meshes)
    )  # fmt: skip


def color_of(text: str) -> Rgb:
    """Read ``#RRGGBB``.

    Raises
    ------
    ValueError
        Anything else.
    """
    digits = text.removeprefix("#")
    if len(digits) not in (6, 8):
        raise ValueError(f"'{text}' is no color such as #E0CBAD")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
