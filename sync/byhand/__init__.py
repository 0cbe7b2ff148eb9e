"""A workbook that scores by hand: people type in values, its formulas do what the model says."""

from .workbook import workbook

__all__ = ["workbook"]
