"""Takes private sequences of unknown type out of a file that the parser stumbles over.

DICOM part 5, section 6.2.2: a sequence of unknown type and undefined length is written implicit little endian
whatever the rest of the file is. In a big endian file pydicom reads it the wrong way round and loses its place.
"""

from __future__ import annotations

import struct

_UNKNOWN_SEQUENCE = b"UN\0\0\xff\xff\xff\xff"
_TAG = 4
_HEAD = struct.Struct("<HHI")
_ITEM = (0xFFFE, 0xE000)
_END = (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF


def without_unknown_sequences(data: bytes) -> tuple[bytes, int]:
    """Return the file without them, and how many bytes were taken out; all of these lie before the pixels.

    Parameters
    ----------
    data : bytes
        A whole file.
    """
    kept = []
    done = 0
    at = data.find(_UNKNOWN_SEQUENCE)
    while at >= 0:
        end = _end_of_items(data, at + len(_UNKNOWN_SEQUENCE))
        if end is None:
            break
        kept.append(data[done : at - _TAG])
        done = end
        at = data.find(_UNKNOWN_SEQUENCE, end)
    whole = b"".join((*kept, data[done:]))
    return whole, len(data) - len(whole)


def _end_of_items(data: bytes, at: int) -> int | None:
    """Hop from item to item; None where it is not such a sequence after all."""
    while at + _HEAD.size <= len(data):
        group, element, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if (group, element) == _END:
            return at
        if (group, element) != _ITEM or length == _UNDEFINED:
            return None
        at += length
    return None
