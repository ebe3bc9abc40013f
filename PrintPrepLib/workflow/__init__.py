"""Recipe, run and batch: puts the rooms' steps in order. Computes no geometry."""
