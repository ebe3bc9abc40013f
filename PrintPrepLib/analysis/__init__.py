"""What is measured on a finished surface."""
