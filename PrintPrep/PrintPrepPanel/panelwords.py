"""The library's sentences in the panel's words: what they call a command or an option is a step or a field here."""

from __future__ import annotations

import re

from slicer.i18n import tr as _

from .texts import SECTIONS, parameter_title, section_number, step_title

_OPTION = r"--[a-z][a-z-]*"
_VALUE = r"[A-Z][A-Z,]*\b|\d[\d.,]*\d|\d|outward|inward|auto|use\b|[a-z0-9]+-[a-z0-9-]+"
_WORD = r"(?!(?:or|and)\b)[A-Za-z0-9][\w-]*(?:[.,]\d+)*"
"""What may follow an option within a command; elsewhere a word after an option may be the sentence's own."""
_COMMAND = re.compile(rf"`*printprep ([a-z][a-z-]*)((?:\s+(?:(?:{_OPTION}|-o)(?:\s+{_WORD})?|[A-Z]+\b))*)`*")
_IN_COMMAND = re.compile(rf"({_OPTION})(?:\s+({_WORD}))?")
_WITH_OPTION = re.compile(rf"({_OPTION})(?:\s+({_VALUE}))?")
_OF_OTHERS = re.compile(r"""('python -m [^']*'|pip_install\("[^"]*"\))""")
"""A command of another program, which is to be typed as it is."""
_FILES = re.compile(r"^[A-Z][A-Z,]*$")
"""A placeholder of the command line, such as FILE."""


def in_panel_words(text: str) -> str:
    """Return a sentence of the library without commands and options of the command line."""
    if "--" not in text and "printprep " not in text:
        return text
    spans = _OF_OTHERS.split(text)  # those of other programs stand between
    for number in range(0, len(spans), 2):
        spans[number] = _WITH_OPTION.sub(_option, _COMMAND.sub(_command, spans[number]))
    return "".join(spans)


def _command(found: re.Match[str]) -> str:
    name, rest = found[1], found[2]
    section = next((section for section, steps in SECTIONS if name in steps), "")
    if not section:
        return _other_command(name)
    told = _("'{step}' in section {number}").format(step=step_title(name), number=section_number(section))
    said = [
        f"{_title(option)}: {value}"
        for option, value in _IN_COMMAND.findall(rest)
        if value and not _FILES.match(value) and option != "--printer"
    ]
    return f"{told} ({'; '.join(said)})" if said else told


def _other_command(name: str) -> str:
    if name == "plan":
        return _("'Plan the print' in section {number}").format(number=section_number("plan"))
    if name == "profiles":
        return _("the lists on top of the panel")
    if name in ("run", "replay", "check"):
        return _("'Prepare' on top of the panel")
    return _("the command line of PrintPrep")


def _option(found: re.Match[str]) -> str:
    value = found[2] or ""
    title = _title(found[1])
    return f"{title} {value}" if value and not _FILES.match(value) else title


def _title(option: str) -> str:
    name = option.removeprefix("--")
    known = {
        "printer": _("the printer on top of the panel"),
        "material": _("the material on top of the panel"),
        "protect-at": _("protected places"),
        "protect-box": _("protected boxes"),
        "protect": _("a protected model"),
        "include-identity": _("'Patient data is wanted on it'"),
        "bar": _("'Scale bar (mm)'"),
        "at": _("'Place of the label'"),
        "plane": _("'Plane of the mirror'"),
        "fit": _("'Find the plane of symmetry'"),
        "side": _("'Sound side'"),
        "with": _("a second model"),
        "privacy": _("the check of patient data"),
        "labels": _("a segmentation in section {number}").format(number=section_number("segment")),
        "series": _("the scan in section {number}").format(number=section_number("scan")),
    }.get(name)
    return known or f"'{parameter_title(_parameter(name), '')}'"


def _parameter(option: str) -> str:
    """Return the parameter that an option stands for: the command line leaves units out."""
    from PrintPrepLib.workflow.steps import STEPS

    name = option.replace("-", "_")
    every = {spec.name for step in STEPS.values() for spec in step.parameters}
    return next((one for one in (name, f"{name}_mm", f"{name}_deg") if one in every), name)
