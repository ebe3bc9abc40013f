"""Combining a model with another body: another mesh, or a box, cylinder, ball or half of space."""
