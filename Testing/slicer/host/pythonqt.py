"""PySide6 made to behave like PythonQt, which is what a Slicer panel sees.

PythonQt turns every ``Q_PROPERTY`` into a Python attribute (``button.text``, not ``button.text()``), names the
signal in a string (``button.connect("clicked(bool)", f)``), calls ``objectName`` also ``name``, and refuses new
attributes on C++ objects. PySide6 does none of it. ``apply()`` changes the PySide6 classes once per process.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

MODULES = (QtCore, QtGui, QtWidgets, QtUiTools)

HOST_PREFIX = "_h_"
"""Attributes of stand-ins that a real C++ widget would keep private; a panel has no business with them."""

_stand_ins: set[type] = set()
_applied: list[bool] = []
_building: list[bool] = []


class QtProperty:
    """One ``Q_PROPERTY`` as a Python attribute; from the class it still gives the plain method, as PythonQt does."""

    def __init__(self, name: str, method: Any, getter: Callable[[Any], Any], setter: Callable[..., Any] | None) -> None:
        self.name, self.method, self.getter, self.setter = name, method, getter, setter

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Read the property, or give the method when asked from the class."""
        if instance is None:
            if isinstance(self.method, staticmethod):
                return self.method.__func__
            return self.method if self.method is not None else self
        return as_python(self.getter(instance))

    def __set__(self, instance: Any, value: Any) -> None:
        """Write the property, or refuse when it is read only."""
        if self.setter is None:
            raise AttributeError(f"property '{self.name}' of {type(instance).__name__} is read only")
        self.setter(instance, value)


@contextlib.contextmanager
def building() -> Iterator[None]:
    """PySide6 makes the children in a ``.ui`` file attributes of the loaded widget; PythonQt finds them there too."""
    _building.append(True)
    try:
        yield
    finally:
        _building.pop()


def stand_in(cls: type) -> type:
    """Mark a Python class as standing in for a C++ class: unknown attributes cannot be set on it."""
    _stand_ins.add(cls)
    return cls


def as_python(value: Any) -> Any:
    """Lists of strings come out of PythonQt as tuples."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return value


def qobject_classes() -> Iterator[type]:
    """Every wrapped QObject class, base classes first."""
    found = {
        value
        for module in MODULES
        for value in (getattr(module, name) for name in dir(module) if not name.startswith("_"))
        if isinstance(value, type) and issubclass(value, QtCore.QObject)
    }
    return iter(sorted(found, key=lambda cls: len(cls.__mro__)))


def host_signature(signature: str) -> str:
    """MRML pointers in a signature become Python objects: that is how the stand-ins declare them."""
    return re.sub(r"(?:const\s+)?vtk\w+\s*\*", "PyObject", signature)


def apply() -> int:
    """Change the classes; returns the number of properties installed. A second call does nothing."""
    if _applied:
        return 0
    _applied.append(True)
    installed = 0
    for cls in list(qobject_classes()):
        installed += _install_properties(cls)
    qobject: Any = QtCore.QObject
    qobject.className = lambda self: self.metaObject().className()
    qobject.name = property(
        lambda self: QtCore.QObject.objectName(self),  # noqa: PLW0108
        lambda self, value: QtCore.QObject.setObjectName(self, value),  # noqa: PLW0108
    )
    qobject.delete = lambda self: self.deleteLater()
    _install_connect(qobject)
    _install_find_children(qobject)
    for cls in qobject_classes():
        if "__setattr__" in vars(cls):  # PySide6 gives every class its own
            cls.__setattr__ = _set_attribute
    return installed


def _install_properties(cls: Any) -> int:
    meta = cls.staticMetaObject
    chosen: dict[str, QtProperty] = {}
    for index in range(meta.propertyCount()):
        described = meta.property(index)
        name = described.name()
        # A subclass may override the getter as a method without declaring the property again.
        if index < meta.propertyOffset() and name not in vars(cls):
            continue
        method = vars(cls).get(name)
        if isinstance(method, QtProperty):
            continue
        chosen[name] = QtProperty(name, method, _getter(cls, name, method), _setter(cls, name, described))
    for name, descriptor in chosen.items():
        setattr(cls, name, descriptor)
    return len(chosen)


def _getter(cls: Any, name: str, method: Any) -> Callable[[Any], Any]:
    capital = name[0].upper() + name[1:]
    inherited = getattr(cls, name, None)
    for candidate in (method, inherited, getattr(cls, f"is{capital}", None), getattr(cls, f"has{capital}", None)):
        if callable(candidate) and type(candidate).__name__ == "method_descriptor":

            def read(self: Any, call: Any = candidate) -> Any:
                try:
                    return call(self)
                except TypeError:  # the method of that name is another one, which wants arguments
                    return QtCore.QObject.property(self, name)

            return read
    return lambda self: QtCore.QObject.property(self, name)


def _setter(cls: Any, name: str, described: Any) -> Callable[..., Any] | None:
    if not described.isWritable():
        return None
    method = getattr(cls, f"set{name[0].upper()}{name[1:]}", None)
    if callable(method):
        return lambda self, value: method(self, value)  # noqa: PLW0108

    def write(self: Any, value: Any) -> None:
        if not QtCore.QObject.setProperty(self, name, value):
            raise ValueError(f"property '{name}' of {type(self).__name__} does not take {value!r}")

    return write


def signal_index(widget: Any, signature: str) -> tuple[str, str]:
    """The normalized signature (as PySide6 takes it); raises when the object has no such signal."""
    normalized = bytes(QtCore.QMetaObject.normalizedSignature(host_signature(signature)).data()).decode()
    meta = widget.metaObject()
    if meta.indexOfSignal(normalized) < 0:
        known = [
            bytes(meta.method(i).methodSignature().data()).decode()
            for i in range(meta.methodCount())
            if meta.method(i).methodType() == QtCore.QMetaMethod.MethodType.Signal
        ]
        raise ValueError(f"{meta.className()} has no signal '{signature}'; it has {', '.join(sorted(known))}")
    return normalized, "2" + normalized


def _install_connect(qobject: Any) -> None:
    original = qobject.__getattribute__

    def connect(self: Any, signal: Any, *target: Any) -> bool:
        if not isinstance(signal, str):  # PySide6 itself, for example in QTimer.singleShot
            return bool(original(self, "connect")(signal, *target))
        _, encoded = signal_index(self, signal)
        if len(target) == 2 and isinstance(target[1], str):
            slot = host_signature(target[1])
            done = original(self, "connect")(encoded, target[0], "1" + slot)
        elif len(target) == 1 and callable(target[0]):
            done = original(self, "connect")(encoded, target[0])
        else:
            raise TypeError("connect() takes a signal and a callable, or a signal, a receiver and a slot")
        if not done:
            raise ValueError(f"cannot connect {signal} of {self.className()} to {target}")
        return True

    def disconnect(self: Any, signal: Any = None, *target: Any) -> bool:
        if signal is None:
            return bool(original(self, "disconnect")())
        _, encoded = signal_index(self, signal)
        try:
            return bool(original(self, "disconnect")(encoded, *target))
        except (RuntimeError, TypeError, ValueError):
            return False

    replaced = {"connect": connect, "disconnect": disconnect}

    def getattribute(self: Any, name: str) -> Any:
        if name in replaced:
            return replaced[name].__get__(self, type(self))
        try:
            return original(self, name)
        except AttributeError:
            # PythonQt also reads dynamic properties, for example those a .ui file sets.
            if not name.startswith("_") and name in _dynamic_names(self):
                return as_python(QtCore.QObject.property(self, name))
            raise

    qobject.__getattribute__ = getattribute


def _dynamic_names(self: Any) -> set[str]:
    return {bytes(name.data()).decode() for name in QtCore.QObject.dynamicPropertyNames(self)}


def _install_find_children(qobject: Any) -> None:
    original = qobject.findChildren

    def find_children(self: Any, kind: Any = QtCore.QObject, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kind, str):
            return tuple(child for child in original(self, QtCore.QObject) if child.inherits(kind))
        return tuple(original(self, kind, *args, **kwargs))

    qobject.findChildren = find_children


def is_cpp(cls: type) -> bool:
    """Is it a class of Qt, CTK or Slicer (or what stands in for one), not a class written in Python?"""
    return cls.__module__.startswith("PySide6.") or cls in _stand_ins


def _set_attribute(self: Any, name: str, value: Any) -> None:
    cls = type(self)
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if _building:
        if found is None:
            self.__dict__[name] = value
        return
    if isinstance(value, QtCore.SignalInstance) or name.startswith("__"):  # PySide6 itself keeps these
        self.__dict__[name] = value
        return
    if isinstance(found, QtCore.Property):  # of a stand-in
        if found.fset is None:
            raise AttributeError(f"property '{name}' of {cls.__name__} is read only")
        found.fset(self, value)
        return
    if hasattr(found, "__set__"):
        found.__set__(self, value)
        return
    if is_cpp(cls) and not name.startswith(HOST_PREFIX):
        if found is not None:
            raise AttributeError(f"'{name}' of {cls.__name__} is a method or signal and cannot be replaced")
        if name not in _dynamic_names(self):
            raise AttributeError(f"'{name}' does not exist on {cls.__name__}, and a C++ object takes no new attributes")
        QtCore.QObject.setProperty(self, name, value)
        return
    # The classes' own __setattr__ cannot be called once it is replaced, so write where it would write.
    self.__dict__[name] = value
