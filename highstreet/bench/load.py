"""What every bench needs: a small HTTP client that costs little, a meter of CPU time, and the market's web processes."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

_TICK = os.sysconf("SC_CLK_TCK")
_FIRST_PORT, _PORTS = 20_000, 12_000
_ports = count(os.getpid() * 100)  # a hundred to each process before they meet


class Answer(msgspec.Struct, frozen=True):
    """Status and body of one HTTP answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Client:
    """One keep-alive connection; one call at a time. Costs about a twentieth of a checkout, on the same cores."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send and read one answer; connects anew when the server closed the connection."""
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        assert self._reader is not None
        lines = [
            f"{method} {path} HTTP/1.1",
            f"host: {self._host}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0:
            length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        found = await self._reader.readexactly(length) if length else b""
        if b"connection: close" in lowered:
            self._writer.close()
            self._writer = None
        return Answer(int(head[9:12]), found)

    async def post(self, path: str, body: object, **headers: str) -> Answer:
        """POST a value as JSON."""
        return await self.call("POST", path, msgspec.json.encode(body), **headers)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def cpu_of(pid: int) -> float:
    """Seconds of CPU a process and its ended children took so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / _TICK


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_of_family(pid: int) -> float:
    """Seconds of CPU of a process and all below it."""
    return sum(cpu_of(one) for one in family(pid))


def free_port() -> int:
    """A loopback port nobody listens on, nor on the three after it.

    Below those the kernel lends to outgoing calls: a server that is killed and comes back finds its port free.
    """
    while True:
        port = _FIRST_PORT + next(_ports) * 4 % _PORTS
        if all(map(_is_free, range(port, port + 4))):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def web(processes: int, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The market's web processes on a free port until the block ends: (port, pid of the parent)."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "highstreet.cli", "web", "--processes", str(processes)],
        env=os.environ | environment | {"HIGHSTREET_PORT": str(port), "HIGHSTREET_LOG_LEVEL": "warning"},
        stdout=subprocess.DEVNULL,
    ) as running:
        try:
            _wait_for(port, running)
            yield port, running.pid
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if running.poll() is not None:
            raise RuntimeError("the web process ended at once; run `highstreet web` to see why")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                if b" 200 " in probe.recv(100):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the web processes did not answer within a minute")


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
