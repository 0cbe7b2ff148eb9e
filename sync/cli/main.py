"""Entry point: runs the command, and turns what went wrong into a message and an exit code.

Exit codes: 0 done; 1 done, but some rows were refused, or a system did not answer and the rest
waits for the next run; 2 set-up or configuration; 3 unsafe plan; 4 a bug in Pulsefield.
"""

import atexit
import gc
import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from sync import logs

REFUSED, SETUP, UNSAFE, BUG = 1, 2, 3, 4
GARBAGE = 200_000
"""Objects after which garbage is looked for: more than a short command makes. At Python's 700 all
that is imported is walked over again and again: 0.15 s. ``schedule`` looks after each run as well.
"""

LOOKING = {"score", "explain"}
"""Commands that ask no system: no driver of a SQL source may need what is hidden from them."""


class Hidden:
    """Keeps numpy out, which Arrow loads wherever it is installed, and pandas with it: 0.25 s.

    To whoever imports it, it is not there, as in an installation of Pulsefield alone.
    """

    def find_spec(self, name: str, path: object, target: object = None) -> None:  # noqa: ARG002
        """Tell that there is no such module; of others nothing."""
        if name == "numpy":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def exit_code(error: Exception) -> int:
    """Return the exit code for an error that ended a command."""
    from connectors.errors import ConnectorError, SetupError
    from scoring import ModelError
    from sync.errors import SyncError, UnsafePlanError

    if isinstance(error, UnsafePlanError):
        return UNSAFE
    if isinstance(error, SyncError | ModelError | SetupError):
        return SETUP
    return REFUSED if isinstance(error, ConnectorError) else BUG


def main() -> None:
    """Run ``pulsefield`` with the arguments of the process, which is this command's alone."""
    gc.set_threshold(GARBAGE)
    if LOOKING.intersection(sys.argv[1:2]):
        sys.meta_path.insert(0, Hidden())
    try:
        command()
    except SystemExit as stop:
        _leave(int(stop.code or 0))


def _leave(code: int) -> NoReturn:
    """End the process; Python would first take apart all that was imported: 0.03 s."""
    atexit._run_exitfuncs()  # noqa: SLF001 (as multiprocessing does)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # nobody reads any more, or never did
            stream.flush()
    os._exit(code)


def command() -> None:
    """Run one command with the arguments of the process."""
    from .app import app

    try:
        app()
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error becomes a code
        code = exit_code(error)
        _tell(error, bug=code == BUG)
        sys.exit(code)
    finally:
        logs.end()


def _tell(error: Exception, *, bug: bool) -> None:
    if logs.TELLING.as_json:
        logs.LOGGER.error("bug" if bug else str(error), exc_info=bug)
    elif bug:
        traceback.print_exc()
        sys.stderr.write("\nThis is a bug in Pulsefield; the lines above help to mend it.\n")
    else:
        sys.stderr.write(f"pulsefield: {error}\n")
