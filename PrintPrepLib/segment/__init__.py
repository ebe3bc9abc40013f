"""Segment: from grey values, or a ready label map, to the structure that will be printed."""
