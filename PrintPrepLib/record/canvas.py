"""A picture as an array: text, lines, boxes, and PNG."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import MissingPackageError
from ..export.temporary import staged
from ..export.write import WrittenFile, describe_file

Color = tuple[float, float, float]
Pixels = npt.NDArray[np.float64]
"""(h, w, 3), 0..1."""

_DPI = 72
_FINE = 2
"""Lines are drawn this many times larger and averaged, so that they have no steps."""


def blank(width: int, height: int, color: Color = (1.0, 1.0, 1.0)) -> Pixels:
    """Return a picture of one color."""
    return np.full((height, width, 3), color, np.float64)


def paste(picture: Pixels, part: Pixels, left: int, top: int) -> None:
    """Put a picture into another, in place."""
    picture[top : top + part.shape[0], left : left + part.shape[1]] = part


def draw_text(
    picture: Pixels,
    text: str,
    x: float,
    y: float,
    *,
    size: int = 22,
    color: Color = (0.13, 0.16, 0.2),
    anchor: tuple[float, float] = (0.0, 0.0),
    bold: bool = False,
) -> None:
    """Write a line of text, in place.

    Parameters
    ----------
    picture : (h, w, 3) float64
        Changed.
    text : str
        One line.
    x, y : float
        Pixel where the anchor of the text lies.
    size : int
        Letter height in pixels.
    color : Color
        0..1.
    anchor : (float, float)
        (0, 0) is the upper left corner of the text, (1, 1) its lower right one.
    bold : bool
        Heavier letters.
    """
    if not text.strip():
        return
    mask = _text_mask(text, size, bold)
    height, width = mask.shape
    left, top = round(x - anchor[0] * width), round(y - anchor[1] * height)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, picture.shape[1]), min(top + height, picture.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    blend(picture[y0:y1, x0:x1], mask[y0 - top : y1 - top, x0 - left : x1 - left], color)


def draw_box(picture: Pixels, left: float, top: float, right: float, bottom: float, color: Color) -> None:
    """Fill a rectangle, in place."""
    picture[round(top) : round(bottom), round(left) : round(right)] = color


def draw_segments(
    picture: Pixels, start: npt.NDArray[np.float64], stop: npt.NDArray[np.float64], color: Color, width: float = 2.0
) -> None:
    """Draw many straight lines, in place.

    Parameters
    ----------
    picture : (h, w, 3) float64
        Changed.
    start, stop : (n, 2) float64
        Pixels (x, y).
    color : Color
        0..1.
    width : float
        Pixels.
    """
    from scipy.ndimage import distance_transform_edt

    if len(start) == 0:
        return
    height, breadth = picture.shape[:2]
    a, b = start * _FINE, stop * _FINE
    steps = np.maximum(np.ceil(np.abs(b - a).max(axis=1) * 2).astype(np.int64), 1) + 1
    owner = np.repeat(np.arange(len(a)), steps)
    local = np.arange(len(owner)) - np.repeat(np.cumsum(steps) - steps, steps)
    t = local / (steps[owner] - 1)
    points = np.floor(a[owner] + (b - a)[owner] * t[:, None]).astype(np.int64)
    inside = ((points >= 0) & (points < (breadth * _FINE, height * _FINE))).all(axis=1)
    line = np.zeros((height * _FINE, breadth * _FINE), bool)
    line[points[inside, 1], points[inside, 0]] = True
    if not line.any():
        return
    thick = distance_transform_edt(~line) <= width * _FINE / 2.0
    cover = thick.reshape(height, _FINE, breadth, _FINE).mean(axis=(1, 3))
    blend(picture, cover, color)


def blend(region: Pixels, cover: npt.NDArray[np.float64], color: Color) -> None:
    """Mix a color into a region, in place, where the cover (h, w) in 0..1 says."""
    region += cover[..., None] * (np.asarray(color) - region)


def png(picture: Pixels) -> bytes:
    """Encode a picture as PNG, 8 bits, without any date or comment: equal pictures give equal bytes."""
    pixels = np.clip(np.rint(picture * 255.0), 0, 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = 1  # filter "Sub": each pixel minus the one before it
    rows[:, 1:4] = pixels[:, 0]
    rows[:, 4:] = (pixels[:, 1:] - pixels[:, :-1]).reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def write_png(picture: Pixels, path: Path | str) -> WrittenFile:
    """Write a picture beside its name and rename it.

    Raises
    ------
    ExportError
        The disk is full, rights are missing, or the folder does not exist.
    """
    final = Path(path)
    with staged(final) as item:
        item.file.write(png(picture))
    return describe_file(final, "png")


def _text_mask(text: str, size: int, bold: bool) -> npt.NDArray[np.float64]:
    """Coverage (h, w) of a line of text; VTK's FreeType draws it, without any graphics driver."""
    try:
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer
        from vtkmodules.vtkRenderingFreeType import vtkFreeTypeTools  # noqa: F401  (registers the renderer)
    except ImportError as error:
        raise MissingPackageError("Pictures need VTK with its text module. Install the package 'vtk'.") from error
    style = vtkTextProperty()
    style.SetFontFamilyToArial()
    style.SetFontSize(size)
    style.SetBold(bold)
    style.SetColor(1.0, 1.0, 1.0)
    image = vtkImageData()
    used = [0, 0]
    renderer = vtkTextRenderer.GetInstance()
    if renderer is None or not renderer.RenderString(style, text, image, used, _DPI, vtkTextRenderer.FreeType):
        raise MissingPackageError("Pictures need VTK with its text module. Install the package 'vtk'.")
    width, height, _ = image.GetDimensions()
    alpha = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[..., -1]
    return np.asarray(alpha[: used[1], : used[0]][::-1] / 255.0)
