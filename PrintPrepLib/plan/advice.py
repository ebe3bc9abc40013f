"""One line of advice: what, why, what would change it, and the figures it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..profiles.figures import Figure, Note


@dataclass(frozen=True)
class Advice:
    """A line of a plan.

    Attributes
    ----------
    subject : str
        What it is about: ``"process"``, ``"hollow"``, ...
    advice : str
        What to do.
    why : str
        The reason.
    changes : str
        What would change it.
    figures : tuple of (word, Figure)
        What it stands on.
    sources : tuple of str
        Who says so, where it is not a figure.
    warning : bool
        Something stands against the plan here.
    """

    subject: str
    advice: str
    why: str
    changes: str
    figures: tuple[tuple[str, Figure], ...] = ()
    sources: tuple[str, ...] = ()
    warning: bool = False

    def __post_init__(self) -> None:
        for word in ("advice", "why", "changes"):
            if not getattr(self, word).strip():
                raise ValueError(f"advice on {self.subject} must state {word}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "subject": self.subject,
            "advice": self.advice,
            "why": self.why,
            "changes": self.changes,
            "figures": [{"of": word, **figure.to_dict()} for word, figure in self.figures],
            "sources": list(self.sources),
            "warning": self.warning,
        }


def noted(subject: str, note: Note, why: str, changes: str) -> Advice:
    """Advice that a profile states in words."""
    mark = " (unverified)" if note.unverified else ""
    return Advice(subject, note.text, why, changes, sources=(note.source + mark,))


def known(*pairs: tuple[str, Figure | None]) -> tuple[tuple[str, Figure], ...]:
    """Leave out figures that nobody states."""
    return tuple((word, figure) for word, figure in pairs if figure is not None)
