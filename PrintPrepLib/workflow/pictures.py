"""The pictures of a run: the model, its outline over the scan, where it was changed, and how thick its walls are.

They are drawn in a thread of their own while the model is measured and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import numpy as np

from ..analysis.deviation import Deviation
from ..analysis.thickness import Thickness
from ..analysis.thin import thin_places
from ..errors import Cancelled
from ..export import OutputFolder, WrittenFile
from ..mesh import Mesh
from ..record.before_after import render_before_after
from ..record.calipers import Caliper
from ..record.maps import render_calipers, render_deviation, render_thickness
from ..record.pictures import render_mesh
from ..record.slices import render_slice_overlay
from ..volume import Volume


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

    def take(self, out: OutputFolder, volume: Volume, mesh: Mesh, proven: Mesh | None = None) -> None:
        """Start drawing the model, and over the scan its outline, or that of the surface that is held against it."""
        model, overlay = out.file("model.png"), out.file("overlay.png")
        outlined = mesh if proven is None else proven
        self._submit(lambda: render_mesh(mesh, model, progress=self._asked_to_stop))
        self._submit(lambda: render_slice_overlay(volume, outlined, overlay, progress=self._asked_to_stop))

    def take_deviation(self, out: OutputFolder, mesh: Mesh, deviation: Deviation) -> None:
        """Start drawing where the model was changed."""
        path = out.file("deviation.png")
        self._submit(lambda: render_deviation(mesh, deviation, path, progress=self._asked_to_stop))

    def take_before_after(self, out: OutputFolder, before: Mesh, after: Mesh, at_mm: tuple[float, ...]) -> None:
        """Start drawing the model before and after it was smoothed and simplified."""
        path, place = out.file("before_after.png"), np.array(at_mm)
        self._submit(lambda: render_before_after(before, after, place, path, progress=self._asked_to_stop))

    def take_calipers(self, out: OutputFolder, mesh: Mesh, rows: Sequence[Caliper]) -> None:
        """Start drawing where the print is to be measured."""
        path = out.file("calipers.png")
        self._submit(lambda: render_calipers(mesh, rows, path, progress=self._asked_to_stop))

    def take_thickness(self, out: OutputFolder, mesh: Mesh, walls: Thickness, limit_mm: float | None) -> None:
        """Start drawing how thick the walls are, with the thin places where there is a limit."""
        path = out.file("thickness.png")

        def draw() -> WrittenFile:
            places = None if limit_mm is None else thin_places(mesh, walls, limit_mm)
            return render_thickness(mesh, walls, path, places=places, progress=self._asked_to_stop)

        self._submit(draw)

    def finished(self) -> list[WrittenFile]:
        """Wait for the pictures and return what was written."""
        return [future.result() for future in self._waiting]

    def _submit(self, draw: Callable[[], WrittenFile]) -> None:
        self._waiting.append(self._pool.submit(draw))

    def _asked_to_stop(self, fraction: float, text: str) -> None:
        if self._stopped:
            raise Cancelled("Cancelled. Nothing was written.")
