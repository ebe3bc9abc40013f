"""Finding many texts at once in bytes, in every encoding and writing, without taking numbers of a mesh for them."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import numpy as np
import numpy.typing as npt

ANYWHERE = 6
"""Letters from which on a text is believed wherever it stands; shorter ones must stand in readable text. Six given
letters of either case occur in 50 MB of coordinates with a chance of 1 in 10,000, four of them every fifth time."""
DIGITS_ANYWHERE = 8
"""The same for digits alone: that of a date."""
SHORTEST_UID = 12
"""Letters; a date with points has ten, and a root of an organization alone tells nobody."""
_LONGEST_UID = 80
"""Letters; the standard allows 64 (PS3.5, 9.1)."""
_AROUND = 8
"""Bytes on one side of a short text that must be readable."""
_PREFIX = 4
_LONG_PREFIX = 8
"""Bytes of a text that are compared for all places at once, before each is looked at: first few, then more."""
_PLAIN = re.compile(r"[a-z0-9_.\-]+")
"""A text that JSON, XML and addresses write as it is."""
_BLOCK = 1 << 18
"""Bytes at a time: what is made of them stays near the processor."""
_LATIN = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le")
_OTHER_SCRIPTS = ("cp1251", "iso8859_5", "koi8_r", "cp1253", "shift_jis", "euc_jp", "iso2022_jp", "euc_kr", "gb18030")
"""Encodings of DICOM's other character sets (PS3.3, C.12.1.1.2) and of the systems that use them."""
_UID = re.compile(rb"[0-9]+(?:\.[0-9]+){2,}")
_READABLE = frozenset(range(127))
"""Letters, and the small numbers that stand as lengths between texts of binary headers. Of random bytes every second
is one, eight beside a text are by a chance of 1 in 256."""
_NUMBER_LINE = re.compile(rb"(?:^|\n)(?:v|vn|vt|f) [-+\d.e/ ]*$")
_NUMBER_ELEMENT = re.compile(rb"<(?:triangle|vertex)\b[^<>]*$")
_NO_HTML = frozenset("&<>\"'")
_QUOTED = {code: quote(chr(code)) for code in range(128)}
_QUOTED_PLUS = {code: quote_plus(chr(code)) for code in range(128)}
_CODE_LETTERS = 24
_CODE_RUN = re.compile(rb"[a-z0-9+/]{%d}" % _CODE_LETTERS)
"""Letters and digits in a row that make a hash or base64 and no word."""


class _Pattern(NamedTuple):
    word: str
    encoding: str
    code: bytes
    wide: int
    """Bytes of a letter in this encoding."""


class Patterns:
    """Texts to look for. UIDs are many (one per slice) and are looked up whole; the rest is sought as it stands.

    Parameters
    ----------
    words : list of str
        Each is a whole text to look for.
    """

    def __init__(self, words: list[str]) -> None:
        self._uids = frozenset(word.encode() for word in words if is_uid(word))
        self._uid_prefixes: dict[bytes, int] = {}
        by_prefix: dict[int, list[_Pattern]] = defaultdict(list)
        for word in words:
            if word.encode(errors="replace") in self._uids:
                continue
            for encoding, code, wide in encoded(word):
                by_prefix[int.from_bytes(code[:_PREFIX], "little")].append(_Pattern(word, encoding, code, wide))
        for uid in self._uids:
            for wide, code in ((1, uid), (2, uid.decode().encode("utf-16-le"))):
                by_prefix[int.from_bytes(code[:_PREFIX], "little")] += []
                self._uid_prefixes[code[:_PREFIX]] = wide
        self._by_prefix = dict(by_prefix)
        codes = [pattern.code for patterns in by_prefix.values() for pattern in patterns]
        codes += [code for uid in self._uids for code in (uid, uid.decode().encode("utf-16-le"))]
        self._short = _prefixes_of([code for code in codes if len(code) < _LONG_PREFIX], _PREFIX)
        self._long = _prefixes_of([code for code in codes if len(code) >= _LONG_PREFIX], _LONG_PREFIX)
        self._prefixes = np.array(sorted(self._by_prefix), np.uint32)
        self._table = np.zeros(1 << 16, bool)
        self._table[_hashed(self._prefixes)] = True

    @staticmethod
    def of(words: Iterable[str]) -> Patterns:
        """Make patterns of words; those of the last few searches are kept."""
        return _made(frozenset(words))

    def places(self, text: bytes) -> Iterator[tuple[str, str, int]]:
        """Give word, encoding and offset of what a lower-case text holds; the first place of each word."""
        found: set[tuple[str, str]] = set()
        for at in self._candidates(text):
            start = text[at : at + _PREFIX]
            for pattern in self._by_prefix[int.from_bytes(start, "little")]:
                key = (pattern.word, pattern.encoding)
                if key not in found and text.startswith(pattern.code, at) and _believed(text, at, pattern):
                    found.add(key)
                    yield pattern.word, pattern.encoding, at
            if start in self._uid_prefixes:
                wide = self._uid_prefixes[start]
                key = (self._uid_at(text, at, wide), "utf-8" if wide == 1 else "utf-16")
                if key[0] and key not in found:
                    found.add(key)
                    yield *key, at

    def _uid_at(self, text: bytes, at: int, wide: int) -> str:
        """Return the UID that begins at a place, if it is one of those looked for."""
        before, after = text[max(at - wide, 0) : at], text[at : at + _LONGEST_UID * wide]
        if wide > 1:
            before, after = before.replace(b"\0", b""), after.replace(b"\0", b"")
        match = _UID.match(after)
        known = match is not None and match.group() in self._uids and not before.isdigit() and before != b"."
        return match.group().decode() if known and match is not None else ""

    def _candidates(self, text: bytes) -> Iterator[int]:
        """Give offsets, ascending, where the first bytes are those of a pattern: eight of them, four of a short one."""
        if not len(self._prefixes):
            return
        for begin in range(0, len(text) - _PREFIX + 1, _BLOCK):
            found = []
            for shift in range(_PREFIX):  # the four ways to read bytes as words of four, without copying any
                count = min(_BLOCK, len(text) - begin - shift) // _PREFIX
                if count <= 0:
                    continue
                words = np.frombuffer(text, "<u4", count=count, offset=begin + shift)
                # take() with whole numbers of the machine is twice as fast as an index of another kind
                near = np.flatnonzero(self._table.take(_hashed(words).astype(np.intp), mode="clip"))
                seen = words[near]
                true = among(self._prefixes, seen)
                near, seen = near[true], seen[true]
                places = near * _PREFIX + (begin + shift)
                found.append(places[among(self._short, seen) | self._goes_on(text, places)])
            yield from np.sort(np.concatenate(found)).tolist()

    def _goes_on(self, text: bytes, places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Tell at which places the first eight bytes are those of a pattern."""
        out = np.zeros(len(places), bool)
        whole = np.flatnonzero(places + _LONG_PREFIX <= len(text))
        if not len(whole) or not len(self._long):
            return out
        data = np.frombuffer(text, np.uint8)
        eight = data[places[whole][:, None] + np.arange(_LONG_PREFIX)]
        out[whole] = among(self._long, np.ascontiguousarray(eight).view("<u8").ravel())
        return out


def _prefixes_of(codes: list[bytes], length: int) -> npt.NDArray[np.unsignedinteger]:
    """First bytes of codes as sorted numbers."""
    kind = np.uint32 if length == _PREFIX else np.uint64
    return np.array(sorted({int.from_bytes(code[:length], "little") for code in codes}), kind)


def among(
    sorted_numbers: npt.NDArray[np.unsignedinteger], asked: npt.NDArray[np.unsignedinteger]
) -> npt.NDArray[np.bool_]:
    """Tell which numbers are among sorted ones."""
    if not len(sorted_numbers):
        return np.zeros(len(asked), bool)
    place = np.searchsorted(sorted_numbers, asked).clip(max=len(sorted_numbers) - 1)
    return np.asarray(sorted_numbers[place] == asked)


@lru_cache(maxsize=4)
def _made(words: frozenset[str]) -> Patterns:
    return Patterns(sorted(words))


def is_uid(word: str) -> bool:
    """Whether a text is a unique identifier, and not a date with points."""
    return len(word) >= SHORTEST_UID and _UID.fullmatch(word.encode(errors="replace")) is not None


def encoded(word: str) -> Iterator[tuple[str, bytes, int]]:
    """Give lower-case byte patterns of a word with the name of each encoding; each different one once."""
    if word.isascii():
        low = word.lower()
        yield "utf-8", low.encode(), 1
        for codec, wide in (("utf-16-le", 2), ("utf-16-be", 2), ("utf-32-le", 4)):
            yield codec[:6], low.encode(codec), wide
        if _PLAIN.fullmatch(low):
            return
    seen: set[bytes] = {word.lower().encode()} if word.isascii() else set()
    codecs = _LATIN if _fits(word, "latin-1") else (*_LATIN, *_OTHER_SCRIPTS)
    for codec in () if word.isascii() else codecs:
        name, wide = codec.removesuffix("-le").removesuffix("-be"), {"utf-16": 2, "utf-32": 4}.get(codec[:6], 1)
        for variant in dict.fromkeys((word.lower(), word.upper(), word, unicodedata.normalize("NFD", word.lower()))):
            if not _fits(variant, codec):
                continue
            code = variant.encode(codec).lower()
            if code not in seen and len(code) >= _PREFIX:
                seen.add(code)
                yield name, code, wide
    for name, text in _ascii_writings(word) if word.isascii() else _writings(word):
        code = text.encode().lower()
        if code not in seen:
            seen.add(code)
            yield name, code, 1


def _writings(word: str) -> Iterator[tuple[str, str]]:
    yield "json", json.dumps(word)[1:-1]
    yield "html", html.escape(word)
    yield "html", "".join(c if c.isascii() else f"&#{ord(c)};" for c in word)
    yield "html", "".join(c if c.isascii() else f"&#x{ord(c):x};" for c in word)
    yield "url", quote(word)
    yield "url", quote_plus(word)


def _ascii_writings(word: str) -> Iterator[tuple[str, str]]:
    """The same for plain letters, without what leaves a word as it is: of names there are tens of thousands."""
    if not word.isprintable() or '"' in word or "\\" in word:
        yield "json", json.dumps(word)[1:-1]
    if not _NO_HTML.isdisjoint(word):
        yield "html", html.escape(word)
    yield "url", word.translate(_QUOTED)
    yield "url", word.translate(_QUOTED_PLUS)


def _fits(word: str, codec: str) -> bool:
    try:
        word.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _hashed(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    return (words * np.uint32(0x9E3779B1)) >> np.uint32(16)


def _believed(text: bytes, at: int, pattern: _Pattern) -> bool:
    """Whether what was found is a text of its own, and not a piece of a longer word, of a number or of binary data."""
    word, stop = pattern.word, at + len(pattern.code)
    before, after = text[max(at - 2 * pattern.wide, 0) : at], text[stop : stop + 2 * pattern.wide]
    if pattern.wide > 1:
        before, after = before.replace(b"\0", b""), after.replace(b"\0", b"")
    if word.isdigit():
        before = text[max(at - 40, 0) : at].replace(b"\0", b"" if pattern.wide > 1 else b"\0").rstrip(b"0")
    left, right = before[-1:], after[:1]
    if word[0].isdigit() and (left.isdigit() or (word.isdigit() and left in (b".", b","))):
        return False
    if word[-1].isdigit() and (right.isdigit() or (word.isdigit() and right == b"." and after[1:2].isdigit())):
        return False
    if word.isascii() and word.isalpha() and (left.isalpha() or right.isalpha()):
        return False
    if word.isdigit():
        head = text[max(at - 200, 0) : at]
        if _NUMBER_LINE.search(head) or _NUMBER_ELEMENT.search(head):
            return False
        if len(word) >= DIGITS_ANYWHERE or pattern.wide > 1:
            return True
    elif len(pattern.code) >= ANYWHERE:
        return True
    # A piece of a hash or of base64 is no text; the latter is searched decoded.
    in_code = _CODE_RUN.search(text[max(at - _CODE_LETTERS // 2, 0) : stop + _CODE_LETTERS // 2])
    return in_code is None and _in_readable_text(text, at, stop)


def _in_readable_text(text: bytes, at: int, stop: int) -> bool:
    """Whether one side is readable for some bytes: behind a text in a binary header a checksum may follow."""
    return _readable(text[max(at - _AROUND, 0) : at]) or _readable(text[stop : stop + _AROUND])


def _readable(piece: bytes) -> bool:
    if all(byte in _READABLE for byte in piece):
        return True
    try:
        text = piece.strip(bytes(range(128, 192))).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text)
