"""The file lists of the extension's CMake files: a test holds them against the folders.

They are written anew by ``python -m Testing.support.cmake_lists``.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"PrintPrep": "MODULE_PYTHON", "PrintPrepLib": "LIBRARY_PYTHON"}
"""Folder with a CMakeLists.txt, and the beginning of its two variables' names."""
NOT_INSTALLED = ("CMakeLists.txt",)


def files_of(module: str) -> tuple[list[str], list[str]]:
    """Return scripts and resources of a module's folder as they must be listed."""
    folder = ROOT / module
    found = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in NOT_INSTALLED
    )
    return [name for name in found if name.endswith(".py")], [name for name in found if not name.endswith(".py")]


def listed_in(module: str, kind: str) -> list[str]:
    """Return what a module's CMakeLists.txt lists; ``kind`` is SCRIPTS or RESOURCES."""
    text = (ROOT / module / "CMakeLists.txt").read_text("utf-8")
    match = re.search(rf"set\({MODULES[module]}_{kind}\n(.*?)\n  \)", text, re.DOTALL)
    if match is None:
        raise ValueError(f"{module}/CMakeLists.txt has no set({MODULES[module]}_{kind} ...)")
    return match[1].split()


def rewrite(module: str) -> None:
    """Write the lists anew."""
    path = ROOT / module / "CMakeLists.txt"
    text = path.read_text("utf-8")
    for kind, names in zip(("SCRIPTS", "RESOURCES"), files_of(module), strict=True):
        body = "\n".join(f"  {name}" for name in names)
        head = f"set({MODULES[module]}_{kind}\n"
        text = re.sub(rf"(?s){re.escape(head)}.*?\n?  \)", f"{head}{body}\n  )", text)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    for one in MODULES:
        rewrite(one)
