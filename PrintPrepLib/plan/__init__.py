"""Advice before the print: which process and material, how it lies, what it weighs and costs, and why."""
