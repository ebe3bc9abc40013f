"""``printprep recipe new|check|show``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import ExportError, InputError
from ..export.temporary import staged
from ..workflow.other_meshes import FILE, with_other_meshes
from ..workflow.recipe import Recipe, explain, load_preset, load_recipe, preset_names
from .console import Console


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("action", choices=("new", "check", "show"), help="write a new one, check one, explain one")
    parser.add_argument("recipe", metavar="FILE", nargs="?", help="recipe file, or the name of a preset")
    parser.add_argument("--preset", metavar="NAME", default="bone", help=f"start from: {', '.join(preset_names())}")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where 'new' writes")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Do what was asked."""
    if options.action == "new":
        return _new(options, console)
    if not options.recipe:
        raise InputError(f"Say which recipe to {options.action}: a file, or one of {', '.join(preset_names())}.")
    recipe = _load(options.recipe)
    if options.action == "check":
        if any(call.parameters.get(FILE) for call in recipe.steps):
            with_other_meshes(recipe)
        steps = [call.step.name for call in recipe.steps]
        console.result({"valid": True, "steps": steps}, [f"The recipe is valid: {', '.join(steps)}."])
    else:
        console.result({"recipe": recipe.to_dict()}, explain(recipe).splitlines())
    return 0


def _load(name: str) -> Recipe:
    return load_preset(name) if name in preset_names() else load_recipe(Path(name))


def _new(options: argparse.Namespace, console: Console) -> int:
    text = load_preset(options.preset).to_toml()
    target = options.output or (Path(options.recipe) if options.recipe else None)
    if target is None:
        console.result({"recipe": text}, text.splitlines())
        return 0
    if target.exists():
        raise ExportError(f"'{target.name}' exists already. Choose another name; recipes are not overwritten.")
    with staged(target) as item:
        item.path.write_text(text, "utf-8")
    console.result({"output": str(target)}, [f"Written: {target}"])
    return 0
