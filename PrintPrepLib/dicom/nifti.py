"""The two geometries of a NIfTI header, read from its bytes (nifti1.h and nifti2.h give the offsets)."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

Affine = npt.NDArray[np.float64]

_GZIP = b"\x1f\x8b"
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


class _Layout(NamedTuple):
    """Where the fields lie; ``real`` and ``code`` are the kinds of number."""

    size: int
    real: str
    code: str
    pixdim: int
    codes: int
    quaternion: int
    sform: int
    units: int
    unit_kind: str


_NIFTI1 = _Layout(348, "f", "h", 76, 252, 256, 280, 123, "b")
_NIFTI2 = _Layout(540, "d", "i", 104, 344, 352, 400, 500, "i")

_UNIT_MM = {1: 1000.0, 3: 0.001}
"""Millimeters per unit: 1 meters, 3 micrometers; millimeters and unknown are taken as they are."""


@dataclass(frozen=True, eq=False)
class Forms:
    """Voxel to RAS millimeters, as (4, 4) matrices; None where the header's code says that it is not filled in."""

    qform: Affine | None
    sform: Affine | None

    def compare(self, image: sitk.Image) -> tuple[float, str]:
        """Return the largest distance of a corner between both, mm, and the name of the one the image has."""
        assert self.qform is not None
        assert self.sform is not None
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.GetSize()[:3]])).reshape(3, -1)
        q, s = (_RAS_TO_LPS @ (form[:3, :3] @ corners + form[:3, 3:]) for form in (self.qform, self.sform))
        own = np.array([image.TransformContinuousIndexToPhysicalPoint([float(v) for v in c]) for c in corners.T]).T
        nearer_q = np.linalg.norm(q - own, axis=0).max() <= np.linalg.norm(s - own, axis=0).max()
        return float(np.linalg.norm(q - s, axis=0).max()), "qform" if nearer_q else "sform"


def read_forms(path: Path) -> Forms:
    """Read both geometries of a file that a NIfTI reader has accepted."""
    with path.open("rb") as stream:
        zipped = stream.read(2) == _GZIP
    with gzip.open(path, "rb") if zipped else path.open("rb") as stream:
        head = stream.read(_NIFTI2.size)
    for layout in (_NIFTI1, _NIFTI2):
        for order in "<>":
            if len(head) >= layout.size and struct.unpack_from(order + "i", head)[0] == layout.size:
                return _forms(head, layout, order)
    return Forms(None, None)


def _forms(head: bytes, at: _Layout, order: str) -> Forms:
    qcode, scode = struct.unpack_from(f"{order}2{at.code}", head, at.codes)
    pixdim = struct.unpack_from(f"{order}4{at.real}", head, at.pixdim)
    quaternion = struct.unpack_from(f"{order}6{at.real}", head, at.quaternion)
    rows = struct.unpack_from(f"{order}12{at.real}", head, at.sform)
    unit = _UNIT_MM.get(struct.unpack_from(order + at.unit_kind, head, at.units)[0] & 7, 1.0)
    scale = np.diag([unit, unit, unit, 1.0])
    sform = np.array([*rows, 0.0, 0.0, 0.0, 1.0]).reshape(4, 4)
    return Forms(
        scale @ _from_quaternion(quaternion, pixdim) if qcode > 0 else None, scale @ sform if scode > 0 else None
    )


def _from_quaternion(values: tuple[float, ...], pixdim: tuple[float, ...]) -> Affine:
    """Turn the quaternion into a matrix (nifti1.h, method 2); pixdim[0] < 0 turns the third axis round."""
    b, c, d = values[:3]
    a = float(np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.array([pixdim[1], pixdim[2], pixdim[3] * (-1.0 if pixdim[0] < 0 else 1.0)])
    matrix[:3, 3] = values[3:]
    return matrix
