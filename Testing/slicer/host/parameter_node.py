"""Double of ``slicer.parameterNodeWrapper``: a typed view of a ``vtkMRMLScriptedModuleNode``, bound to widgets."""
# ruff: noqa: N802, N803, N815

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

from .parameter_gui import Connector, connector_for
from .parameter_store import Serializer, serializer_for
from .parameter_types import (
    Choice,
    Decimals,
    Default,
    FloatRange,
    Maximum,
    Minimum,
    NotNone,
    RangeBounds,
    SingleStep,
    Validator,
    WithinRange,
    split,
    validators_in,
)

SlicerParameterNamePropertyName = "SlicerParameterName"

RESERVED = (
    "allParameters", "default", "isCached", "dataType", "getValue", "setValue", "connectGui",
    "connectParametersToGui", "disconnectGui", "StartModify", "EndModify", "AddObserver", "RemoveObserver", "Modified",
)  # fmt: skip
"""Names Slicer keeps for itself in a parameter node."""


@dataclass
class _Parameter:
    name: str
    declared: Any
    serializer: Serializer
    validators: list[Validator]
    stated: Default

    @property
    def default(self) -> Any:
        return self.stated.value

    def check(self, value: Any) -> None:
        if value is None and self.serializer.needs_value:
            raise ValueError(f"'{self.name}' must not be None")
        self.serializer.check(value)
        for validator in self.validators:
            validator.validate(value)


def _parameters(cls: type) -> dict[str, _Parameter]:
    found = {}
    for name, declared in typing.get_type_hints(cls, include_extras=True).items():
        _kind, annotations = split(declared)
        serializer = serializer_for(declared)
        validators = list(validators_in(annotations))
        stated = [item for item in annotations if isinstance(item, Default)]
        if hasattr(cls, name):
            stated = [Default(getattr(cls, name))]
        default = stated[0] if stated else Default(serializer.default())
        found[name] = _Parameter(name, declared, serializer, validators, default)
    return found


def parameterPack(cls: Any = None) -> Any:
    """A group of parameters kept together."""

    def wrap(pack: Any) -> Any:
        parameters = _parameters(pack)
        for name in ("allParameters", "getValue", "setValue", "dataType"):
            if hasattr(pack, name):
                raise ValueError(f"Cannot use reserved name '{name}' in a parameterPack")
        for parameter in parameters.values():
            try:
                parameter.check(parameter.default)
            except (TypeError, ValueError) as error:
                raise ValueError(f"The default of '{parameter.name}' fails the validation checks: {error}") from error
            setattr(pack, parameter.name, _pack_property(parameter))
        own = vars(pack).get("__init__")

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            self._back = None
            given = dict(zip(parameters, args, strict=False)) if own is None else {}
            if own is None and set(kwargs) - set(parameters):
                raise TypeError(f"unexpected arguments {sorted(set(kwargs) - set(parameters))}")
            if own is None and set(kwargs) & set(given):
                raise TypeError(f"arguments given twice: {sorted(set(kwargs) & set(given))}")
            values = {name: parameter.default for name, parameter in parameters.items()}
            for name, value in {**values, **given, **(kwargs if own is None else {})}.items():
                setattr(self, name, value)
            if own is not None:
                own(self, *args, **kwargs)

        def text(self: Any) -> str:
            parts = (f"{name}={getattr(self, name)!r}".replace("'", '"') for name in parameters)
            return f"{type(self).__name__}({', '.join(parts)})"

        def equal(self: Any, other: Any) -> bool:
            same = type(self) is type(other)
            return same and all(getattr(self, name) == getattr(other, name) for name in parameters)

        for name, method in (("__eq__", equal), ("__str__", text), ("__repr__", text)):
            if name not in vars(pack):
                setattr(pack, name, method)
        pack.__init__ = init
        pack._is_parameterPack = True
        pack.allParameters = parameters
        pack.getValue, pack.setValue = _get_dotted, _set_dotted
        pack.dataType = staticmethod(lambda name: _declared(parameters, name))
        return pack

    return wrap if cls is None else wrap(cls)


def _pack_property(parameter: _Parameter) -> property:
    kept = f"_pack_{parameter.name}"

    def write(self: Any, value: Any) -> None:
        parameter.check(value)
        setattr(self, kept, value)
        if self._back is not None:
            serializer, node, name = self._back
            serializer.write(node, name, self)

    return property(lambda self: getattr(self, kept), write)


def _get_dotted(owner: Any, name: str) -> Any:
    first, _, rest = name.partition(".")
    if first not in getattr(owner, "allParameters", ()):
        raise ValueError(f"Cannot find a param with the given name: {name}")
    value = getattr(owner, first)
    return _get_dotted(value, rest) if rest else value


def _set_dotted(owner: Any, name: str, value: Any) -> None:
    first, _, rest = name.partition(".")
    if first not in getattr(owner, "allParameters", ()):
        raise ValueError(f"Cannot find a param with the given name: {name}")
    if rest:
        _set_dotted(getattr(owner, first), rest, value)
    else:
        setattr(owner, first, value)


def _declared(parameters: dict[str, _Parameter], name: str) -> Any:
    first, _, rest = name.partition(".")
    if first not in parameters:
        raise ValueError(f"Cannot find a param with the given name: {name}")
    declared = parameters[first].declared
    return _declared(getattr(split(declared)[0], "allParameters", {}), rest) if rest else declared


class _Wrapper:
    """The methods every parameter node has."""

    allParameters: dict[str, _Parameter]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._guis: dict[int, tuple[dict[str, Connector], int]] = {}
        self._next_tag = 0
        self._updating = False
        for name, parameter in self.allParameters.items():
            if not parameter.serializer.has(parameterNode, self._prefix + name):
                value = parameter.default
                parameter.check(value)
                parameter.serializer.write(parameterNode, self._prefix + name, value)

    def default(self, name: str) -> Default:
        _declared(self.allParameters, name)
        return Default(self.allParameters[name].default)

    def getValue(self, name: str) -> Any:
        return _get_dotted(self, name)

    def setValue(self, name: str, value: Any) -> None:
        _set_dotted(self, name, value)

    def isCached(self, name: str) -> bool:
        """What Slicer would answer; the double reads the node each time."""
        _declared(self.allParameters, name)
        return self.allParameters[name].serializer.cached

    def connectGui(self, gui: Any) -> int:
        """Bind every widget that has the property SlicerParameterName."""
        if callable(getattr(gui, "isWidgetType", None)):
            import qt

            widgets = list(gui.findChildren(qt.QWidget))
        else:
            widgets = list(vars(gui).values())
        named = {widget.property(SlicerParameterNamePropertyName): widget for widget in widgets}
        named.pop(None, None)
        named.pop("", None)
        return self.connectParametersToGui(named)

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Bind widgets by parameter name."""
        import vtk

        connectors = {name: connector_for(widget, self.dataType(name)) for name, widget in mapping.items()}
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.listen(self._from_gui(name, connector))
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda _caller, _event: self._to_gui())
        self._guis[tag] = (connectors, observer)
        return tag

    def disconnectGui(self, tag: int | None) -> None:
        """Unbind; an unknown tag is no error."""
        connectors, observer = self._guis.pop(tag, ({}, None))  # type: ignore[arg-type]
        for connector in connectors.values():
            connector.listen(None)
        if observer is not None:
            self.RemoveObserver(observer)

    def _from_gui(self, name: str, connector: Connector) -> Any:
        def changed() -> None:
            if not self._updating:
                was = self.StartModify()
                try:
                    self.setValue(name, connector.read())
                finally:
                    self.EndModify(was)

        return changed

    def _to_gui(self) -> None:
        if self._updating:
            return
        self._updating = True
        try:
            for connectors, _observer in self._guis.values():
                for name, connector in connectors.items():
                    connector.write(self.getValue(name))
        finally:
            self._updating = False

    def StartModify(self) -> Any:
        return self.parameterNode.StartModify()

    def EndModify(self, was: Any) -> Any:
        return self.parameterNode.EndModify(was)

    def Modified(self) -> None:
        self.parameterNode.Modified()

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        return int(self.parameterNode.AddObserver(event, callback, priority))

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)


def _property(parameter: _Parameter) -> property:
    def read(self: Any) -> Any:
        return parameter.serializer.read(self.parameterNode, self._prefix + parameter.name)

    def write(self: Any, value: Any) -> None:
        parameter.check(value)
        parameter.serializer.write(self.parameterNode, self._prefix + parameter.name, value)

    return property(read, write)


def parameterNodeWrapper(cls: Any = None) -> Any:
    """Make the decorated class a typed view of a parameter node."""

    def wrap(declared: Any) -> Any:
        parameters = _parameters(declared)
        for name in RESERVED:
            if hasattr(declared, name) or name in parameters:
                raise ValueError(f"Cannot use reserved name '{name}' in a parameterNodeWrapper")
        for name in [name for name in vars(_Wrapper) if not name.startswith("__") or name == "__init__"]:
            if name != "allParameters":
                setattr(declared, name, vars(_Wrapper)[name])
        for parameter in parameters.values():
            setattr(declared, parameter.name, _property(parameter))
        declared.allParameters = parameters
        declared.dataType = staticmethod(lambda name: _declared(parameters, name))
        declared._is_parameter_node_wrapper = True
        return declared

    return wrap if cls is None else wrap(cls)


def isParameterNodeWrapper(thing: Any) -> bool:
    """Was it made by parameterNodeWrapper?"""
    return bool(getattr(thing, "_is_parameter_node_wrapper", False))


def isParameterPack(thing: Any) -> bool:
    """Was it made by parameterPack?"""
    return bool(getattr(thing, "_is_parameterPack", False))


def findChildWidgetForParameter(widget: Any, parameter: str) -> Any:
    """The widget bound to a parameter, or None."""
    import qt

    for child in widget.findChildren(qt.QWidget):
        if child.property(SlicerParameterNamePropertyName) == parameter:
            return child
    return None


__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "FloatRange",
    "Maximum",
    "Minimum",
    "NotNone",
    "RangeBounds",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "Validator",
    "WithinRange",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "isParameterPack",
    "parameterNodeWrapper",
    "parameterPack",
]
