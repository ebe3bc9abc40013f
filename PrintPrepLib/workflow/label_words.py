"""Labels of a recipe held against what the scan holds, before anything is computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import InputError, RecipeError
from ..record.identity import SourceIdentity, file_identity, source_identity
from ..record.patterns import Patterns
from ..record.protect import identity_values
from ..shape.label.words import KnownValues, check_words
from .recipe import Recipe

_SHORT_NAMES = ("PatientName", "PatientID", "AccessionNumber")
"""Values that are told in a label however short they are; in files they would be found by chance."""
_LEAST_LETTERS = 2
_TEXTS = ("text", "code")

BEFORE = "Put the label before it."
"""Advice where marks come after a step that moves the model and could stand before it; text is never mirrored."""


def known_values(identities: Iterable[SourceIdentity], files: Iterable[Path] = ()) -> KnownValues:
    """Make a function that tells of which attributes of a source a text holds a value.

    Besides the forms that every file is searched for, single words of the patient's name and whole ids are found even
    where they are short: in a label, two letters are no chance likeness.

    Parameters
    ----------
    identities : iterable of SourceIdentity
        Of the scan, and of a label map.
    files : iterable of Path
        Files of the series, for the short words.
    """
    forms: dict[str, tuple[str, ...]] = {}
    for identity in identities:
        forms |= identity.forms
    short = _short_words(tuple(files))
    patterns = Patterns.of(forms) if forms else None

    def look_up(text: str) -> list[str]:
        found = [name for word, names in short.items() if _holds_word(text, word) for name in names]
        spaced = " ".join(text.split())
        for variant in dict.fromkeys((spaced, spaced.replace(" ", ""), text.replace("\n", ""))):
            shown = f" {variant} ".encode(errors="replace").lower()
            for word, _, _ in () if patterns is None else patterns.places(shown):
                found += forms.get(word, ("an identifier",))
        return list(dict.fromkeys(found))

    return look_up


def known_of(source: Path) -> KnownValues:
    """The same of a folder of DICOM files, one such file, or a volume file.

    Raises
    ------
    InputError
        It does not exist.
    """
    if not source.exists():
        raise InputError(f"'{source.name}' does not exist. Choose the folder of the source series.")
    try:
        identity = source_identity(source)
    except InputError:
        return known_values([file_identity(source)])
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    return known_values([identity], files)


def check_labels(recipe: Recipe, known: KnownValues) -> None:
    """Refuse a recipe whose labels hold what the scan says of the patient.

    A label that asks for identity itself is let through here; a run writes it only with ``--include-identity`` as well,
    since its files are searched.

    Raises
    ------
    InputError
        A label holds patient data.
    RecipeError
        Marks of sides come after a step that moves the model.
    """
    moved = ""
    for number, call in enumerate(recipe.steps, 1):
        if call.step.moves is not None and call.step.name != "scale":
            moved = call.step.name
        if call.step.name != "label":
            continue
        if moved and call.parameters.get("marks"):
            raise RecipeError(
                f"step {number} (label): marks of the patient's sides would be wrong after '{moved}', which moves the "
                f"model out of the patient's axes. {'Leave the marks out.' if moved == 'mirror' else BEFORE}"
            )
        if call.parameters.get("include_identity"):
            continue
        for key in _TEXTS:
            words = str(call.parameters.get(key) or "")
            if words:
                try:
                    check_words(words, known)
                except InputError as error:
                    raise InputError(f"step {number} (label): {error}") from error


def _short_words(files: tuple[Path, ...]) -> Mapping[str, tuple[str, ...]]:
    try:
        values = identity_values(files) if files else {}
    except InputError:
        return {}
    out: dict[str, tuple[str, ...]] = {}
    for name in _SHORT_NAMES:
        value = values.get(name, "")
        words = re.split(r"[\^=\s,.]+", value) if name == "PatientName" else [value.strip()]
        for word in words:
            if len(word) >= _LEAST_LETTERS:
                out[word.lower()] = (*out.get(word.lower(), ()), name)
    return out


def _holds_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text.lower()) is not None
