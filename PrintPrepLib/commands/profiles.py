"""``printprep profiles``: what is known of uses, processes, printers and materials, each figure with its source."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..profiles import (
    lab_profiles,
    material_names,
    material_of,
    printer,
    printers,
    process_names,
    process_of,
    use_names,
    use_of,
)
from ..profiles.figures import UNITS, nearest
from ..profiles.fits import clearance_for, fit_materials
from ..profiles.lab import VARIABLE, own_names
from .console import Console

WIDTH = 20
"""Columns for the word before a figure."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument(
        "words", metavar="NAME", nargs="*",
        help="names of uses, processes, printers or materials to show with every figure and source ('show' may stand "
        "before them); all are listed without",
    )  # fmt: skip
    parser.add_argument("--kind", choices=tuple(_kinds()), help="only this kind of profile")
    profiles_option(parser)


def profiles_option(parser: argparse.ArgumentParser) -> None:
    """Declare ``--profiles``."""
    parser.add_argument(
        "--profiles", metavar="FILE", type=Path,
        help=f"the lab's own profiles (.toml), which override and add; {VARIABLE} names them for every command",
    )  # fmt: skip


def execute(options: argparse.Namespace, console: Console) -> int:
    """List or show."""
    wanted = [word for number, word in enumerate(options.words) if number or word != "show"]
    with lab_profiles(options.profiles):
        kinds = {kind: read for kind, read in _kinds().items() if options.kind in (None, kind)}
        known = {kind: read() for kind, read in kinds.items()}
        own = {kind: own_names(kind) for kind in kinds}
    if not wanted:
        data: dict[str, Any] = {kind: list(rows.values()) for kind, rows in known.items()}
        console.result(data, _list(known, own))
        return 0
    shown = [_find(word, known) for word in wanted]
    lines = [line for kind, row in shown for line in (*_lines(kind, row, own[kind]), "")]
    entries = [{"kind": kind, **row} for kind, row in shown]
    console.result(entries[0] if len(entries) == 1 else {"profiles": entries}, lines[:-1])
    return 0


def _kinds() -> dict[str, Callable[[], Mapping[str, dict[str, Any]]]]:
    return {
        "use": lambda: {name: use_of(name).to_dict() for name in use_names()},
        "process": lambda: {name: {**process_of(name).to_dict(), "pin_play": _play(name)} for name in process_names()},
        "printer": lambda: {entry.name: entry.to_dict() for entry in printers()},
        "material": lambda: {name: material_of(name).to_dict() for name in material_names()},
    }


def _play(process: str) -> dict[str, Any] | None:
    try:
        general = clearance_for(process)
    except InputError:  # a lab's own process without a play of its own
        return None
    by_material = {name: clearance_for(process, name).across.to_dict() for name in fit_materials(process)}
    return {"across": general.across.to_dict(), "along": general.along.to_dict(), "across_by_material": by_material}


def _find(word: str, known: Mapping[str, Mapping[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]]:
    for kind, rows in known.items():
        if word in rows:
            return kind, rows[word]
    if "use" in known:
        try:
            return "use", use_of(word).to_dict()
        except InputError:
            pass
    if "printer" in known and any(word == entry.name for entry in printers()):
        return "printer", printer(word).to_dict()
    names = [name for rows in known.values() for name in rows]
    raise InputError(f"There is no profile '{word}'.{nearest(word, names)} 'printprep profiles' lists all.")


def _list(known: Mapping[str, Mapping[str, dict[str, Any]]], own: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for number, (kind, rows) in enumerate(known.items()):
        yield f"{'' if not number else chr(10)}{kind} ({len(rows)})"
        for name, row in rows.items():
            marks = ", unverified" if row.get("unverified") is True else ""
            marks += ", from the lab's own file" if name in own[kind] else ""
            yield f"  {name:<24} {row['title']}{_brief(kind, row)}{marks}"
    yield "\n'printprep profiles NAME' shows one with every figure and its source."


def _brief(kind: str, row: Mapping[str, Any]) -> str:
    if kind == "printer":
        return f": {row['process']}, {' x '.join(f'{side:g}' for side in row['build_volume_mm'])} mm"
    if kind == "process":
        return (
            f": walls {row['wall']['value']:g} held, {row['wall_free']['value']:g} free, layers {row['layer_mm']:g} mm"
        )
    if kind == "material":
        return f": {', '.join(row['processes'])}, {row['density']['value']:g} g/cm3"
    return f": {', '.join(row['processes'])}"


def _lines(kind: str, row: Mapping[str, Any], own: frozenset[str]) -> Iterator[str]:
    yield f"{row['name']}  ({kind}{', changed by the lab' if row['name'] in own else ''})"
    for key, value in row.items():
        if key != "name" and value not in (None, "", [], ()):
            yield from _entry(key.replace("_", " "), value, "  ")


def _entry(word: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
        yield f"{indent}{word:<{WIDTH}} {text}"
        return
    mark = "  UNVERIFIED" if value.get("unverified") else ""
    if "unit" in value:
        about = f" ({value['kind']})" if value["kind"] else ""
        yield f"{indent}{word:<{WIDTH}} {value['value']:g} {UNITS[value['unit']]}{about}{mark}"
        yield f"{indent}{'':<{WIDTH}}   {value['source']}"
    elif "text" in value:
        yield f"{indent}{word:<{WIDTH}} {value['text']}{mark}"
        yield f"{indent}{'':<{WIDTH}}   {value['source']}"
    else:
        yield f"{indent}{word}"
        for key, inner in value.items():
            if inner not in (None, {}):
                yield from _entry(key.replace("_", " "), inner, indent + "  ")
