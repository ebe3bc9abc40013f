"""Which material and texture files an OBJ names, and whether they can go with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

_LIBRARY = re.compile(rb"^[ \t]*mtllib[ \t]+([^\r\n]*)", re.MULTILINE)
_TEXTURE = re.compile(rb"^[ \t]*(?:map_\w+|bump|disp|decal|refl|norm)[ \t]+([^\r\n]*)", re.MULTILINE)
_TEXTURE_ENDINGS = (".png", ".jpg", ".jpeg")
_PLAIN = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
"""Names that are the same as a relative URI as they stand: the reference must be found in the file byte for byte."""


@dataclass(frozen=True)
class TextureFile:
    """A picture that a material file names. ``uri`` is the name as it stands there."""

    uri: str
    path: Path


@dataclass(frozen=True)
class MaterialFile:
    """A material library that an OBJ names, with its bytes and the textures that it names in turn."""

    uri: str
    data: bytes
    textures: tuple[TextureFile, ...] = ()


def material_names(data: bytes) -> tuple[str, ...]:
    """Return the material libraries that an OBJ names, each once, in order."""
    words = [word for line in _LIBRARY.findall(data) for word in line.split()]
    return tuple(dict.fromkeys(word.decode("utf-8", "replace") for word in words))


def texture_names(data: bytes) -> tuple[str, ...]:
    """Return the pictures that a material library names, each once, in order (options before the name left out)."""
    lines = [line.split() for line in _TEXTURE.findall(data)]
    return tuple(dict.fromkeys(words[-1].decode("utf-8", "replace") for words in lines if words))


def referenced_materials(obj: Path, data: bytes) -> tuple[MaterialFile, ...]:
    """Read all material libraries of an OBJ, and find their textures.

    Raises
    ------
    InputError
        One is missing, lies outside the folder, has a name that is no plain relative address, or a texture is neither
        PNG nor JPEG.
    """
    out = []
    for name in material_names(data):
        path = _beside(obj, name, obj.name)
        content = path.read_bytes()
        textures = tuple(TextureFile(uri, _texture(path, uri)) for uri in texture_names(content))
        out.append(MaterialFile(name, content, textures))
    return tuple(out)


def _texture(material: Path, name: str) -> Path:
    path = _beside(material, name, material.name)
    if path.suffix.lower() not in _TEXTURE_ENDINGS:
        raise InputError(f"The texture '{path.name}' is neither PNG nor JPEG. Save it as PNG, and name that one.")
    return path


def _beside(owner: Path, name: str, owner_name: str) -> Path:
    if not _PLAIN.fullmatch(name) or ".." in name.split("/"):
        raise InputError(
            f"'{owner_name}' names a file by a path or with unusual characters. Put the file beside it, under a plain "
            "name of letters, digits, '.', '-' and '_', so that the reference holds in the archive."
        )
    path = owner.parent / name
    if not path.is_file():
        raise InputError(
            f"'{owner_name}' names '{path.name}', which is not there. Put it beside that file, or take the name out."
        )
    return path
