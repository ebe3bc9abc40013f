"""What lies inside a file in another form: archives, compressed texts of pictures, base64."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, cast

import numpy as np

PNG = b"\x89PNG\r\n\x1a\n"
GZIP = b"\x1f\x8b"
LARGEST_TEXT = 1 << 26
"""Bytes of a picture's compressed text that are unpacked; a real one is some kilobytes."""
_SHORTEST_BASE64 = 16
"""Letters of base64 that are decoded: twelve bytes. A shorter text would have to be a name alone."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{%d,}={0,2}" % _SHORTEST_BASE64)
_SHORTEST_LINE = 60
_BROKEN_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{%d,76}\r?\n)+[A-Za-z0-9+/]*={0,2}" % _SHORTEST_LINE)
"""Base64 in lines, as mail and PEM have it."""
_IS_LETTER = bytes(bytes([byte]).isalnum() or byte in b"+/_-" for byte in range(256))
_BLOCK = 1 << 20
"""Bytes at a time whose letters are looked at: they stay near the processor."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, gzip.BadGzipFile)


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this has an inside to be searched."""
    return head[:2] in (b"PK", GZIP) or head.startswith(PNG)


def members(stream: IO[bytes], head: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    """Give name and content of each part of a zip or gzip, and each compressed text of a PNG.

    Raises
    ------
    one of DAMAGED
        It cannot be opened or read to its end.
    """
    if head.startswith(GZIP):
        with gzip.GzipFile(fileobj=stream) as inner:
            yield "(gzip)", cast(IO[bytes], inner)
    elif head.startswith(PNG):
        for number, text in enumerate(_png_texts(stream.read()), 1):
            yield f"(PNG text {number})", BytesIO(text)
    elif zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as package:
            yield "(archive)", BytesIO(package.comment + b"\n" + b"\n".join(i.comment for i in package.infolist()))
            for info in package.infolist():
                with package.open(info) as part:
                    yield info.filename, part


def decoded(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """Give offset and content of each stretch of base64 in a text: data URIs, fields of JSON, mail.

    Numbers that happen to be written with the same letters are decoded too; what comes out is searched, no more.
    """
    behind = 0
    for start in _long_runs(chunk):
        match = _BASE64.match(chunk, start)
        assert match is not None
        if not match.group().isdigit():
            yield from _bytes_of(start, match.group())
        if start >= behind and match.end() - start >= _SHORTEST_LINE and chunk[start - 1 : start] in (b"\n", b""):
            lines = _BROKEN_LINES.match(chunk, start)
            if lines is not None:
                behind = lines.end()
                yield from _bytes_of(start, b"".join(lines.group().split()))


def _long_runs(chunk: bytes) -> Iterator[int]:
    """Give the starts of all stretches of at least so many letters of base64, which :data:`_BASE64` matches there.

    Bytes are looked at in blocks, doubling the length of what is known to be letters from 1 to 16: many times faster
    than the expression, which tries from every letter anew.
    """
    assert _SHORTEST_BASE64 == 16
    last = -2
    for begin in range(0, len(chunk) - _SHORTEST_BASE64 + 1, _BLOCK):
        part = chunk[begin : begin + _BLOCK + _SHORTEST_BASE64 - 1]
        full = np.frombuffer(part.translate(_IS_LETTER), np.bool_)
        for step in (1, 2, 4, 8):
            full = full[:-step] & full[step:]
        places = np.flatnonzero(full) + begin
        if not len(places):
            continue
        first = np.diff(places, prepend=last) > 1
        last = int(places[-1])
        yield from places[first].tolist()


def _bytes_of(start: int, text: bytes) -> Iterator[tuple[int, bytes]]:
    text = text.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        yield start, base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return


def _png_texts(data: bytes) -> Iterator[bytes]:
    """Give the texts of zTXt and compressed iTXt and the color profile (PNG, 11.3); others are read as they stand."""
    at = len(PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        at += 12 + size
        keyword, _, rest = body.partition(b"\0")
        if kind in (b"zTXt", b"iCCP"):
            yield keyword + b"\n" + _inflated(rest[1:])
        elif kind == b"iTXt" and rest[:1] == b"\1":
            _, _, tail = rest[2:].partition(b"\0")
            yield keyword + b"\n" + _inflated(tail.partition(b"\0")[2])


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, LARGEST_TEXT)
    if not unpacker.eof:
        raise zlib.error("a text of the picture is cut short or too long")
    return text
