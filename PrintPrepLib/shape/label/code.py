"""QR codes and data matrices as flat shapes: squares that a printer can make, with their quiet zone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...errors import InputError, MissingPackageError

if TYPE_CHECKING:
    import manifold3d


class CodeKind(Enum):
    """Which code."""

    QR = "qr"
    DATA_MATRIX = "data-matrix"


QUIET_MODULES = 4
"""Empty border of a QR code, in modules: ISO/IEC 18004:2015, 9.1."""
QUIET_MODULES_MATRIX = 2
"""Empty border of a data matrix, in modules: ISO/IEC 16022 asks for one; ours is one more, since the edge of a relief
throws a shadow."""
QUIET = {CodeKind.QR: QUIET_MODULES, CodeKind.DATA_MATRIX: QUIET_MODULES_MATRIX}
CODE_NAMES = {CodeKind.QR: "QR code", CodeKind.DATA_MATRIX: "data matrix"}
LEAST_MODULE_MM = 1.0
"""Least width of a module. Ours: the camera of a telephone tells 0.4 mm from 20 cm away, a relief in one color needs
twice that to throw a shadow that is told from the roughness of the print."""
MODULE_STROKES = 2.0
"""A module is at least so many of the thinnest strokes of the process. Ours: a printer that just makes a line makes a
square of that width round, and of uncertain size."""
BRIDGE_SHARE = 0.04
"""Squares grow by this share of a module, so that two that meet in a corner share a neck and no edge has four faces.
ISO/IEC 15415 allows modules to grow or shrink by far more than this."""
MOST_LETTERS = 120
"""Longer codes need more than 57 modules: 65 mm with the quiet zone at the least."""


def qr_modules(content: str) -> npt.NDArray[np.bool_]:
    """Squares of a QR code (n, n), first row on top; True is dark. Errors are corrected at level M or better.

    Raises
    ------
    InputError
        Nothing to write, or more than a code that can be printed holds.
    MissingPackageError
        The package segno is not installed.
    """
    try:
        import segno
    except ImportError as error:
        raise MissingPackageError("QR codes need the Python package 'segno'. Install it and try again.") from error
    _check(content)
    code = segno.make(content, error="m", micro=False, boost_error=True)
    return np.array([[bool(cell) for cell in row] for row in code.matrix])


def matrix_modules(content: str) -> npt.NDArray[np.bool_]:
    """Squares of a data matrix (n, n), first row on top; True is dark. Errors are corrected as ECC 200 does.

    Raises
    ------
    InputError
        Nothing to write, or more than a code that can be printed holds.
    MissingPackageError
        The package pystrich is not installed.
    """
    try:
        from pystrich.datamatrix import DataMatrixData, DataMatrixEncoder
    except ImportError as error:
        raise MissingPackageError(
            "A data matrix needs the Python package 'pystrich', which is not installed (within Slicer it is not by "
            "itself, since it may replace the package Pillow that Slicer brings). Take a QR code, or install it."
        ) from error
    _check(content)
    code = DataMatrixEncoder(DataMatrixData(content, auto_encoding=True), quiet_zone=0).get_rect_marks()
    out = np.zeros((code.height, code.width), bool)
    for x, y, width, height in code.marks:
        out[y : y + height, x : x + width] = True
    return out


def code_modules(content: str, kind: CodeKind) -> npt.NDArray[np.bool_]:
    """Squares of a code of either kind, without its quiet zone."""
    return qr_modules(content) if kind is CodeKind.QR else matrix_modules(content)


def _check(content: str) -> None:
    if not content:
        raise InputError("The code has no content. Give what it shall say, for instance the case code.")
    if len(content) > MOST_LETTERS:
        raise InputError(
            f"The code would hold {len(content)} characters; more than {MOST_LETTERS} make a code too large to print. "
            "Give a short case code, or a short address that leads to the rest."
        )


def least_module_mm(stroke_mm: float) -> float:
    """Least width of a module where the thinnest stroke of the process is given."""
    return max(LEAST_MODULE_MM, MODULE_STROKES * stroke_mm)


def code_section(modules: npt.NDArray[np.bool_], module_mm: float) -> manifold3d.CrossSection:
    """The dark squares as a flat shape, centered on the origin, first row on top."""
    import manifold3d

    rows, columns = modules.shape
    runs = []
    for number, row in enumerate(modules):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        for start, stop in edges.reshape(-1, 2):
            size = (float(stop - start) * module_mm, module_mm)
            runs.append(manifold3d.CrossSection.square(size).translate((start * module_mm, -(number + 1) * module_mm)))
    whole = manifold3d.CrossSection.batch_boolean(runs, manifold3d.OpType.Add)
    grown = whole.offset(BRIDGE_SHARE * module_mm, manifold3d.JoinType.Miter)
    return grown.translate((-0.5 * columns * module_mm, 0.5 * rows * module_mm))
