"""The command line: it parses, calls `sync.run`, and shows what came back.

Nothing heavy is imported until a command needs it, so that ``pulsefield --help`` stays fast.
"""

from .main import command, main

__all__ = ["command", "main"]
