"""Shapes whose truth is known by hand: size, volume, thickness, genus, crossings.

All are closed, wound outward and in millimetres unless the docstring says otherwise. Curved shapes are inscribed
polyhedra: their volume is a little below the ideal one, which is why each function says what the corners lie on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import trimesh

from PrintPrepLib.mesh import Mesh, concatenate

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)


def moved(mesh: Mesh, by: npt.ArrayLike) -> Mesh:
    """The same mesh shifted by a vector (mm)."""
    return Mesh(mesh.vertices + np.asarray(by, np.float64), mesh.faces, mesh.name)


def scaled(mesh: Mesh, factor: float) -> Mesh:
    """The same mesh scaled about the origin by a positive factor."""
    return Mesh(mesh.vertices * factor, mesh.faces, mesh.name)


def rotated(mesh: Mesh, degrees: float, axis: npt.ArrayLike = (1.0, 2.0, 3.0)) -> Mesh:
    """The same mesh turned about an axis through the origin."""
    matrix = trimesh.transformations.rotation_matrix(np.radians(degrees), np.asarray(axis, float))[:3, :3]
    return Mesh(mesh.vertices @ matrix.T, mesh.faces, mesh.name)


def sphere(radius: float = 10.0, center: Point = ORIGIN, subdivisions: int = 4) -> Mesh:
    """Icosphere: every vertex exactly on the sphere; 20 * 4**subdivisions triangles."""
    return moved(Mesh.from_trimesh(trimesh.creation.icosphere(subdivisions, radius), "sphere"), center)


def box(size: Point = (10.0, 10.0, 10.0), center: Point = ORIGIN, subdivisions: int = 0) -> Mesh:
    """Box with exact faces; every subdivision splits each triangle in four without moving the surface."""
    shape = trimesh.creation.box(extents=size)
    for _ in range(subdivisions):
        shape = shape.subdivide()
    return moved(Mesh.from_trimesh(shape, "box"), center)


def cylinder(radius: float = 5.0, height: float = 20.0, center: Point = ORIGIN, sections: int = 64) -> Mesh:
    """Cylinder along z; rim vertices on the circle of the radius."""
    shape = trimesh.creation.cylinder(radius, height, sections=sections)
    return moved(Mesh.from_trimesh(shape, "cylinder"), center)


def torus(major: float = 20.0, minor: float = 5.0, sections: int = 64) -> Mesh:
    """Torus about z, genus 1; ideal volume 2 * pi**2 * major * minor**2."""
    shape = trimesh.creation.torus(major, minor, major_sections=sections, minor_sections=sections // 2)
    return Mesh.from_trimesh(shape, "torus")


def plate(size: tuple[float, float] = (30.0, 20.0), thickness: float = 1.5, subdivisions: int = 4) -> Mesh:
    """Flat plate in the xy plane, centered on the origin."""
    return box((size[0], size[1], thickness), ORIGIN, subdivisions).with_name("plate")


def tube(inner: float = 4.0, outer: float = 6.0, height: float = 20.0, sections: int = 64) -> Mesh:
    """Pipe along z, open at both ends, genus 1; wall of ``outer - inner`` (vertices on both circles)."""
    shape = trimesh.creation.annulus(inner, outer, height, sections=sections)
    return Mesh.from_trimesh(shape, "tube")


def shell(inner: float = 8.0, outer: float = 10.0, subdivisions: int = 4) -> Mesh:
    """Hollow sphere: an outer sphere and a cavity wound inward, wall of ``outer - inner``."""
    cavity = sphere(inner, ORIGIN, subdivisions).flipped()
    return concatenate([sphere(outer, ORIGIN, subdivisions), cavity], "shell")


def two_spheres(radius: float = 5.0, distance: float = 20.0, subdivisions: int = 3) -> Mesh:
    """Two equal spheres on the x axis, ``distance`` between centers: apart if > 2 * radius, else crossing."""
    half = distance / 2.0
    left = sphere(radius, (-half, 0.0, 0.0), subdivisions)
    return concatenate([left, sphere(radius, (half, 0.0, 0.0), subdivisions)], "two spheres")


def wedge(length: float = 40.0, width: float = 20.0, thin: float = 0.8, thick: float = 6.0, steps: int = 40) -> Mesh:
    """Bar along x whose height along z grows linearly from thin to thick, symmetric about z = 0."""
    shape = trimesh.creation.box(extents=(length, width, 1.0))
    for _ in range(max(1, int(np.ceil(np.log2(steps))))):
        shape = shape.subdivide()
    points = np.array(shape.vertices)
    points[:, 2] *= thin + (thick - thin) * (points[:, 0] / length + 0.5)
    return Mesh(points, np.asarray(shape.faces), "wedge")


def grid_sheet(size: float = 10.0, cells: int = 10, height: float = 0.0) -> Mesh:
    """OPEN square sheet in the plane z = height, centered, facing +z, 2 * cells**2 triangles."""
    line = np.linspace(-size / 2.0, size / 2.0, cells + 1)
    x, y = np.meshgrid(line, line)
    points = np.stack([x.ravel(), y.ravel(), np.full(x.size, height)], axis=1)
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)[None, :]).ravel()
    right, up, both = corner + 1, corner + cells + 1, corner + cells + 2
    faces = np.concatenate([np.stack([corner, right, both], 1), np.stack([corner, both, up], 1)])
    return Mesh(points, faces, "sheet")


def open_box(size: Point = (10.0, 10.0, 10.0)) -> Mesh:
    """OPEN box: the two triangles looking to +z are missing (one hole of four edges)."""
    whole = box(size)
    return whole.submesh(whole.face_normals()[:, 2] < 0.5).with_name("open box")


def bumpy_sphere(triangles_of: int = 5, radius: float = 30.0, height: float = 2.0, waves: float = 7.0) -> Mesh:
    """Star-shaped body with smooth bumps, free of self-crossings: stands in for anatomy of any size."""
    ball = sphere(1.0, ORIGIN, triangles_of)
    x, y, z = ball.vertices.T
    bump = np.sin(waves * x + 0.3) * np.sin(waves * y + 1.1) * np.sin(waves * z + 2.3)
    return Mesh(ball.vertices * (radius + height * bump)[:, None], ball.faces, "bumpy sphere")


def soup(mesh: Mesh) -> Mesh:
    """The same triangles with no shared vertices, as an STL file holds them."""
    return Mesh(mesh.triangles.reshape(-1, 3), np.arange(3 * len(mesh.faces)).reshape(-1, 3), mesh.name)


def random_triangles(count: int, seed: int = 0, size: float = 10.0, edge: float = 2.0) -> Mesh:
    """OPEN soup of random triangles in a cube, for tests against brute force."""
    random = np.random.default_rng(seed)
    centers = random.uniform(-size / 2.0, size / 2.0, (count, 1, 3))
    corners = centers + random.normal(0.0, edge / 2.0, (count, 3, 3))
    return Mesh(corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3), "random triangles")


def write_open_box(path: Path) -> None:
    """Write a box without its lid as a PLY text file."""
    mesh = open_box((20.0, 20.0, 20.0))
    header = [
        "ply", "format ascii 1.0", f"element vertex {len(mesh.vertices)}", "property float x", "property float y",
        "property float z", f"element face {len(mesh.faces)}", "property list uchar int vertex_indices", "end_header",
    ]  # fmt: skip
    rows = [" ".join(map(str, row)) for row in mesh.vertices] + [f"3 {a} {b} {c}" for a, b, c in mesh.faces]
    path.write_text("\n".join(header + rows) + "\n")


# ---- thickness -------------------------------------------------------------------------------------------------------
