"""Laying models on the bed of a printer: flat on a face, and several beside one another."""
