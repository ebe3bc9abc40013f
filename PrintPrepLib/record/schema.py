"""The schema of the record, shipped as ``record.schema.json`` (JSON Schema 2020-12), and the check against it.

The check knows those words of JSON Schema that our schema uses and refuses a schema with any other, so that nothing in
it goes unchecked. Tests hold its verdicts against the package ``jsonschema``; the library does not need that package,
which brings a compiled one with it that Slicer does not have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

SCHEMA_FILE = "record.schema.json"
MOST_PROBLEMS = 20
"""More are not told: the first ones say what is wrong."""

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}
_WORDS = frozenset({
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const", "properties", "required",
    "additionalProperties", "items", "minItems", "maxItems", "pattern", "minimum", "maxLength", "anyOf",
})  # fmt: skip


@cache
def record_schema() -> dict[str, Any]:
    """Return the schema of ``record.json``."""
    schema: dict[str, Any] = json.loads((files(__package__) / SCHEMA_FILE).read_text("utf-8"))
    return schema


def problems(record: Any, schema: Mapping[str, Any] | None = None) -> list[str]:
    """Say where a record does not fit the schema, in words; empty when it does.

    Parameters
    ----------
    record : JSON value
        What shall be written, or was read.
    schema : mapping, optional
        By default that of the record.

    Raises
    ------
    ValueError
        The schema uses a word that is not checked here.
    """
    root = record_schema() if schema is None else schema
    found = []
    for problem in _check(record, root, root, "record"):
        found.append(problem)
        if len(found) == MOST_PROBLEMS:
            break
    return found


def _check(value: Any, schema: Any, root: Mapping[str, Any], where: str) -> Iterator[str]:
    unknown = schema.keys() - _WORDS
    if unknown:
        raise ValueError(f"the schema uses {', '.join(sorted(unknown))} at {where}, which is not checked")
    if "$ref" in schema:
        yield from _check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
    if "anyOf" in schema and all(any(_check(value, one, root, where)) for one in schema["anyOf"]):
        yield f"{where} fits none of what is allowed there"
    wanted = schema.get("type")
    if wanted is not None:
        kinds = [wanted] if isinstance(wanted, str) else wanted
        if not any(_TYPES[kind](value) for kind in kinds):
            yield f"{where} must be {' or '.join(kinds)}"
            return
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f"{where} must be one of {', '.join(map(str, schema['enum']))}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{where} must be {schema['const']!r}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where} is not written as it must be"
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{where} is too long"
    elif _TYPES["number"](value):
        if value < schema.get("minimum", value):
            yield f"{where} must be at least {schema['minimum']}"
    elif isinstance(value, list):
        yield from _check_list(value, schema, root, where)
    elif isinstance(value, Mapping):
        yield from _check_object(value, schema, root, where)


def _check_list(value: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{where} has {len(value)} entries"
    if "items" in schema:
        for number, item in enumerate(value):
            yield from _check(item, schema["items"], root, f"{where}[{number}]")


def _check_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], where: str
) -> Iterator[str]:
    properties = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{where}.{key} is missing"
    more = schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in properties:
            yield from _check(item, properties[key], root, f"{where}.{key}")
        elif more is False:
            yield f"{where}.{key} is not known"
        elif more is not True:
            yield from _check(item, more, root, f"{where}.{key}")


def _same(value: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)
