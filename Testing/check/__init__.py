"""Tests of the print-readiness list."""
