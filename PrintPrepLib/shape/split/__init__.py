"""Splitting a model into parts that fit a printer."""
