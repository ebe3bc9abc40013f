"""How a typed value is kept in a ``vtkMRMLScriptedModuleNode``: the double's own serializers."""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from typing import Any

from .parameter_types import FloatRange, Validator, split, validators_in


class Serializer:
    """Keeps values of one type under a name."""

    cached = True
    needs_value = True
    validators: tuple[Validator, ...] = ()

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def default(self) -> Any:
        """The value when none is stated."""
        return self.kind()

    def check(self, value: Any) -> None:
        """Refuse a value of the wrong type."""
        if not isinstance(value, self.kind):
            raise TypeError(f"Value must be of type {self.kind}, is {value!r} of type {type(value)}")

    def verify(self, value: Any) -> None:
        """The same for an element of a list or union: with its validators."""
        if value is None and self.needs_value:
            raise ValueError("an element must not be None")
        self.check(value)
        for validator in self.validators:
            validator.validate(value)

    def has(self, node: Any, name: str) -> bool:
        """Is there a value?"""
        return bool(node.HasParameter(name))

    def write(self, node: Any, name: str, value: Any) -> None:
        """Keep a value."""
        node.SetParameter(name, str(value))

    def read(self, node: Any, name: str) -> Any:
        """The value kept."""
        return self.kind(node.GetParameter(name))


class _Number(Serializer):
    def check(self, value: Any) -> None:
        allowed = (int, float) if self.kind is float else int
        if not isinstance(value, allowed) or (isinstance(value, bool) and self.kind is not int):
            raise TypeError(f"Value must be of type {self.kind}, is {value!r} of type {type(value)}")


class _Bool(Serializer):
    def read(self, node: Any, name: str) -> bool:
        return bool(node.GetParameter(name) == "True")


class _Enum(Serializer):
    def default(self) -> Any:
        return next(iter(self.kind))

    def write(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, value.name)

    def read(self, node: Any, name: str) -> Any:
        return self.kind[node.GetParameter(name)]


class _Node(Serializer):
    needs_value = False

    def default(self) -> None:
        return None

    def check(self, value: Any) -> None:
        if value is not None:
            super().check(value)

    def write(self, node: Any, name: str, value: Any) -> None:
        with _Modify(node):
            node.SetParameter(name, "")
            node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node: Any, name: str) -> Any:
        return node.GetNodeReference(name)


class _Nothing(Serializer):
    needs_value = False

    def default(self) -> None:
        return None

    def check(self, value: Any) -> None:
        if value is not None:
            raise TypeError("Value must be None")

    def write(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, "None")

    def read(self, node: Any, name: str) -> None:
        return None


class _Range(Serializer):
    def default(self) -> FloatRange:
        return FloatRange()

    def write(self, node: Any, name: str, value: FloatRange) -> None:
        node.SetParameter(name, f"{value.minimum!r} {value.maximum!r}")

    def read(self, node: Any, name: str) -> FloatRange:
        low, high = node.GetParameter(name).split()
        return FloatRange(float(low), float(high))


class _Many(Serializer):
    """Lists, tuples and dictionaries: every element under a name of its own."""

    def __init__(self, kind: Any, elements: list[Serializer], size: int | None) -> None:
        super().__init__(kind)
        self.elements, self.size = elements, size

    def of(self, index: int) -> Serializer:
        return self.elements[index % len(self.elements)] if self.size is None else self.elements[index]

    def flat(self, value: Any) -> list[Any]:
        return [part for pair in value.items() for part in pair] if self.kind is dict else list(value)

    def default(self) -> Any:
        return tuple(element.default() for element in self.elements) if self.size is not None else self.kind()

    def check(self, value: Any) -> None:
        super().check(value)
        flat = self.flat(value)
        if self.size is not None and len(flat) != self.size:
            raise ValueError(f"Value must have {self.size} elements, has {len(flat)}")
        for index, part in enumerate(flat):
            self.of(index).verify(part)

    def write(self, node: Any, name: str, value: Any) -> None:
        with _Modify(node):
            flat = self.flat(value)
            node.SetParameter(name, str(len(flat)))
            for index, part in enumerate(flat):
                self.of(index).write(node, f"{name}_{index}", part)

    def read(self, node: Any, name: str) -> Any:
        parts = [self.of(index).read(node, f"{name}_{index}") for index in range(int(node.GetParameter(name)))]
        if self.kind is tuple:
            return tuple(parts)
        pairs = zip(parts[::2], parts[1::2], strict=False)
        found: Any = WrittenDict(pairs) if self.kind is dict else WrittenList(parts)
        found._back = (self, node, name)
        return found


class WrittenList(list):  # type: ignore[type-arg]
    """A list that writes itself back when it changes, as Slicer's does."""


class WrittenDict(dict):  # type: ignore[type-arg]
    """A dictionary that writes itself back when it changes."""


def _written(kind: type, method: str) -> Any:
    plain = getattr(kind, method)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        serializer, node, name = self._back
        trial = kind(self)
        plain(trial, *args, **kwargs)
        serializer.check(trial)  # a bad value leaves all as it was
        result = plain(self, *args, **kwargs)
        serializer.write(node, name, trial)
        return result

    return call


LIST_CHANGES = "append extend insert pop remove clear sort reverse __setitem__ __delitem__ __iadd__ __imul__"
DICT_CHANGES = "pop popitem clear update setdefault __setitem__ __delitem__ __ior__"
for _kind, _class, _changes in ((list, WrittenList, LIST_CHANGES), (dict, WrittenDict, DICT_CHANGES)):
    for _change in _changes.split():
        setattr(_class, _change, _written(_kind, _change))


class _Union(Serializer):
    needs_value = False

    def __init__(self, options: list[Serializer]) -> None:
        super().__init__(object)
        self.options = options

    def default(self) -> Any:
        nothing = any(isinstance(option, _Nothing) for option in self.options)
        return None if nothing else self.options[0].default()

    def pick(self, value: Any) -> int:
        refused: list[Exception] = []
        for index, option in enumerate(self.options):
            try:
                option.verify(value)
            except (TypeError, ValueError) as error:
                refused.append(error)
                continue
            return index
        if value is None or any(not isinstance(error, TypeError) for error in refused):
            raise ValueError(f"{value!r} is not allowed: {refused}")
        raise TypeError(f"{value!r} fits none of the allowed types")

    def check(self, value: Any) -> None:
        self.pick(value)

    def write(self, node: Any, name: str, value: Any) -> None:
        with _Modify(node):
            index = self.pick(value)
            node.SetParameter(name, str(index))
            self.options[index].write(node, f"{name}_{index}", value)

    def read(self, node: Any, name: str) -> Any:
        index = int(node.GetParameter(name))
        return self.options[index].read(node, f"{name}_{index}")


class _Pack(Serializer):
    cached = False

    def parts(self) -> dict[str, Serializer]:
        return {name: parameter.serializer for name, parameter in self.kind.allParameters.items()}

    def write(self, node: Any, name: str, value: Any) -> None:
        with _Modify(node):
            node.SetParameter(name, "")
            for part, serializer in self.parts().items():
                serializer.write(node, f"{name}.{part}", getattr(value, part))

    def read(self, node: Any, name: str) -> Any:
        values = {part: s.read(node, f"{name}.{part}") for part, s in self.parts().items()}
        pack = self.kind(**values)
        pack._back = (self, node, name)
        return pack


class _Modify:
    def __init__(self, node: Any) -> None:
        self.node = node

    def __enter__(self) -> None:
        self.was = self.node.StartModify()

    def __exit__(self, *_args: object) -> None:
        self.node.EndModify(self.was)


def serializer_for(annotated: Any) -> Serializer:
    """The serializer of a type with its validators; raises for a type the double does not keep."""
    kind, annotations = split(annotated)
    serializer = _serializer_of(kind)
    serializer.validators = validators_in(annotations)
    return serializer


def _serializer_of(kind: Any) -> Serializer:
    import slicer

    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _Union([serializer_for(option) for option in arguments])
    if origin in (list, dict) and arguments:
        return _Many(origin, [serializer_for(part) for part in arguments], None)
    if origin is tuple and arguments and Ellipsis not in arguments:
        return _Many(tuple, [serializer_for(part) for part in arguments], len(arguments))
    if kind is type(None):
        return _Nothing(kind)
    if kind is bool:
        return _Bool(bool)
    if kind in (int, float):
        return _Number(kind)
    if kind is str:
        return Serializer(str)
    if kind is FloatRange:
        return _Range(kind)
    if isinstance(kind, type):
        if issubclass(kind, enum.Enum):
            return _Enum(kind)
        if issubclass(kind, pathlib.PurePath):
            return Serializer(kind)
        if issubclass(kind, slicer.vtkMRMLNode):
            return _Node(kind)
        if getattr(kind, "_is_parameterPack", False):
            return _Pack(kind)
    raise TypeError(f"Unable to create serializer for type {kind}")
