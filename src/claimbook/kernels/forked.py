"""The near side of warm kernels: start the server, ask it for a kernel, hold on to the kernel."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "claimbook-warm"  # of the provisioner, in the group of entry points below
GROUP = "jupyter_client.kernel_provisioners"
SOCKET = "CLAIMBOOK_KERNELS"  # the variable with a server's socket; empty: fork none
# Variables that act when an interpreter or a library starts, by the beginning of their names. A
# kernel that needs others than the server started with cannot be forked from it.
STARTING = (
    *("PYTHON", "LC_", "LANG", "LD_", "MPL", "NPY_", "OMP_", "OPENBLAS", "MKL_", "GOTO", "BLIS_"),
    *("VECLIB", "NUMEXPR", "JE_ARROW", "ARROW_", "MALLOC_", "GLIBC_", "CLAIMBOOK_ROOT"),
)
# A process with threads of its own cannot be forked safely; with these, libraries start none.
ONE_THREAD = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
READY = 120.0  # seconds in which a server must have imported everything


def possible() -> bool:
    """Whether kernels can be forked here: Linux, where nothing of the system stands against it."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def starting(environment: Mapping[str, str]) -> dict[str, str]:
    """Of an environment, what must be as it was when the server started."""
    # Python itself sets this one in the plain C locale, and then starts as if it had been given.
    coerced = {"LC_CTYPE": "C.UTF-8"}.items()
    return {
        n: v for n, v in environment.items() if n.startswith(STARTING) and (n, v) not in coerced
    }


@contextmanager
def server(place: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A server that listens at `place` and lives in `environment`, until the context ends.

    It also ends when this process does, however that comes about. Kernels may be asked for at
    once: they come when the server has imported everything.
    """
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(64)
        process = subprocess.Popen(
            [sys.executable, "-m", "claimbook.kernels.server", str(listening.fileno())],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=place.parent,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    try:
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class RefusedError(Exception):
    """The kernel cannot be forked; it must be started in the usual way."""


class Forked:
    """A kernel that a server forked, with the part of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None
    largest = 0  # the highest peak of all that have ended, as the system keeps of a process's own

    def __init__(
        self, at: str, argv: Sequence[str], env: Mapping[str, str], cwd: str, out: int, err: int
    ) -> None:
        self.returncode: int | None = None
        self.peak = 0  # bytes, known when it has ended
        self._socket = socket.socket(socket.AF_UNIX)
        self._said = b""
        request = json.dumps({"argv": list(argv), "env": dict(env), "cwd": cwd}) + "\n"
        try:
            self._socket.settimeout(READY)
            self._socket.connect(at)
            content = request.encode()
            sent = socket.send_fds(self._socket, [content], [out, err])
            self._socket.sendall(content[sent:])
            answer = self._next()
        except OSError as error:
            self._socket.close()
            raise RefusedError(str(error)) from error
        if answer is None or "pid" not in answer:
            self._socket.close()
            raise RefusedError((answer or {}).get("refused", "the server is gone"))
        self.pid = int(answer["pid"])

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while the kernel runs."""
        if self.returncode is None and select.select([self._socket], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._socket], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Through the server, which knows whether the process is still this kernel."""
        if self.poll() is None:
            self._socket.sendall(json.dumps({"signal": int(number)}).encode() + b"\n")

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self) -> None:
        try:
            answer = self._next()
        except OSError:
            answer = None
        # Where the server died, the kernel was killed with it.
        answer = answer or {"returncode": -signal.SIGKILL, "peak": 0}
        self.returncode, self.peak = int(answer["returncode"]), int(answer["peak"])
        Forked.largest = max(Forked.largest, self.peak)
        self._socket.close()

    def _next(self) -> dict[str, Any] | None:
        """The next message, or None where there will be no more."""
        until = time.monotonic() + READY
        while b"\n" not in self._said and time.monotonic() < until:
            more = self._socket.recv(4096)
            if not more:
                return None
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return dict(json.loads(line))
