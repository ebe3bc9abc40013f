"""Pictures of a run for the report: its own PNG files, taken apart into panels that are readable on a phone."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from .. import before_after, canvas, histogram, slices
from ..assembly import SIZE as ASSEMBLY_SIZE
from ..maps import SIX_VIEWS
from ..pictures import BAR_WIDTH, FOOT, FOUR_VIEWS, HEAD, view_title
from .html import Markup, tag

Bytes8 = npt.NDArray[np.uint8]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture and what it shows, in words for those who do not see it."""

    pixels: Bytes8
    words: str

    def image(self) -> Markup:
        """Return the element with the picture inside it."""
        data = base64.b64encode(canvas.png(self.pixels / 255.0)).decode("ascii")
        height, width = self.pixels.shape[:2]
        return tag("img", src=f"data:image/png;base64,{data}", alt=self.words, width=width, height=height)


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
    words = [f"The model, {view_title(view).lower()}" for view in FOUR_VIEWS]
    return _grid(picture, words, columns=2, right=picture.shape[1], bottom=picture.shape[0])


def map_panels(picture: Bytes8, what: str, *, bar: bool = True, strip: bool = True) -> list[Panel]:
    """Take a map apart: six views, without its color bar and histogram, which the report draws as text."""
    words = [f"{what}, {view_title(view).lower()}" for view in SIX_VIEWS]
    right = picture.shape[1] - (BAR_WIDTH if bar else 0)
    bottom = picture.shape[0] - (histogram.HEIGHT if strip else 0)
    return _grid(picture, words, columns=3, right=right, bottom=bottom)


def overlay_panels(picture: Bytes8) -> list[Panel]:
    """Take the outline over the scan apart: three planes."""
    width = picture.shape[1] // 3
    head, foot = slices.HEAD, slices.FOOT
    bar = picture[picture.shape[0] - foot :, :width]
    out = []
    for number, title in enumerate(("Axial", "Coronal", "Sagittal")):
        panel = picture[head : picture.shape[0] - foot, number * width : (number + 1) * width]
        out.append(Panel(np.concatenate([panel, bar]), f"{title} slice of the scan with the outline of the model"))
    return out


def before_after_panels(picture: Bytes8) -> list[Panel]:
    """Take before and after apart: whole and near."""
    width, height = before_after.PANEL
    words = (
        "The surface before smoothing and simplifying", "The model as it will be printed",
        "Close view before, where the change is largest", "Close view after, where the change is largest",
    )  # fmt: skip
    places = [(row, column) for row in range(2) for column in range(2)]
    return [
        Panel(picture[row * height : (row + 1) * height, column * width : (column + 1) * width], text)
        for (row, column), text in zip(places, words, strict=True)
    ]


def assembly_panels(picture: Bytes8) -> list[Panel]:
    """Take the picture of the parts apart: together, and moved apart; the list below is text in the report."""
    width, height = ASSEMBLY_SIZE
    halves = (picture[:height, : width // 2], picture[:height, width // 2 :])
    words = ("The parts put together", "The parts moved apart")
    return [Panel(half, text) for half, text in zip(halves, words, strict=True)]


def _grid(picture: Bytes8, words: list[str], *, columns: int, right: int, bottom: int) -> list[Panel]:
    rows = -(-len(words) // columns)
    width, height = right // columns, (bottom - HEAD - FOOT) // rows
    bar = picture[bottom - FOOT : bottom, :width]
    out = []
    for number, text in enumerate(words):
        x, y = number % columns * width, HEAD + number // columns * height
        out.append(Panel(np.concatenate([picture[y : y + height, x : x + width], bar]), text))
    return out
