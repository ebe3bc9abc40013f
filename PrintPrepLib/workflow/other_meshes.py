"""Mesh files that steps of a recipe name: read once, known by their SHA-256; names and paths are left behind.

A recipe names a file from its own folder. What a run writes (its recipe, its record) holds the hash alone, since names
and paths of files may hold patient data; whoever runs it again gives the file, and it must have that hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import InputError, RecipeError
from ..export import Units, read_mesh
from ..export.marks import about_of_file
from ..export.model_part import MIRRORED
from ..export.write import hash_file
from ..mesh import Mesh
from .recipe import Recipe, StepCall

FILE, HASH = "with_file", "with_sha256"
"""Parameters of a step that takes another mesh: its file, and the SHA-256 of the file."""
OTHER = "other mesh"
"""What the mesh is called from then on."""
SHOWN = 12
"""Digits of a hash in messages."""


def names_other_mesh(recipe: Recipe) -> bool:
    """Whether a step of the recipe takes another mesh."""
    return any(call.parameters.get(FILE) or call.parameters.get(HASH) for call in recipe.steps)


def with_other_meshes(recipe: Recipe, given: Sequence[Path] = ()) -> Recipe:
    """Read the other meshes of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Its ``folder`` is where the names of files begin.
    given : sequence of Path
        Mesh files in which those are looked for, by their hash, of which the recipe holds no more than that.

    Returns
    -------
    Recipe
        With ``meshes`` by their SHA-256, and without names of files.

    Raises
    ------
    InputError
        A file is missing, is no mesh, has another hash than the recipe says, or was given and is not needed.
    RecipeError
        The recipe is in no file, so that a name beside it means nothing.
    """
    hashes = {sha256_of(path): path for path in given}
    meshes: dict[str, Mesh] = {}
    calls = []
    for number, call in enumerate(recipe.steps, 1):
        if not (call.parameters.get(FILE) or call.parameters.get(HASH)):
            calls.append(call)
            continue
        where = f"step {number} ({call.step.name})"
        path = _file_of(call.parameters, recipe.folder, hashes, where)
        digest = sha256_of(path)
        wanted = call.parameters.get(HASH)
        if wanted and wanted.lower() != digest:
            raise InputError(
                f"{where}: '{path.name}' is not the mesh of the recipe: its SHA-256 begins with {digest[:SHOWN]}, the "
                f"recipe says {wanted[:SHOWN]}. Give the file as it was, or take '{HASH}' out if the change is meant."
            )
        if digest not in meshes:
            meshes[digest] = read_other(path)
        calls.append(StepCall(call.step, MappingProxyType({**call.parameters, FILE: None, HASH: digest})))
    unused = [path.name for digest, path in hashes.items() if digest not in meshes]
    if unused:
        raise InputError(f"No step of the recipe needs '{unused[0]}' (--mesh). Was it changed, or is it another one?")
    return replace(recipe, steps=tuple(calls), meshes=MappingProxyType({**recipe.meshes, **meshes}))


def read_other(path: Path, units: Units | None = None) -> Mesh:
    """Read another mesh; its name says nothing but whether it is mirrored."""
    return read_mesh(path, units=units).with_name(f"{OTHER} {MIRRORED}" if about_of_file(path).mirrored else OTHER)


def _file_of(parameters: Mapping[str, Any], folder: Path | None, hashes: Mapping[str, Path], where: str) -> Path:
    wanted, name = str(parameters.get(HASH) or ""), parameters.get(FILE)
    if wanted and wanted.lower() in hashes:
        return hashes[wanted.lower()]
    if not name:
        raise InputError(
            f"{where} needs the mesh file with the SHA-256 {wanted[:SHOWN]}...: give it with --mesh FILE. Recipes and "
            "records of a run hold no name of a file."
        )
    path = Path(name)
    if not path.is_absolute():
        if folder is None:
            raise RecipeError(f"{where}: the recipe is in no file, so '{name}' cannot be looked for beside it.")
        path = folder / path
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a mesh file.

    Raises
    ------
    InputError
        There is none.
    """
    if not path.is_file():
        raise InputError(f"There is no mesh file '{path.name}'. Names in a recipe begin at the recipe's own folder.")
    return hash_file(path)[1]
