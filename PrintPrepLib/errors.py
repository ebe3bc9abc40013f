"""The errors that PrintPrep raises on purpose.

Every message is written for the person at the keyboard: what is wrong, where, and what to do.
"""

from __future__ import annotations


class PrintPrepError(Exception):
    """Base class: something could not be done, and the message says what to do about it."""


class InputError(PrintPrepError):
    """The input is missing, unreadable, or not what the step needs."""


class GeometryError(PrintPrepError):
    """The shape cannot be processed truthfully (no inside, empty, inside out, self-crossing)."""


class RecipeError(PrintPrepError):
    """A recipe holds an unknown key, a wrong type, or a value out of range."""


class ExportError(PrintPrepError):
    """A file could not be written, or what was read back differs from what was meant."""


class MissingPackageError(PrintPrepError):
    """A Python package that this step needs is not installed."""


class Cancelled(PrintPrepError):  # noqa: N818 - the word every face uses for it
    """The user asked to stop. Nothing is left half done."""
