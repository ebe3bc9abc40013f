"""Open edges, edges and vertices that are not of one surface, and neighbors that look in opposite directions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..finding import Finding, Severity
from ..topology import non_manifold_vertices
from .subject import Subject, place, plural

_REPAIR = "Repair the model, then check again."


def check_edges(subject: Subject) -> list[Finding]:
    """Judge the edges and vertices of the surface."""
    return [_open(subject), _non_manifold(subject), _vertices(subject), _winding(subject)]


def _open(subject: Subject) -> Finding:
    count = subject.edges.open_edges
    if count == 0:
        return Finding("open-edges", Severity.PASS, "The surface is closed: no open edges.", 0, 0, "edges")
    edges = subject.edges.vertices[subject.edges.face_count == 1]
    used, number = np.unique(edges, return_inverse=True)
    number = number.reshape(edges.shape)
    graph = coo_array((np.ones(len(edges), bool), (number[:, 0], number[:, 1])), shape=(len(used), len(used)))
    holes, hole_of = connected_components(graph, directed=False)
    ends = subject.seen.vertices[edges]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    of_edge = hole_of[number[:, 0]]
    rim = np.bincount(of_edge, weights=length)
    worst = int(rim.argmax())
    return Finding(
        "open-edges",
        Severity.FAIL,
        f"The surface is open: {plural(count, 'open edge')} round {plural(holes, 'hole')}; the largest has a rim of "
        f"{rim[worst]:.1f} mm.",
        count,
        0,
        "edges",
        place(ends[of_edge == worst].reshape(-1, 3).mean(axis=0)),
        f"A print program has to guess what is inside. {_REPAIR}",
    )


def _non_manifold(subject: Subject) -> Finding:
    bad = np.flatnonzero(subject.edges.face_count > 2)
    if not len(bad):
        message = "Every edge joins two triangles at most."
        return Finding("non-manifold-edges", Severity.PASS, message, 0, 0, "edges")
    return Finding(
        "non-manifold-edges",
        Severity.FAIL,
        f"{plural(len(bad), 'edge joins', 'edges join')} more than two triangles: surfaces meet there and no inside "
        "can be told.",
        len(bad),
        0,
        "edges",
        subject.edge_middle(int(bad[0])),
        _REPAIR,
    )


def _vertices(subject: Subject) -> Finding:
    bad = non_manifold_vertices(subject.seen, subject.edges)
    if not len(bad):
        message = "No two surfaces touch in a single point."
        return Finding("non-manifold-vertices", Severity.PASS, message, 0, 0, "vertices")
    return Finding(
        "non-manifold-vertices",
        Severity.WARN,
        f"In {plural(len(bad), 'point')} two surfaces touch without being joined: such a joint has no strength.",
        len(bad),
        0,
        "vertices",
        place(subject.seen.vertices[bad[0]]),
        "It prints, but it breaks there. Thicken the place or repair the model.",
    )


def _winding(subject: Subject) -> Finding:
    # An edge of four triangles is consistent when two run each way; that it has four is another finding.
    edges = subject.edges
    bad = np.flatnonzero((edges.face_count % 2 == 0) & (edges.winding != 0))
    if not len(bad):
        return Finding("winding", Severity.PASS, "Neighboring triangles look to the same side.", 0, 0, "edges")
    return Finding(
        "winding",
        Severity.FAIL,
        f"At {plural(len(bad), 'edge')} neighboring triangles look in opposite directions.",
        len(bad),
        0,
        "edges",
        subject.edge_middle(int(bad[0])),
        f"Inside and outside are mixed up there. {_REPAIR}",
    )
