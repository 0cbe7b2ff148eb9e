"""A PostgreSQL server of the tests' own: made when first asked for, gone when they end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.needs import missing

REMEDY = "install Debian's package postgresql"


@dataclass
class Postgres:
    """A running server, reached by a socket in ``folder``; ``database`` makes an empty one."""

    programs: Path
    folder: Path
    user: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs as the user that it runs as."""
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            user=self.user if os.geteuid() == 0 else None,
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run("createdb", "-h", str(self.folder), "-U", self.user, name)
        return f"postgresql://{self.user}@/{name}?host={self.folder}"


@contextmanager
def started() -> Iterator[Postgres]:
    """Start a server for as long as it is needed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 bytes
    user = "postgres" if os.geteuid() == 0 else os.environ.get("USER", "postgres")
    server = Postgres(programs, folder, user)
    data = str(folder / "data")
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        server.run(
            "initdb", "-D", data, "-U", user, "-A", "trust", "-N", "--no-locale", "-E", "UTF8"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        server.run("pg_ctl", "start", "-D", data, "-w", "-l", log, "-o", options)
        try:
            yield server
        finally:
            server.run("pg_ctl", "stop", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Where initdb is: where Debian puts it, or on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = versions[-1] if versions else shutil.which("initdb") or missing("initdb", REMEDY)
    return Path(found).parent
