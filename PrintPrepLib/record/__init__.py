"""The record of a run, its pictures, and the search for patient data in what was written."""
