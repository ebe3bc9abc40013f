"""Pictures of a run for the report: its own PNG files, taken apart into panels that are readable on a phone."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from .. import before_after, canvas, histogram, slices
from ..assembly import SIZE as ASSEMBLY_SIZE
from ..lettering import FOOT, HEAD
from ..maps import SIX_VIEWS
from ..pictures import BAR_WIDTH, FOUR_VIEWS, View, view_title
from .html import Markup, tag

Bytes8 = npt.NDArray[np.uint8]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


_TITLE = (slice(6, 36), slice(12, 330))
"""Where a panel's title stands, rows and columns: the report writes it below the picture, where it can be read."""
GAP = 14
"""Blank rows and columns that are left between a model and the letters round it."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture and what it shows, in words for those who do not see it; ``title`` is written below it."""

    pixels: Bytes8
    words: str
    title: str = ""

    def image(self) -> Markup:
        """Return the element with the picture inside it."""
        data = base64.b64encode(canvas.png(self.pixels / 255.0)).decode("ascii")
        height, width = self.pixels.shape[:2]
        picture = tag("img", src=f"data:image/png;base64,{data}", alt=self.words, width=width, height=height)
        return tag("div", picture, tag("span", self.title) if self.title else None, class_="picture")


def read_png(data: bytes, name: str) -> Bytes8:
    """Read a PNG as :func:`PrintPrepLib.record.canvas.png` writes it, (h, w, 3).

    Raises
    ------
    InputError
        It is another kind of PNG, or damaged.
    """
    wrong = InputError(f"'{name}' is not a picture of a PrintPrep run, or it is damaged.")
    if not data.startswith(_SIGNATURE):
        raise wrong
    at, body, head = len(_SIGNATURE), b"", b""
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = chunk
        elif kind == b"IDAT":
            body += chunk
        at += 12 + length
    if len(head) != 13 or head[8:] != bytes((8, 2, 0, 0, 0)):
        raise wrong
    width, height = struct.unpack(">II", head[:8])
    try:
        rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + 3 * width)
    except (zlib.error, ValueError) as error:
        raise wrong from error
    if not (rows[:, 0] == 1).all():  # filter "Sub": each pixel minus the one before it
        raise wrong
    steps = rows[:, 1:].reshape(height, width, 3)
    return np.asarray(np.cumsum(steps, axis=1, dtype=np.uint8))


def model_panels(picture: Bytes8) -> list[Panel]:
    """Take the picture of the model apart: four views."""
    return _grid(picture, "The model", FOUR_VIEWS, columns=2, right=picture.shape[1], bottom=picture.shape[0])


def map_panels(picture: Bytes8, what: str, *, bar: bool = True, strip: bool = True) -> list[Panel]:
    """Take a map apart: six views, without its color bar and histogram, which the report draws as text."""
    right = picture.shape[1] - (BAR_WIDTH if bar else 0)
    bottom = picture.shape[0] - (histogram.HEIGHT if strip else 0)
    return _grid(picture, what, SIX_VIEWS, columns=3, right=right, bottom=bottom)


def overlay_panels(picture: Bytes8) -> list[Panel]:
    """Take the outline over the scan apart: three planes."""
    width = picture.shape[1] // 3
    body, bar = picture[slices.HEAD : -slices.FOOT], picture[-slices.FOOT :, :width]
    panels = [body[:, number * width : (number + 1) * width] for number in range(3)]
    words = [f"{title} slice of the scan with the outline of the model" for title in ("Axial", "Coronal", "Sagittal")]
    return [Panel(pixels, text) for pixels, text in zip(_without_blanks(panels, bar), words, strict=True)]


def before_after_panels(picture: Bytes8) -> list[Panel]:
    """Take before and after apart: whole and near, without their headings, which stand below them."""
    width, height = before_after.PANEL
    titles = ("Before smoothing", "As it will be printed", "Before, close", "As it will be printed, close")
    places = [(row * height, column * width) for row in range(2) for column in range(2)]
    panels = [
        Panel(picture[y + HEAD : y + height, x : x + width].copy(), f"The model: {title.lower()}", title)
        for (y, x), title in zip(places, titles, strict=True)
    ]
    for panel in panels:
        panel.pixels[_TITLE] = 255
    return panels


def assembly_panels(picture: Bytes8) -> list[Panel]:
    """Take the picture of the parts apart: together, and moved apart; the list below is text in the report."""
    width, height = ASSEMBLY_SIZE
    halves = (picture[:height, : width // 2], picture[:height, width // 2 :])
    words = ("The parts put together", "The parts moved apart")
    return [Panel(half, text) for half, text in zip(halves, words, strict=True)]


def _grid(picture: Bytes8, what: str, views: Sequence[View], *, columns: int, right: int, bottom: int) -> list[Panel]:
    rows = -(-len(views) // columns)
    width, height = right // columns, (bottom - HEAD - FOOT) // rows
    panels = []
    for number in range(len(views)):
        x, y = number % columns * width, HEAD + number // columns * height
        panel = picture[y : y + height, x : x + width].copy()
        panel[_TITLE] = 255
        panels.append(panel)
    titles = [view_title(view) for view in views]
    cut = _without_blanks(panels, picture[bottom - FOOT : bottom, :width])
    return [
        Panel(pixels, f"{what}, {title[0].lower()}{title[1:]}", title)
        for pixels, title in zip(cut, titles, strict=True)
    ]


def _without_blanks(panels: list[Bytes8], foot: Bytes8) -> list[Bytes8]:
    """Take out rows and columns that are blank in every panel, so that all stay of one size and one scale, and put
    the scale bar below each.
    """
    blank = foot[-1, 0]  # the corner of a picture is background
    inked = np.any([(panel != blank).any(axis=2) for panel in panels], axis=0)
    rows, columns = (_kept(inked.any(axis=axis)) for axis in (1, 0))
    bar = np.flatnonzero((foot != blank).any(axis=(0, 2)))
    least = int(bar[-1]) + 1 + GAP if len(bar) else 0
    spare = np.flatnonzero(~columns)
    columns[spare[: max(least - int(columns.sum()), 0)]] = True
    width = int(columns.sum())
    return [np.concatenate([panel[rows][:, columns], foot[:, :width]]) for panel in panels]


def _kept(inked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Lines that stay: those with ink, and so many blank ones beside them."""
    return np.asarray(np.convolve(inked, np.ones(GAP + 1, np.int64), mode="same") > 0)
