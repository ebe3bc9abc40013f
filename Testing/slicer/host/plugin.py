"""The pytest fixture ``host``; a test file states ``pytest_plugins = ("Testing.slicer.host.plugin",)``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def host() -> Iterator[Any]:
    """A Slicer without Slicer for one test; fails the test on anything that went wrong unseen."""
    from .install import missing_reason

    reason = missing_reason()
    if reason is not None:
        pytest.skip(reason)
    from .session import Host

    session = Host()
    session.begin()
    try:
        yield session
    finally:
        wrong = session.end()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
