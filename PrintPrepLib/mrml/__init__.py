"""Slicer's scene and the library: nodes to volumes, segmentations, meshes and planes, and back.

The only part of the library that knows MRML. It imports ``slicer`` inside functions, and it alone turns Slicer's RAS
into LPS. In Slicer's Python console, from a segmentation to a checked STL file:

>>> import slicer
>>> from PrintPrepLib.mrml import segmentation_to_stl  # doctest: +SKIP
>>> node = slicer.util.getNode("Segmentation")  # doctest: +SKIP
>>> result = segmentation_to_stl(node, "model.stl")  # doctest: +SKIP
>>> for receipt in result.receipts:  # doctest: +SKIP
...     print(receipt.operation, receipt.notes, receipt.warnings)
>>> for finding in result.findings:  # doctest: +SKIP
...     print(finding.severity.value, finding.message)
>>> print("ready to print" if result.ready else "NOT ready to print")  # doctest: +SKIP
"""

from __future__ import annotations

from .console import StlResult, segmentation_to_stl
from .hashes import Content, InputNode, content_hash, content_of, hashing_once
from .identity import gather_source, source_files
from .job import ExportedJob, export_job, import_results, made_the_same, marks_of_record, read_results, words_for_pieces
from .labelresult import add_label_result, drop_labels, label_results, show_labels
from .labels import SegmentsInSpace, labels_from_node, segmentation_from_node
from .lattice import source_volume_node
from .markups import (
    NamedPlace,
    cut_plane_from_node,
    cut_plane_to_node,
    places_from_node,
    places_to_node,
    plane_matrix_ras,
    set_bound,
)
from .models import fill_model, hide_scalars, mesh_from_node, polydata_in_ras, show_scalars
from .picks import (
    Pick,
    add_length_node,
    add_pick_node,
    length_of_node,
    pick_values,
    protected_balls,
    radius_of,
    show_pick,
)
from .preview import PreviewNodes, add_preview, draw_preview, remove_preview
from .result import (
    Result,
    add_result,
    drop_last,
    inputs_of_study,
    is_stale,
    remove_study,
    results,
    show_result,
    stale_findings,
)
from .segments import SegmentInfo, SegmentState, list_segments, preview_findings
from .space import flip, transform_findings
from .study import (
    Study,
    create_study,
    find_studies,
    load_record,
    load_settings,
    save_record,
    save_settings,
    set_sources,
    study_of,
)
from .volumes import volume_from_node

__all__ = [
    "Content",
    "ExportedJob",
    "InputNode",
    "NamedPlace",
    "Pick",
    "PreviewNodes",
    "Result",
    "SegmentInfo",
    "SegmentState",
    "SegmentsInSpace",
    "StlResult",
    "Study",
    "add_label_result",
    "add_length_node",
    "add_pick_node",
    "add_preview",
    "add_result",
    "content_hash",
    "content_of",
    "create_study",
    "cut_plane_from_node",
    "cut_plane_to_node",
    "draw_preview",
    "drop_labels",
    "drop_last",
    "export_job",
    "fill_model",
    "find_studies",
    "flip",
    "gather_source",
    "hashing_once",
    "hide_scalars",
    "import_results",
    "inputs_of_study",
    "is_stale",
    "label_results",
    "labels_from_node",
    "length_of_node",
    "list_segments",
    "load_record",
    "load_settings",
    "made_the_same",
    "marks_of_record",
    "mesh_from_node",
    "pick_values",
    "places_from_node",
    "places_to_node",
    "plane_matrix_ras",
    "polydata_in_ras",
    "preview_findings",
    "protected_balls",
    "radius_of",
    "read_results",
    "remove_preview",
    "remove_study",
    "results",
    "save_record",
    "save_settings",
    "segmentation_from_node",
    "segmentation_to_stl",
    "set_bound",
    "set_sources",
    "show_labels",
    "show_pick",
    "show_result",
    "show_scalars",
    "source_files",
    "source_volume_node",
    "stale_findings",
    "study_of",
    "transform_findings",
    "volume_from_node",
    "words_for_pieces",
]
