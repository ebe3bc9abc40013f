"""Plane cuts: a closed model into closed parts that meet in flat faces."""
