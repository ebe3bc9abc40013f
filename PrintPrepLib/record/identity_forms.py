"""In which forms a name, date, number or text of a source may stand in a file, and which are too common to look for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from itertools import permutations

from .own_words import own_words
from .patterns import is_uid

MIN_LETTERS = 4
"""Shorter texts ("Li", "CT") occur in any file by chance."""
MIN_DIGITS = 5
"""Digits alone need one more: four of them are everywhere in coordinates."""
MIN_WIDE_BYTES = 6
"""Texts in other letters (Chinese, Japanese, Korean) tell more with each: two of them are six bytes in UTF-8."""
SHORT = f"shorter than {MIN_LETTERS} letters or {MIN_DIGITS} digits: they occur in any file by chance"
OWN = "words that PrintPrep writes itself, or that stand in any such header"
NUMBER = "numbers with a point, versions, or round clock times: they occur among measures"
GENERIC = "names of files and folders that only count (IM0001, slice 12)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD = re.compile(r"[^\W_]+")
_GENERIC = re.compile(r"(?i)[a-z]{0,6}[-_ .]*\d{0,8}(?:[-_ .]\d{1,8})*")
_SEPARATORS = re.compile(r"[\s\-_./\\]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe"})
_ACCENTS = re.compile("[\u0300-\u036f]")
"""Of Latin, Greek and Cyrillic letters; the marks of Japanese letters make other letters and stay."""
_MOST_NAME_PARTS = 3


class Kind(Enum):
    """What a value is."""

    NAME = "name"
    DATE = "date"
    TIME = "time"
    UID = "uid"
    TEXT = "text"
    PATH = "path"


def forms_of(kind: Kind, value: str, *, places: bool = False) -> frozenset[str]:
    """Return the texts by which a value would be recognized in a file; none where it is too common.

    Parameters
    ----------
    kind : Kind
    value : str
        As the header has it.
    places : bool
        Whether the single words of a text tell something, too (institutions, addresses).
    """
    text = value.strip()
    match kind:
        case Kind.NAME:
            found = set(_name(text))
        case Kind.DATE:
            found = set(_date(text))
        case Kind.TIME:
            found = set(_time(text))
        case Kind.UID:
            return frozenset({text} if is_uid(text) else ())
        case Kind.PATH:
            found = set() if _GENERIC.fullmatch(text) or _is_own(text) else {text, *_unseparated(text)}
        case Kind.TEXT:
            found = set(_text(text, places=places))
    return frozenset(one for one in found if is_long_enough(one))


def why_not_searched(kind: Kind, value: str, forms: frozenset[str]) -> list[str]:
    """Say why a value, or single words of a name, are not looked for; empty where all of it is."""
    text = value.strip()
    if not forms:
        if kind is Kind.PATH and _GENERIC.fullmatch(text):
            return [GENERIC]
        if kind is Kind.TIME or (kind is Kind.TEXT and _is_number(text)):
            return [NUMBER]
        return [OWN if _is_own(text) and is_long_enough(text) else SHORT]
    if kind is not Kind.NAME:
        return []
    left = [word for word in _WORD.findall(text) if word not in forms]
    reasons = [OWN if is_long_enough(word) else SHORT for word in left]
    return list(dict.fromkeys(f"single parts of names: {reason}" for reason in reasons))


def is_long_enough(text: str) -> bool:
    """Whether a text is long enough not to occur by chance."""
    if text.isascii() and text.isdigit():
        return len(text) >= MIN_DIGITS and text.strip("0") != ""
    if text.isascii():
        return len(text) >= MIN_LETTERS and any(c.isalnum() for c in text)
    return len(text.encode("utf-8")) >= MIN_WIDE_BYTES or len(text) >= MIN_LETTERS


def _is_own(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return all(len(word) < 3 or word.lower() in own_words() for word in words) and not re.search(r"\d{5}", text)


def _name(text: str) -> Iterator[str]:
    """A person name: groups between '=', parts between '^' (PS3.5, 6.2.1), in every usual order and writing."""
    for whole in (text, *(group.strip("^ ") for group in text.split("="))):
        if len(_WORD.findall(whole)) > 1 or whole.lower() not in own_words():  # "HEAD" alone is in every HTML file
            yield whole
    for group in text.split("="):
        words = [word.strip(".,;:()") for word in re.split(r"[\^\s]+", group) if word.strip(".,;:()")]
        for spelled in _spellings(words):
            yield from (word for word in spelled if word.lower() not in own_words())
            for pair in permutations(spelled[:_MOST_NAME_PARTS], 2):
                for joint in (" ", ", ", ",", "_", "-", ".", "^", "+", "/", ""):
                    if joint or sum(map(len, pair)) > MIN_LETTERS or not "".join(pair).isascii():
                        yield joint.join(pair)


def _spellings(words: list[str]) -> list[list[str]]:
    plain = [_ACCENTS.sub("", unicodedata.normalize("NFKD", word)) for word in words]
    plain = [unicodedata.normalize("NFC", word) for word in plain]
    variants = [words, [word.translate(_UMLAUTS) for word in words], plain]
    return [variant for index, variant in enumerate(variants) if variant not in variants[:index]]


def _date(text: str) -> Iterator[str]:
    digits = re.match(r"(\d{4})\.?(\d{2})\.?(\d{2})", text)
    if digits is None:
        return
    year, month, day = digits.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return
    if len(text) > 8:
        yield text
    for joint in ("", "-", "/", ".", "_"):
        yield joint.join((year, month, day))
    for joint in ("-", "/", ".", "_", " "):
        yield joint.join((day, month, year))
        yield joint.join((month, day, year))
    short_day, short_month, name = str(int(day)), str(int(month)), _MONTHS[int(month) - 1]
    for joint in ("/", "."):
        yield joint.join((short_day, short_month, year))
        yield joint.join((short_month, short_day, year))
    for shown in {day, short_day}:
        yield f"{shown} {name} {year}"
        yield f"{shown}-{name}-{year}"
        yield f"{name} {shown}, {year}"


def _time(text: str) -> Iterator[str]:
    digits = re.fullmatch(r"(\d{2}):?(\d{2}):?(\d{2})(\.\d+)?", text)
    if digits is None:
        return
    hours, minutes, seconds, fraction = digits.groups()
    if fraction and fraction.strip(".0"):
        yield text
        yield f"{hours}:{minutes}:{seconds}{fraction}"
    if (minutes, seconds) != ("00", "00"):
        yield f"{hours}:{minutes}:{seconds}"
        yield f"{hours}{minutes}{seconds}"


def _text(text: str, *, places: bool) -> Iterator[str]:
    if _is_number(text):
        return
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in {text, *lines}:
        if not _is_own(line) or (places and len(_WORD.findall(line)) > 1):
            yield line
            yield from _unseparated(line)
    if places:
        words = (word.strip(".,;:()") for word in re.split(r"[\^=\s\\/,;]+", text))
        yield from (word for word in words if not _is_own(word) and not word.isdigit())


def _unseparated(text: str) -> Iterator[str]:
    """Numbers and codes without their leading zeros, and with other separators or none."""
    if not any(c.isdigit() for c in text) or len(text) > 64:
        return
    yield text.lstrip("0")
    pieces = [piece for piece in _SEPARATORS.split(text) if piece]
    if 1 < len(pieces) <= 4:
        for joint in ("", "_", "-", " "):
            yield joint.join(pieces)


def _is_number(text: str) -> bool:
    return not text.isdigit() and re.fullmatch(r"[-+\d.,eE%\s]+", text) is not None
