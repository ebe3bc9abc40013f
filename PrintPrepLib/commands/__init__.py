"""One small file per command: its options, and the call of the library."""
