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

PNG = b"\x89PNG\r\n\x1a\n"
GZIP = b"\x1f\x8b"
LARGEST_TEXT = 1 << 26
"""Bytes of a picture's compressed text that are unpacked; a real one is some kilobytes."""
_SHORTEST_BASE64 = 16
"""Letters of base64 that are decoded: twelve bytes. A shorter text would have to be a name alone."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{%d,}={0,2}" % _SHORTEST_BASE64)
_BROKEN_LINES = re.compile(rb"^(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]*={0,2}", re.MULTILINE)
"""Base64 in lines, as mail and PEM have it."""
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
    for match in _BASE64.finditer(chunk):
        if not match.group().isdigit():
            yield from _bytes_of(match.start(), match.group())
    for match in _BROKEN_LINES.finditer(chunk):
        yield from _bytes_of(match.start(), b"".join(match.group().split()))


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
