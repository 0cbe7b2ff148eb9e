"""What people look at, for the HTML report, CSV and XLSX files, and the terminal."""

from .build import build
from .model import Book

__all__ = ["Book", "build"]
