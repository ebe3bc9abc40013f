"""Joining bodies that are separate already: by pins, or into one solid."""
