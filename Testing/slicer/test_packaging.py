"""The extension as it is built, published and loaded: file lists, the index's rules, imports, time to load."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from Testing.support.cmake_lists import MODULES, ROOT, files_of, listed_in

INDEX_FILE = ROOT / "Resources" / "ExtensionsIndex" / "PrintPrep.json"
INDEX_KEYS = {
    "$schema", "category", "scm_url", "scm_revision", "scm_type", "build_dependencies", "dicom_support_rule",
    "build_subdirectory", "enabled", "tier",
}  # fmt: skip
LONGEST_LOAD_S = 0.3
NEEDED_CMAKE = (3, 28)
AT_FILE_SCOPE = {"numpy", "scipy", "vtk", "vtkmodules", "SimpleITK", "pydicom", "slicer", "qt", "ctk", "PrintPrepLib"}
"""Packages that may be imported when a file is; Slicer brings all of them."""
HEAVY = ("PrintPrepLib", "SimpleITK", "scipy", "pydicom", "trimesh", "manifold3d", "numba", "PrintPrepPanel")
"""What loading the module must not import."""
TO_INSTALL = ("trimesh", "manifold3d", "fast_simplification", "numba", "fontTools", "segno", "pystrich")
"""What opening the panel must not import: Slicer has it only after the user said yes."""
IN_SLICER_ALREADY = {"numpy", "scipy", "vtk", "simpleitk", "pydicom"}
LICENSES = ("LICENSE", "LICENCE", "License.txt", "license.txt", "LICENSE.txt", "COPYING", "COPYING.txt")
MOST_BYTES = 5_000_000


@pytest.mark.parametrize("module", list(MODULES))
def test_lists_are_complete_both_ways(module: str) -> None:
    scripts, resources = files_of(module)
    how = "Run: python -m Testing.support.cmake_lists"
    assert listed_in(module, "SCRIPTS") == scripts, how
    assert listed_in(module, "RESOURCES") == resources, how


def test_every_test_for_slicer_is_listed() -> None:
    text = (ROOT / "Testing" / "Python" / "CMakeLists.txt").read_text()
    files = sorted(path.name for path in (ROOT / "Testing" / "Python").glob("*.py"))
    assert re.findall(r"SCRIPT (\S+?)\)", text) == files


def test_description_of_the_index() -> None:
    text = INDEX_FILE.read_text("utf-8")
    assert "\r" not in text
    assert "\t" not in text
    assert text.endswith("}\n")
    data = json.loads(text)
    assert set(data) <= INDEX_KEYS
    assert {"$schema", "category", "scm_url"} <= set(data)
    assert data["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert data["category"] == "Printing"
    assert re.fullmatch(r"https://\S+/Slicer\w+\.git", data["scm_url"])
    assert data["tier"] in (1, 2, 3, 4, 5)
    assert not INDEX_FILE.stem.lower().startswith("slicer")


def test_root_file_of_cmake() -> None:
    text = (ROOT / "CMakeLists.txt").read_text()
    name = re.search(r"(?i)project\(\s*(\w+)", text)
    assert name is not None
    assert name[1] == INDEX_FILE.stem
    assert "EXTENSION_NAME" not in text
    assert "MODULE_NAME" not in text  # it would rename the extension
    for key in ("ICONURL", "SCREENSHOTURLS"):
        found = re.search(rf'set\(EXTENSION_{key} "([^"\n]+)"\)', text)
        assert found is not None, f"{key} must be one line in double quotes"
        for url in found[1].split():
            assert url.startswith("https://")
            file = ROOT / url.partition("/main/")[2]
            assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", url
    for key in ("LICENSE_FILE", "README_FILE"):
        found = re.search(rf'set\(EXTENSION_{key} "\$\{{CMAKE_CURRENT_SOURCE_DIR\}}/(\S+)"\)', text)
        assert found is not None
        assert (ROOT / found[1]).is_file()


def test_license_has_a_name_that_the_index_accepts() -> None:
    assert any((ROOT / name).is_file() for name in LICENSES)


def test_nothing_large() -> None:
    for module in MODULES:
        for path in (ROOT / module).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.stat().st_size < MOST_BYTES, path


def test_icons() -> None:
    from struct import unpack

    sizes = {}
    for path in (ROOT / "Resources" / "PrintPrep.png", *(ROOT / "PrintPrep/Resources/Icons").glob("*.png")):
        sizes[path.name] = unpack(">II", path.read_bytes()[16:24])
    assert sizes == {"PrintPrep.png": (128, 128), "PrintPrepPhantom.png": (260, 280)}


def test_requirements() -> None:
    lines = [line for line in (ROOT / "PrintPrep/Resources/requirements.txt").read_text().splitlines() if line]
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9-]+>=[0-9.]+", line), line
        assert line.partition(">=")[0].lower() not in IN_SLICER_ALREADY


@pytest.mark.parametrize("module", list(MODULES))
def test_imports_at_file_scope_are_slicers_own(module: str) -> None:
    optional = ROOT / "PrintPrepLib"
    for script in files_of(module)[0]:
        tree = ast.parse((ROOT / module / script).read_text("utf-8"))
        for node in tree.body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module.split(".")[0]]
            for name in names:
                if name == "numba" and optional in (ROOT / module / script).parents and "_kernels" in script:
                    continue  # files that are imported only where numba is there
                assert name in AT_FILE_SCOPE or name in sys.stdlib_module_names, f"{module}/{script} imports {name}"


def test_translated_texts_are_no_f_strings() -> None:
    count = 0
    for script in files_of("PrintPrep")[0]:
        for node in ast.walk(ast.parse((ROOT / "PrintPrep" / script).read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                count += 1
                assert len(node.args) == 1
                assert isinstance(node.args[0], ast.Constant), f"{script}:{node.lineno}"
    assert count > 100


def test_loading_is_quick_and_imports_nothing_heavy() -> None:
    pytest.importorskip("PySide6", reason="the extra 'slicer-test' is not installed")
    script = (
        "import json\n"
        "import Testing.slicer.conftest\n"
        "from Testing.slicer.host.install import missing_reason\n"
        "reason = missing_reason()\n"
        "if reason is not None:\n"
        "    print(json.dumps({'skip': reason})); raise SystemExit\n"
        "from Testing.slicer.host.session import Host\n"
        "host = Host(); host.begin()\n"
        f"module = host.load({str(ROOT / 'PrintPrep' / 'PrintPrep.py')!r})\n"
        "loaded = sorted(module._h_imported)\n"
        "module.enter()\n"
        "import sys\n"
        "print(json.dumps({'seconds': module._h_load_seconds, 'imported': loaded, 'entered': sorted(sys.modules)}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    if "skip" in told:
        pytest.skip(told["skip"])
    heavy = [name for name in told["imported"] if name.split(".")[0] in HEAVY]
    assert heavy == []
    assert "PrintPrepLib.workflow.steps" in told["entered"]
    assert [name for name in TO_INSTALL if name in told["entered"]] == []
    assert told["seconds"] < LONGEST_LOAD_S


def _cmake() -> str:
    beside = Path(sys.executable).with_name("cmake")
    found = str(beside) if beside.exists() else shutil.which("cmake")
    if found is None:
        pytest.skip("there is no CMake here")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)\.(\d+)", told)
    assert match is not None
    if (int(match[1]), int(match[2])) < NEEDED_CMAKE:
        pytest.skip(f"CMake {match[0]} is older than {NEEDED_CMAKE[0]}.{NEEDED_CMAKE[1]}")
    return found


def test_configured_and_installed_it_runs(tmp_path: Path) -> None:
    cmake = _cmake()
    build, place = tmp_path / "build", tmp_path / "place"
    stub = ROOT / "Testing" / "slicer" / "stub_slicer"
    words = [f"-DSlicer_DIR={stub}", f"-DCMAKE_INSTALL_PREFIX={place}", "-DBUILD_TESTING=ON"]
    for command in (
        [cmake, "-S", str(ROOT), "-B", str(build), *words],
        [cmake, "--build", str(build)],
        [cmake, "--install", str(build)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    modules = place / "lib" / "qt-scripted-modules"
    assert (modules / "PrintPrep.py").is_file()
    assert (modules / "Resources" / "UI" / "PrintPrep.ui").is_file()
    script = (
        "import PrintPrepLib, importlib, pkgutil\n"
        f"assert PrintPrepLib.__file__.startswith({str(modules)!r}), PrintPrepLib.__file__\n"
        "from PrintPrepLib.workflow.recipe import load_preset\n"
        "from PrintPrepLib.profiles import printers\n"
        "load_preset('bone'); printers()\n"
        "names = [m.name for m in pkgutil.walk_packages(PrintPrepLib.__path__, 'PrintPrepLib.')]\n"
        "assert len(names) > 100, len(names)\n"
        "[importlib.import_module(name) for name in names if '_kernels' not in name and '__main__' not in name]\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=300,
        env={**environment, "PYTHONPATH": str(modules)},
    )
    assert done.returncode == 0, done.stderr
