"""Struts: loose parts of a model held in their true relation by thin columns that are not anatomy."""
