"""Scan: review a volume for printing."""
