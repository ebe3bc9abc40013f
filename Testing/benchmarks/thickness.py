"""Wall thickness against analytic truth and against other programs, in one run: error table, then seconds.

Run ``python Testing/benchmarks/thickness.py``. Peers are used where they are installed (``pip install embreex porespy
meshlib``); MeshLib's licence bars shipping it, it only judges here. Every shape comes coarse and fine, rotated at
random; places that the method names (rims, where the true thickness goes to nothing) are left out of the table of
errors and so are other places where the truth is not known.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PrintPrepLib.engine import is_compiled  # noqa: E402
from PrintPrepLib.mesh import Mesh  # noqa: E402
from Testing.benchmarks.thickness_cases import MAX_MM, cases, shells  # noqa: E402
from Testing.benchmarks.thickness_programs import Measure, programs  # noqa: E402
from Testing.support import shapes  # noqa: E402

WRONG = 0.2
ROUNDS = 3


def error_table(chosen: dict[str, Measure], slow: int) -> tuple[int, list[str]]:
    """Print the errors; return how many of ours miss the bar, and the table as Markdown."""
    missed = 0
    others = [name for name in chosen if name != "PrintPrep"]
    table = [
        "| shape | median % | 95 % | largest % | " + " | ".join(f"{name}: wrong" for name in others) + " |",
        "|---|---|---|---|" + "---|" * len(others),
    ]
    print(f"\n{'shape':<30}{'program':<20}{'median %':>9}{'95 %':>8}{'max %':>8}{'thin %':>8}{'thick %':>8}{'s':>8}")
    for case in cases():
        row = [case.name] + [""] * (3 + len(others))
        for name, measure in chosen.items():
            if name in ("porespy 0.25 mm", "trimesh max_sphere") and len(case.mesh.vertices) > slow:
                continue
            start = time.perf_counter()
            try:
                found = measure(case.mesh, MAX_MM)
            except Exception as error:
                print(f"{case.name:<30}{name:<20} failed: {type(error).__name__}")
                continue
            seconds = time.perf_counter() - start
            relative = found[case.known] / case.truth[case.known] - 1.0
            size = np.abs(relative)
            figures = [100 * np.median(size), 100 * np.percentile(size, 95), 100 * size.max()]
            wrong = [100 * np.mean(relative < -WRONG), 100 * np.mean(relative > WRONG)]
            line = "".join(f"{min(value, 9999):8.2f}" for value in (*figures, *wrong))
            print(f"{case.name if name == 'PrintPrep' else '':<30}{name:<20} {line}{seconds:8.2f}")
            if name == "PrintPrep":
                row[1:4] = [f"{value:.2f}" for value in figures]
            else:
                row[4 + others.index(name)] = f"{sum(wrong):.1f} %"
            if name == "PrintPrep" and not case.name.startswith("label map"):
                missed += figures[0] > 1.0 or figures[1] > 3.0 or figures[2] > 100 * WRONG
        table.append("| " + " | ".join(row) + " |")
    return missed, table


def speed_table(chosen: dict[str, Measure]) -> None:
    """Print the least seconds of some rounds at half a million and at two million triangles, and ratios to ours."""
    print(f"\nlargest ball {MAX_MM:g} mm{'':<20}{'triangles':>12}{'seconds':>10}{'ratio to PrintPrep':>20}")
    for name, mesh in (
        ("bumpy ball", shapes.bumpy_sphere(7)),
        ("shells of 1 mm", shells(3)),
        ("shells of 1 mm", shells(12)),
    ):
        least: dict[str, float] = {}
        for _ in range(ROUNDS):  # in turns, so that whatever else the machine does is shared alike
            for program in ("PrintPrep", "MeshLib in-sphere", "embreex ray"):
                if program not in chosen:
                    continue
                anew = Mesh(mesh.vertices, mesh.faces)  # nothing is cached from before
                start = time.perf_counter()  # MeshLib's time holds the turning of its answer into an array, some 0.05 s
                chosen[program](anew, MAX_MM)
                least[program] = min(least.get(program, np.inf), time.perf_counter() - start)
        for program, seconds in least.items():
            ratio = seconds / least["PrintPrep"]
            print(f"{name:<18}{program:<20}{len(mesh.faces):>12}{seconds:>10.2f}{ratio:>20.2f}")
    memory = memory_at_most(chosen["PrintPrep"], mesh)
    if memory is not None:
        print(f"PrintPrep takes {memory:.0f} MB at most besides the mesh of {len(mesh.faces)} triangles")


def memory_at_most(measure: Measure, mesh: Mesh) -> float | None:
    """Megabytes that the process grows by at most while it measures; None where the system does not tell."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not (status.exists() and reset.exists()):
        return None

    def read(key: str) -> float:
        line = next(line for line in status.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1]) * 1024 / 1e6

    gc.collect()
    reset.write_text("5")
    before = read("VmRSS")
    measure(Mesh(mesh.vertices, mesh.faces), MAX_MM)
    return read("VmHWM") - before


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", type=int, default=15_000, help="most vertices for the slow peers")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the errors as a Markdown table, too")
    parser.add_argument("--no-speed", action="store_true", help="errors only")
    parser.add_argument("--no-errors", action="store_true", help="speed only")
    options = parser.parse_args()
    print("numba" if is_compiled() else "numpy only")
    chosen = programs()
    chosen["PrintPrep"](shapes.box(subdivisions=2), MAX_MM)  # loading what is compiled is not what is timed
    missed = 0
    if not options.no_errors:
        missed, table = error_table(chosen, options.slow)
        if options.markdown:
            options.markdown.write_text("\n".join(table) + "\n", encoding="utf-8")
        print(f"\n{missed} of our rows miss the bar: median under 1 %, 95 % under 3 %, nothing wrong by more than 20 %")
    if not options.no_speed:
        speed_table(chosen)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
