"""Stored pixel values of one file's frames, in any transfer syntax that free software can decode.

Plain and deflated pixels are read directly, RLE by pydicom, the JPEG family by the GDCM inside SimpleITK. GDCM is
given a bare copy that holds one image and no rescale, so that it neither applies a scale of its own nor sees whose
scan it is.
"""

from __future__ import annotations

import importlib.util
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import SimpleITK as sitk
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from ..errors import MissingPackageError
from .frame import Frame

Pixels = npt.NDArray[Any]

_HTJ2K = "1.2.840.10008.1.2.4.20"
"""The three high-throughput JPEG 2000 syntaxes begin so; GDCM does not know them."""

_JPEG_FAMILY = ("1.2.840.10008.1.2.4.5", "1.2.840.10008.1.2.4.7", "1.2.840.10008.1.2.4.8", "1.2.840.10008.1.2.4.9")

_PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)

_END_OF_CODE = b"\xff\xd9"
"""Every codestream of the JPEG family ends with this; at most a few bytes of padding follow."""

_END_WINDOW = 16

_SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_ANY_UID = "1.2.3"
"""The bare copy lives for a moment and in one place: it needs no identifier of its own."""


class SliceUnreadable(Exception):  # noqa: N818 - internal; it becomes a finding
    """The pixels of one image cannot be decoded; the message says why, without names."""


def decode_frames(frames: Sequence[Frame]) -> list[Pixels | SliceUnreadable]:
    """Decode frames that lie in one file.

    Parameters
    ----------
    frames : sequence of Frame
        All with the same path; each of one value per pixel.

    Returns
    -------
    list of array (rows, columns) or SliceUnreadable
        Stored values in the order asked for, before any rescale; the reason where a frame cannot be decoded.

    Raises
    ------
    MissingPackageError
        The compression needs a package that is not installed.
    """
    first = frames[0]
    if first.offset >= 0 and first.transfer_syntax in _PLAIN:
        return [_guarded(_plain, frame) for frame in frames]
    missing = missing_package(first.transfer_syntax)
    if missing:
        raise MissingPackageError(missing)
    if first.offset >= 0 and first.transfer_syntax.startswith(_JPEG_FAMILY):
        fragments = _stored_bytes(first)
        return [_guarded(_jpeg, frame, fragments) for frame in frames]
    try:
        dataset = pydicom.dcmread(first.path, force=True)
    except Exception as error:
        return [SliceUnreadable(type(error).__name__)] * len(frames)
    return [_guarded(_compressed, frame, dataset) for frame in frames]


def missing_package(transfer_syntax: str) -> str:
    """Return what to install for this compression, in a sentence; empty when all is there."""
    if not transfer_syntax.startswith(_HTJ2K):
        return ""
    if all(importlib.util.find_spec(name) is not None for name in ("pylibjpeg", "openjpeg")):
        return ""
    return (
        "These images are compressed with high-throughput JPEG 2000. Install the packages 'pylibjpeg' and "
        "'pylibjpeg-openjpeg' to read them, or export the series uncompressed."
    )


def _guarded(decode: Any, frame: Frame, *arguments: Any) -> Pixels | SliceUnreadable:
    if not frame.complete:
        return SliceUnreadable("the file is cut off")
    try:
        pixels = np.asarray(decode(frame, *arguments))
    except Exception as error:  # decoders of damaged data raise anything; the caller counts it
        return SliceUnreadable(f"the pixels cannot be decoded ({type(error).__name__})")
    if pixels.shape != (frame.rows, frame.columns):
        return SliceUnreadable("the picture has another size than its header says")
    return _as_declared(pixels, frame)


def _plain(frame: Frame) -> Pixels:
    if frame.bits_allocated not in (8, 16, 32):
        raise SliceUnreadable(f"{frame.bits_allocated} bits per pixel")
    kind = f"{'>' if frame.big_endian else '<'}{'i' if frame.signed else 'u'}{frame.bits_allocated // 8}"
    size = frame.rows * frame.columns * frame.bits_allocated // 8
    with frame.path.open("rb") as stream:
        stream.seek(frame.offset + frame.index * size)
        data = stream.read(size)
    pixels = np.frombuffer(data, kind).reshape(frame.rows, frame.columns)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _compressed(frame: Frame, dataset: Any) -> Pixels:
    syntax = frame.transfer_syntax
    if syntax == RLELossless:
        return np.asarray(pixel_array(dataset, index=frame.index, raw=True, decoding_plugin="pydicom"))
    if syntax.startswith(_HTJ2K):
        return np.asarray(pixel_array(dataset, index=frame.index, raw=True, decoding_plugin="pylibjpeg"))
    if syntax == DeflatedExplicitVRLittleEndian:
        return np.asarray(pixel_array(dataset, index=frame.index, raw=True))
    raise SliceUnreadable(f"the compression '{UID(syntax).name}' is not known")


def _stored_bytes(frame: Frame) -> bytes:
    with frame.path.open("rb") as stream:
        stream.seek(frame.offset)
        return stream.read(frame.length) + _SEQUENCE_END


def _jpeg(frame: Frame, fragments: bytes) -> Pixels:
    code = get_frame(fragments, frame.index, number_of_frames=frame.count)
    if _END_OF_CODE not in code[-_END_WINDOW:]:
        raise SliceUnreadable("the compressed picture is cut off")
    return _by_gdcm(code, frame)


def _by_gdcm(code: bytes, frame: Frame) -> Pixels:
    with tempfile.TemporaryDirectory(prefix="printprep-") as folder:
        path = Path(folder) / "image.dcm"
        path.write_bytes(_bare_copy(code, frame))
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(str(path))
        pixels = sitk.GetArrayFromImage(reader.Execute())
    return np.asarray(pixels[0] if pixels.ndim == 3 and len(pixels) == 1 else pixels)


def _bare_copy(code: bytes, frame: Frame) -> bytes:
    """A DICOM file with one picture's code stream and nothing else: no names, no scale, no place.

    Written by hand (explicit little endian, elements in ascending order): fifty times faster than a data set.
    """
    meta = b"".join(
        (
            _element(0x0002, 0x0001, b"OB", b"\0\1"),
            _element(0x0002, 0x0002, b"UI", _uid_bytes(SecondaryCaptureImageStorage)),
            _element(0x0002, 0x0003, b"UI", _uid_bytes(_ANY_UID)),
            _element(0x0002, 0x0010, b"UI", _uid_bytes(frame.transfer_syntax)),
        )
    )
    short = struct.Struct("<H").pack
    body = b"".join(
        (
            _element(0x0008, 0x0016, b"UI", _uid_bytes(SecondaryCaptureImageStorage)),
            _element(0x0008, 0x0018, b"UI", _uid_bytes(_ANY_UID)),
            _element(0x0008, 0x0060, b"CS", b"OT"),
            _element(0x0028, 0x0002, b"US", short(1)),
            _element(0x0028, 0x0004, b"CS", b"MONOCHROME2 "),
            _element(0x0028, 0x0010, b"US", short(frame.rows)),
            _element(0x0028, 0x0011, b"US", short(frame.columns)),
            _element(0x0028, 0x0100, b"US", short(frame.bits_allocated)),
            _element(0x0028, 0x0101, b"US", short(frame.bits_stored)),
            _element(0x0028, 0x0102, b"US", short(frame.bits_stored - 1)),
            _element(0x0028, 0x0103, b"US", short(int(frame.signed))),
        )
    )
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + encapsulate([code], has_bot=False)
    length = _element(0x0002, 0x0000, b"UL", struct.pack("<I", len(meta)))
    return bytes(b"\0" * 128 + b"DICM" + length + meta + body + pixels + _SEQUENCE_END)


def _element(group: int, element: int, kind: bytes, value: bytes) -> bytes:
    if kind == b"OB":
        return struct.pack("<HH2sHI", group, element, kind, 0, len(value)) + value
    return struct.pack("<HH2sH", group, element, kind, len(value)) + value


def _uid_bytes(uid: str) -> bytes:
    raw = str(uid).encode("ascii")
    return raw + b"\0" * (len(raw) % 2)


def _as_declared(pixels: Pixels, frame: Frame) -> Pixels:
    """Give the stored values the sign that the header declares, where the bits were not extended to the full word."""
    if pixels.dtype.kind == "f":
        return pixels
    stored = frame.bits_stored
    if frame.overlay_bits and stored < frame.bits_allocated:
        pixels = np.bitwise_and(pixels, (1 << stored) - 1)  # old files keep a drawing in the spare bits
    if not frame.signed or stored >= frame.bits_allocated:
        return pixels
    half, full = 1 << (stored - 1), 1 << stored
    if int(pixels.max()) < half:
        return pixels
    wide = pixels.astype(np.int32)
    return np.where((wide >= half) & (wide < full), wide - full, wide)
