"""The pictures of a run: the model, its outline over the scan, and where it was changed.

The first two are drawn in a thread of their own while the model is measured and checked.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from ..analysis.deviation import Deviation
from ..errors import Cancelled
from ..export import OutputFolder, WrittenFile
from ..mesh import Mesh
from ..record.pictures import View, render_mesh
from ..record.slices import render_slice_overlay
from ..volume import Volume

LEAST_COLOR_RANGE_MM = 0.02
"""Deviations below this all look the same: coloring them would show noise as change."""

DEVIATION_VIEWS = (View.THREE_QUARTER, View.BACK)
DEVIATION_SIZE = (1600, 760)


class Photographer:
    """Draws pictures beside the main work; leaving the block waits for it, and stops it early on an error."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._stopped = False
        self._waiting: list[Future[WrittenFile]] = []

    def __enter__(self) -> Photographer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped = kind is not None
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def take(self, out: OutputFolder, volume: Volume, mesh: Mesh) -> None:
        """Start drawing the model and its outline over the scan."""
        model, overlay = out.file("model.png"), out.file("overlay.png")
        self._submit(lambda: render_mesh(mesh, model, progress=self._asked_to_stop))
        self._submit(lambda: render_slice_overlay(volume, mesh, overlay, progress=self._asked_to_stop))

    def take_deviation(self, out: OutputFolder, mesh: Mesh, deviation: Deviation) -> None:
        """Start drawing where the model was changed."""
        span = max(deviation.forward.p95_mm * 2.0, LEAST_COLOR_RANGE_MM)
        colored, path = deviation.colored(mesh), out.file("deviation.png")
        self._submit(
            lambda: render_mesh(
                colored,
                path,
                views=DEVIATION_VIEWS,
                scalars="deviation_mm",
                value_range=(-span, span),
                label="Deviation",
                title="Deviation of the model from the surface of the scan",
                size=DEVIATION_SIZE,
                progress=self._asked_to_stop,
            )
        )

    def finished(self) -> list[WrittenFile]:
        """Wait for the pictures and return what was written."""
        return [future.result() for future in self._waiting]

    def _submit(self, draw: Callable[[], WrittenFile]) -> None:
        self._waiting.append(self._pool.submit(draw))

    def _asked_to_stop(self, fraction: float, text: str) -> None:
        if self._stopped:
            raise Cancelled("Cancelled. Nothing was written.")
