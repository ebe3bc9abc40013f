"""Where the pixel bytes of a file lie, and whether they are all there, without reading them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

UNKNOWN = -1
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM = (0xFFFE, 0xE000)
_PIXEL_GROUP = 0x7FE0


@dataclass(frozen=True)
class PixelExtent:
    """Place and completeness of the pixel bytes.

    ``offset`` is -1 where the bytes are deflated with the rest of the file.
    """

    offset: int
    length: int
    frames_complete: int

    def complete(self, index: int) -> bool:
        """True when all bytes of frame ``index`` are in the file."""
        return index < self.frames_complete


def pixel_extent(path: Path, stream: BinaryIO, syntax: str, *, size: int, frame_bytes: int, frames: int) -> PixelExtent:
    """Measure the pixel bytes of a file whose header was just read from ``stream``.

    Parameters
    ----------
    path : Path
        The same file, for the one encoding where it must be inflated.
    stream : BinaryIO
        Stands at the pixel data element.
    syntax : str
        Transfer syntax UID.
    size : int
        Bytes in the stream.
    frame_bytes, frames : int
        Bytes of one frame uncompressed, and number of frames.
    """
    if syntax == DeflatedExplicitVRLittleEndian:
        return _deflated(path, frame_bytes, frames)
    endian = ">" if syntax == pydicom.uid.ExplicitVRBigEndian else "<"
    head = stream.read(12)
    if len(head) < 8 or struct.unpack(endian + "H", head[:2])[0] != _PIXEL_GROUP:
        return PixelExtent(UNKNOWN, 0, 0)
    implicit = syntax == ImplicitVRLittleEndian
    # In explicit encodings the length of a long value stands after the two letters of the type and two spare bytes.
    long_form = not implicit and head[4:6] in (b"OW", b"OB", b"OF", b"OD", b"UN")
    if not implicit and not long_form:
        return PixelExtent(UNKNOWN, 0, 0)
    length = int(struct.unpack(endian + "I", head[8:12] if long_form else head[4:8])[0])
    offset = stream.tell() - (0 if long_form else 4)
    if UID(syntax).is_encapsulated if _is_known(syntax) else length == _UNDEFINED_LENGTH:
        stream.seek(offset)
        return _encapsulated(stream, offset, size, frames)
    available = size - offset if length == _UNDEFINED_LENGTH else min(length, size - offset)
    return PixelExtent(offset, available, min(frames, available // max(1, frame_bytes)))


def _encapsulated(stream: BinaryIO, offset: int, size: int, frames: int) -> PixelExtent:
    """Hop from fragment to fragment; the first item is the table of offsets, often empty."""
    fragments = 0
    first = True
    at = offset
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            break
        group, element, length = struct.unpack("<HHI", head)
        if (group, element) != _ITEM:
            break
        if at + 8 + length > size:
            # The fragment is cut off: with one fragment per frame those before it are whole.
            whole = fragments if frames > 1 else 0
            return PixelExtent(offset, size - offset, min(frames, whole))
        fragments += 0 if first else 1
        first = False
        at += 8 + length
    complete = frames if fragments >= frames else fragments
    return PixelExtent(offset, at - offset, complete)


def _deflated(path: Path, frame_bytes: int, frames: int) -> PixelExtent:
    dataset: Any = pydicom.dcmread(path, force=True)
    length = len(dataset.get("PixelData", b"") or b"")
    return PixelExtent(UNKNOWN, length, min(frames, length // max(1, frame_bytes)))


def _is_known(syntax: str) -> bool:
    uid = UID(syntax)
    return uid.is_transfer_syntax and not uid.is_private
