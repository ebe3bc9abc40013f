"""The words that PrintPrep writes itself: finding one of them in a file tells nothing about a patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_LEFT_OUT = ("phantom",)
"""Rooms whose texts are not written into results: the phantom's patient is what the search is tried on."""
_NOT_WRITTEN = ("shape/label/vocabulary.toml", "shape/label/words.py")
"""Files whose words are compared with, and never written: each would be one name less that is looked for."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_DOCUMENTATION = re.compile(r'"""[\s\S]*?"""|^\s*#.*$', re.MULTILINE)
_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_FIELD = re.compile(r"^    (\w+)(?:: |=)", re.MULTILINE)
_OTHERS = (
    # written by VTK, zip, PNG and the systems that we run on
    "vtkfile polydata piece points polys verts lines strips array dataarray offsets connectivity appended encoding "
    "littleendian uint float double string compressor zlib pointdata celldata rangemin rangemax componentname "
    "linux windows darwin microsoft openxmlformats schemas package relationships content types xmlns lang "
    # stand in DICOM fields without telling who, where or when
    "anonymous anonymized anonymised unknown none null test phantom patient name hospital clinic university center "
    "centre institute department radiology medical doctor street road head skull brain chest thorax abdomen pelvis "
    "spine knee foot hand bone vessel model contrast without with scan study series routine axial angio cardiac liver "
    "neck shoulder elbow wrist ankle sinus orbit tissue standard helical spiral portal arterial venous native thin "
    "thick coronal sagittal localizer topogram scout research demo sample male female other"
)


@cache
def own_words() -> frozenset[str]:
    """Return all words, in lower case, of the texts in this package's code and data, and a short list of common ones.

    Documentation in the code is left out: it is never written. The more words, the fewer names are looked for alone,
    so every name that is left out for this reason is told.
    """
    words = set(_OTHERS.split())
    for path in sorted(_PACKAGE.rglob("*")):
        if path.relative_to(_PACKAGE).parts[0] in _LEFT_OUT or path.suffix not in (".py", ".toml", ".json"):
            continue
        if path.relative_to(_PACKAGE).as_posix() in _NOT_WRITTEN:
            continue
        text = path.read_text("utf-8", "replace")
        for piece in _texts(text) if path.suffix == ".py" else (text,):
            words |= {word.lower() for word in _WORD.findall(piece)}
    return frozenset(words)


def _texts(source: str) -> Iterator[str]:
    """Give the texts of a program, documentation left out, and the names of fields: they become keys of the record."""
    code = _DOCUMENTATION.sub("", source)
    yield from _TEXT.findall(code)
    yield from _FIELD.findall(code)
