"""Is there patient data in a label? Patterns of names, dates and numbers, beside the scan's own values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ...errors import InputError

KnownValues = Callable[[str], list[str]]
"""Tells of which attributes of the source a text holds a value."""
MOST_DIGITS = 6
"""A longer number is taken for an id or a birth date written without points. Ours: case codes are shorter."""
MOST_DIGITS_APART = 8
"""The same for a number whose digits stand in groups."""
_DATES = (
    r"(?<!\d)(0?[1-9]|[12]\d|3[01])[./\- ](0?[1-9]|1[0-2])[./\- ](?:\d{4}|\d{2})(?!\d)",
    r"(?<!\d)(0?[1-9]|1[0-2])[./\-](0?[1-9]|[12]\d|3[01])[./\-](?:\d{4}|\d{2})(?!\d)",
    r"(?<!\d)(?:19|20)\d{2}[./\- ]?(0[1-9]|1[0-2])[./\- ]?(0[1-9]|[12]\d|3[01])(?!\d)",
    r"(?i)(?<!\d)\d{1,2}\.?[ \-]?(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zé]*\.?[ \-,]*"
    r"\d{2,4}",
)
_TITLES = r"(?i)\b(?:mr|mrs|ms|miss|dr|prof|herr|frau|mme|mlle|monsieur|madame|señor|señora|sig|signora)\b\.?\s+\w"
_KEYS = (
    r"(?i)\b(?:mrn|dob|d\.o\.b|born|geb(?:oren)?|né|née|patient|pat|pid|ssn|nhs|acc(?:ession)?|nom|name|nombre|id)\b"
    r"\.?\s*[:#=№]"
)
_WORD = re.compile(r"[^\W\d_][^\W\d_'’\-]+")


def check_words(text: str, known: KnownValues | None = None) -> None:
    """Refuse a text that holds patient data, or looks like it.

    Parameters
    ----------
    text : str
        What shall stand on the model, a code's content included.
    known : callable, optional
        Looks the text up in what the source holds.

    Raises
    ------
    InputError
        It does; the message says of what kind, and does not repeat it.
    """
    found = [] if known is None else known(text)
    if found:
        raise InputError(
            f"The label holds patient data of the scan ({', '.join(dict.fromkeys(found))}). A print is seen by "
            "anybody: write a case code instead, or ask for it with --include-identity."
        )
    reasons = list(dict.fromkeys(suspicions(text)))
    if reasons:
        raise InputError(
            f"The label looks as if it held patient data: {'; '.join(reasons)}. A print is seen by anybody: write a "
            "case code instead. If it is no patient data, or it is wanted on the model, say so with --include-identity."
        )


def suspicions(text: str) -> Iterator[str]:
    """Say what in a text looks like a name, a date, a number of a patient, or an address."""
    if any(re.search(pattern, text) for pattern in _DATES):
        yield "a date"
    if re.search(rf"\d{{{MOST_DIGITS + 1},}}", text):
        yield f"a number of more than {MOST_DIGITS} digits"
    elif any(
        sum(letter.isdigit() for letter in run) > MOST_DIGITS_APART for run in re.findall(r"\d[\d \-./]+\d", text)
    ):
        yield f"a number of more than {MOST_DIGITS_APART} digits in groups"
    if "^" in text:
        yield "a name as scanners write it (with ^)"
    if re.search(_TITLES, text):
        yield "a title before a name"
    if re.search(_KEYS, text):
        yield "a word that announces a name, a birth date or a number"
    if re.search(r"[\w.+\-]+@[\w\-]+\.\w", text):
        yield "an address of electronic mail"
    for line in text.splitlines():
        if _has_name(line):
            yield "two words that could be a name"


def _has_name(line: str) -> bool:
    """Two words beside each other, written as names are, of which none is a word of the trade."""
    for comma in re.finditer(r"([^\W\d_]{2,}),\s*([^\W\d_]{2,})", line):
        if not ({comma[1].lower(), comma[2].lower()} & vocabulary()):
            return True
    words = list(_WORD.finditer(line))
    for first, second in pairwise(words):
        between = line[first.end() : second.start()]
        pair = (first[0], second[0])
        if not re.fullmatch(r"[ _.]+(?:[^\W\d_]\.?[ _]+)?", between):
            continue
        if all(word[0].isupper() and word.lower() not in vocabulary() for word in pair):
            return True
    return False


@cache
def vocabulary() -> frozenset[str]:
    """Words of the trade, in lower case."""
    return frozenset(tomllib.loads((files(__package__) / "vocabulary.toml").read_text("utf-8"))["words"].split())
