"""How fast written files are searched for patient data, beside GNU grep with the same texts (which unpacks nothing).

Run: ``python -m Testing.benchmarks.privacy_search [FOLDER]``; without a folder it makes one of some 60 MB.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PrintPrepLib.export import write_mesh
from PrintPrepLib.record.identity import source_identity
from PrintPrepLib.record.patterns import Patterns
from PrintPrepLib.record.privacy import find_identity
from Testing.support import shapes
from Testing.support.markers import write_marked_series


def main(folder: Path | None) -> None:
    """Print seconds and megabytes a second."""
    with tempfile.TemporaryDirectory() as room:
        forms = source_identity(write_marked_series(Path(room) / "source")[0]).forms
        if folder is None:
            folder = Path(room) / "written"
            folder.mkdir()
            ball = shapes.bumpy_sphere(8)
            for ending in (".stl", ".obj", ".ply", ".vtp", ".3mf", ".glb"):
                write_mesh(ball, folder / f"ball{ending}")
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        Patterns.of(word.strip() for word in forms if word.strip())  # made once in a run
        start, clock = time.process_time(), time.perf_counter()
        hits = find_identity(folder, forms)
        ours, wall = time.process_time() - start, time.perf_counter() - clock
        print(f"{size:.0f} MB, {len(forms)} texts, {len(hits)} hits: {ours:.2f} s CPU, {wall:.2f} s on the clock, "
              f"{size / ours:.0f} MB/s")  # fmt: skip
        if shutil.which("grep"):
            words = Path(room) / "words"
            words.write_text("\n".join(word.strip() for word in forms if word.strip()), "utf-8")
            clock = time.perf_counter()
            subprocess.run(["grep", "-r", "-a", "-i", "-F", "-c", "-f", str(words), str(folder)], capture_output=True,
                           check=False, env={"LC_ALL": "C"})  # fmt: skip
            grep = time.perf_counter() - clock
            print(f"grep -aiF, one encoding, nothing unpacked: {grep:.2f} s on the clock, ratio {wall / grep:.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
