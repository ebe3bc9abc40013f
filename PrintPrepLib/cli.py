"""The command line: parses, calls the same functions as the panel and the console, and turns errors into exit codes.

Exit codes: 0 done (and ready, where the command judges), 1 done but something failed the judgement, 2 could not be
done, 130 cancelled. After 2 and 130 nothing is left on disk.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from threading import Event
from types import FrameType
from typing import Any, NoReturn

from . import __version__
from .commands.console import Console
from .errors import Cancelled, PrintPrepError

DONE, NOT_READY, FAILED, CANCELLED = 0, 1, 2, 130

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "make a CT phantom as a real DICOM series and run the whole chain on it"),
    "scan": ("scan", "list the series of a folder, or one volume file, with verdicts and findings"),
    "run": ("run", "the whole chain: from a scan to a checked model file with its record"),
    "islands": ("islands", "list the separate pieces of a segmentation, to choose from; nothing is written"),
    "replay": ("replay", "run a record again on its scan, and prove that the same files come out"),
    "report": ("report", "write the report of a record for people, one HTML file that needs nothing else"),
    "check": ("check", "is this mesh ready to print?"),
    "compare": ("compare", "signed deviation of one surface from another"),
    "thickness": ("thickness", "wall thickness (or gap width) at every point, and the thin places as a list"),
    "repair": ("mesh_step", "close, orient and untangle a surface, and say what was changed"),
    "fragments": ("mesh_step", "list the separate pieces and keep those that are wanted"),
    "holes": ("mesh_step", "list the holes of a surface and close them"),
    "smooth": ("mesh_step", "smooth within a stated bound, keeping the volume"),
    "simplify": ("mesh_step", "fewer triangles within a tolerance, pieces and holes kept"),
    "solid": ("mesh_step", "close pin-holes, fill the inside or wrap the outside; real openings stay open"),
    "thicken": ("mesh_step", "bring thin walls to a wanted thickness, and leave the rest as it is"),
    "label": ("label", "write on a model: text, side marks, scale bar, QR code or data matrix; raised or engraved"),
    "wall": ("mesh_step", "make a wall round a lumen, outward only, with its ends opened flat and square"),
    "landing": ("mesh_step", "add flat blocks for a caliper where a length to be measured ends on a point"),
    "hollow": ("mesh_step", "hollow a model to an exact wall, with drains into every cavity"),
    "details": ("mesh_step", "list spikes, slits and holes too small to print; remove or thicken them where asked"),
    "cut": ("parts_step", "cut a model by planes into parts with pins that fit one way only"),
    "split": ("parts_step", "cut a model that is too large into parts that fit a printer"),
    "strut": ("strut", "hold loose parts where they are by struts: one body, the struts listed"),
    "stand": ("stand", "flat base, pedestal, cradle or wall mount, with the tilt at which the model falls"),
    "join": ("parts_step", "join separate bodies by pins or magnets, or into one solid (--union)"),
    "mirror": ("mesh_step", "mirror about a plane or the plane of symmetry; MIRRORED is forced into names and facts"),
    "scale": ("mesh_step", "another size by one factor, which is forced into names and facts"),
    "offset": ("mesh_step", "grow or shrink a model by a distance, and measure what came out"),
    "boolean": ("mesh_step", "unite a model with another body, take one from the other, or keep what both share"),
    "undercut": ("undercut", "can a rigid part leave this part of its mould straight, and where not?"),
    "encapsulate": ("encapsulate", "put a model into a DICOM file for the archive, tied to its source series"),
    "orient": ("orient", "lay a model for printing: few supports, none on protected surfaces"),
    "place": ("place", "lay models flat on a face, in the middle of the bed, several beside one another"),
    "plan": ("plan", "advice before the print: process, material, orientation, supports, mass, time, with reasons"),
    "profiles": ("profiles", "list or show uses, processes, printers and materials with the source of every figure"),
    "export": ("export", "several meshes into one file with names and colors: 3MF, GLB, OBJ with MTL, PLY"),
    "recipe": ("recipe", "write, check or explain a recipe"),
    "privacy": ("privacy", "search written files for patient data of a source series"),
}
"""Command: module in ``commands`` and what it does. Modules are imported only when their command is called."""


_NEGATIVE_LIST = re.compile(r"-[\d.][^,\s]*,")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"printprep: {message}. See '{self.prog} --help'.\n")
        raise SystemExit(FAILED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = Event()
    previous, told = _listen_to_termination(asked), sys.unraisablehook

    def untold(dropped: sys.UnraisableHookArgs) -> None:
        """Keep quiet about a request to end that could not be raised where it came: progress will see it."""
        if not (asked.is_set() and dropped.exc_type is KeyboardInterrupt):
            told(dropped)

    sys.unraisablehook = untold
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments), asked)
    except KeyboardInterrupt:  # while the command was still being loaded, which takes about a second
        Console(json_wanted=False, quiet=True).problem("Cancelled. Nothing was written.")
        return CANCELLED
    finally:
        sys.unraisablehook = told
        for number, handler in previous.items():
            signal.signal(number, handler)


def entry() -> NoReturn:
    """Run one command as a program of its own.

    Python ends by the signal itself, not with our code, when a Ctrl-C passed through text that was being compiled
    (dataclasses and numba do that), however it was handled later. So after a cancel the program ends at once; by then
    everything is cleaned up.
    """
    code = main()
    if code == CANCELLED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run(words: list[str], asked: Event) -> int:
    words = joined(words)
    try:
        options = _build(words).parse_args(words)
    except PrintPrepError as error:  # a lab's own profiles, which options name, cannot be read
        Console(json_wanted=False, quiet=True).problem(str(error))
        return FAILED
    console = Console(json_wanted=options.json, quiet=options.quiet, progress_lines=options.progress == "json",
                      stopped=asked.is_set)  # fmt: skip
    module = importlib.import_module(f".commands.{COMMANDS[options.command][0]}", __package__)
    try:
        code: int = module.execute(options, console)
    except (KeyboardInterrupt, Cancelled):
        console.problem("Cancelled. Nothing was written.")
        return CANCELLED
    except PrintPrepError as error:
        console.problem(str(error))
        return FAILED
    except MemoryError:
        console.problem(
            "There is not enough memory for this. Crop the scan to the structure, or use a coarser simplification, "
            "and try again. Nothing was written."
        )
        return FAILED
    except BrokenPipeError:
        # The reader of our output went away (for example `| head`); there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        console.problem(f"A file could not be read or written ({error.strerror or error}). Nothing was written.")
        return FAILED
    finally:
        console.end_progress()
    return code


def joined(words: Sequence[str]) -> list[str]:
    """Join an option and a list of numbers that begins with a minus, which would look like another option."""
    out: list[str] = []
    for word in words:
        if out and out[-1].startswith("--") and "=" not in out[-1] and _NEGATIVE_LIST.match(word):
            out[-1] = f"{out[-1]}={word}"
        else:
            out.append(word)
    return out


def _build(words: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the command that is called brings its options, since these import its room."""
    parser = _Parser(
        prog="printprep",
        description="From a CT or MR scan to a checked, printable model, with proof of what was changed. "
        "PrintPrep prepares models; it does not diagnose.",
    )
    parser.add_argument("--version", action="version", version=f"printprep {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    called = next((word for word in words if not word.startswith("-")), None)
    for name, (module_name, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.set_defaults(command=name)
        command.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
        command.add_argument("--quiet", action="store_true", help="no progress and no summary")
        command.add_argument(
            "--progress",
            choices=("bar", "json"),
            default="bar",
            help="how progress is shown on standard error: a bar where that is a terminal, or one JSON object a line",
        )
        if name == called:
            importlib.import_module(f".commands.{module_name}", __package__).add_arguments(command, name)
    return parser


def _listen_to_termination(asked: Event) -> dict[signal.Signals, Any]:
    """Treat a request to end (SIGTERM, as the panel sends it) like Ctrl-C, so that nothing is left half written.

    Python drops an exception that a signal raises within a callback of compiled code or a destructor. So the request is
    also kept in ``asked``, which the next report of progress looks at. Returns the handlers that were there.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    try:
        return {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not in the main thread: the caller has its own way to cancel
        return {}
