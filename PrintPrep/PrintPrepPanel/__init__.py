"""The parts of the PrintPrep panel. Nothing in here computes geometry: it calls PrintPrepLib, or a process of it."""
