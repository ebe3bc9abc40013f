"""The errors: one family, so that a face can catch all of them and nothing else."""

from __future__ import annotations

import inspect

import pytest

from PrintPrepLib import errors

FAMILY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind is not errors.PrintPrepError]


def test_there_are_the_six_errors_of_the_design() -> None:
    names = {kind.__name__ for kind in FAMILY}
    assert names == {
        "InputError",
        "GeometryError",
        "RecipeError",
        "ExportError",
        "MissingPackageError",
        "Cancelled",
    }


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_every_error_is_of_the_family_and_keeps_its_message(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.PrintPrepError)
    assert str(kind("The folder is empty.")) == "The folder is empty."


def test_cancel_is_no_ordinary_failure() -> None:
    ordinary = (errors.InputError, errors.GeometryError, errors.RecipeError, errors.ExportError)
    assert not issubclass(errors.Cancelled, ordinary)


def test_own_errors_do_not_hide_programming_mistakes() -> None:
    assert not issubclass(errors.PrintPrepError, ValueError | TypeError | OSError)
