"""What people look at, for the HTML report, CSV and XLSX files, and the terminal."""

from .build import build
from .model import Book
from .sheets import overview_sheets, sheets

__all__ = ["Book", "build", "overview_sheets", "sheets"]
