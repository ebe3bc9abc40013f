"""An assembly with what it was made of, for those who tell about it."""

from __future__ import annotations

from dataclasses import dataclass

from .assembly import Assembly
from .marked import Marked
from .pinned import Joint


@dataclass(frozen=True, eq=False)
class Made:
    """An assembly, the joints at its seams, and its marks where there are any."""

    assembly: Assembly
    joints: tuple[Joint, ...]
    marked: Marked | None
