"""Recipes that several tests begin with."""

from __future__ import annotations

HEAD = 'schema = "printprep-recipe/1"\n'
BONE = """[[step]]
do = "threshold"
preset = "bone"
[[step]]
do = "islands"
keep = "largest"
[[step]]
do = "surface"
[[step]]
do = "fragments"
"""
"""The bone of the demo: its largest piece as a surface."""
PRINTER = '[printer]\nname = "prusa-mk4"\n'
CUT_IN_TWO = """[[step]]
do = "threshold"
lower = 250
[[step]]
do = "smooth"
[[step]]
do = "cut"
through = "sagittal"
"""
