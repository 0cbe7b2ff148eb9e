"""The HTML report: one file with everything in it, which asks no network."""

from .page import page

__all__ = ["page"]
