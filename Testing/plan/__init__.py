"""Tests of the plan and of how a model lies."""
