"""The process that warm kernels are forked from. It has one thread and runs no notebook's code.

It is started with a listening socket and imports what notebooks import. For each connection it
forks one kernel, tells the process id, passes signals on, and tells how the kernel ended. Kernels
die with their connection, and all of them with this process; it ends with its owner, whose pipe
is its standard input.

    -> {"argv": [...], "env": {...}, "cwd": "..."}, with the kernel's standard output and error
    <- {"pid": 123}, or {"refused": "why"} where the kernel must be started in the usual way
    -> {"signal": 15}, any number of times
    <- {"returncode": 0, "peak": 123456}
"""

import ctypes
import gc
import importlib.util
import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from claimbook.kernels import preload
from claimbook.kernels.forked import starting

MOST = 1 << 20  # bytes of a request
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass
class Kernel:
    """A forked kernel: `exited` is a descriptor that becomes readable when it ends."""

    pid: int
    exited: int


def main() -> None:
    """Import everything, then serve until standard input is closed."""
    if sys.path and sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # as ipykernel's own launcher does
    listening = socket.socket(fileno=int(sys.argv[1]))
    before = preload.state()
    gc.disable()  # what is imported stays; looking through it is a tenth of the time
    preload.everything()
    preload.use()
    gc.collect()
    gc.disable()  # should a library have woken it
    gc.freeze()  # so that a kernel's collector does not touch, and so copy, what is shared
    Server(listening, before).serve()


class Server:
    """Serves one socket. `state` is `preload.state()` from before anything was imported."""

    def __init__(self, listening: socket.socket, state: dict[str, tuple[int, int]]) -> None:
        self.listening, self.state = listening, state
        self.environment = starting(dict(os.environ))
        self.kernels: dict[socket.socket, Kernel] = {}
        self.watched = selectors.DefaultSelector()

    def serve(self) -> None:
        listening = self.listening
        self.watched.register(listening, selectors.EVENT_READ, None)
        self.watched.register(0, selectors.EVENT_READ, None)
        while True:
            for key, _ in self.watched.select():
                if key.fileobj is listening:
                    self._accept(listening.accept()[0])
                elif key.fileobj == 0:
                    for client in list(self.kernels):
                        self._drop(client)
                    return
                elif isinstance(key.fileobj, int):
                    self._ended(key.data)
                elif key.data in self.kernels:
                    self._signal(key.data)

    def _accept(self, client: socket.socket) -> None:
        try:
            client.settimeout(10)
            request, descriptors = _received(client)
        except (OSError, ValueError):
            client.close()
            return
        try:
            why = self._refused(request) or ("" if len(descriptors) == 2 else "no descriptors")
            if why:
                _send(client, {"refused": why})
                client.close()
                return
            self._fork(client, request, descriptors)
        except OSError:
            client.close()  # the one that asked starts the kernel itself
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _refused(self, request: dict[str, Any]) -> str:
        """Why a forked kernel would not be the one asked for; empty if it would."""
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            return f"the server has {threads} threads"
        if "matplotlib_inline" in sys.modules:
            return "figures would not be shown: their backend was imported where there is no shell"
        if starting(request["env"]) != self.environment:
            return "the kernel starts with other settings"
        if (Path(request["cwd"]) / "matplotlibrc").exists():
            return "the working directory has settings for matplotlib"
        if preload.changed(self.state):
            return "a package changed since it was imported"
        return ""

    def _fork(self, client: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        server = os.getpid()
        pid = os.fork()
        if not pid:
            self._become(request, descriptors, server)
        kernel = Kernel(pid, os.pidfd_open(pid))
        self.kernels[client] = kernel
        self.watched.register(client, selectors.EVENT_READ, client)
        self.watched.register(kernel.exited, selectors.EVENT_READ, client)
        _send(client, {"pid": pid})

    def _become(self, request: dict[str, Any], descriptors: list[int], server: int) -> NoReturn:
        """In the child: be the kernel, and never return."""
        code = 1
        try:
            os.setsid()
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() != server:
                os._exit(1)
            self.watched.close()
            self.listening.close()
            for client, kernel in self.kernels.items():
                client.close()
                os.close(kernel.exited)
            _adopt(request, descriptors, server)
            code = _kernel(request["argv"], server)
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 1
        finally:
            os._exit(code)

    def _signal(self, client: socket.socket) -> None:
        """Pass a signal on, to the whole process group; no word any more means the owner died."""
        try:
            said = client.recv(MOST)
        except OSError:
            said = b""
        if not said:
            self._drop(client)
            return
        for line in said.splitlines():
            self._kill(self.kernels[client].pid, int(json.loads(line)["signal"]))

    def _drop(self, client: socket.socket) -> None:
        self._kill(self.kernels[client].pid, signal.SIGKILL)
        self._ended(client)

    def _ended(self, client: socket.socket) -> None:
        kernel = self.kernels.pop(client)
        _, status, usage = os.wait4(kernel.pid, 0)
        self.watched.unregister(client)
        self.watched.unregister(kernel.exited)
        os.close(kernel.exited)
        code = os.waitstatus_to_exitcode(status)
        try:
            _send(client, {"returncode": code, "peak": usage.ru_maxrss * 1024})
        except OSError:
            pass  # nobody is there to hear it
        finally:
            client.close()

    @staticmethod
    def _kill(pid: int, number: int) -> None:
        # Not reaped yet, so the number is still this kernel's.
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            os.kill(pid, number)


def _adopt(request: dict[str, Any], descriptors: list[int], server: int) -> None:
    """Be what a new process would be: its environment, folder, streams, signals, random states."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, given in enumerate((nothing, *descriptors)):
        os.dup2(given, target)
    for descriptor in (nothing, *descriptors):
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ["JPY_PARENT_PID"] = str(server)
    time.tzset()
    os.chdir(request["cwd"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    tempfile.tempdir = None  # found once, from the environment
    gc.enable()


def _kernel(argv: list[str], server: int) -> int:
    import atexit

    from ipykernel import kernelapp

    found = importlib.util.find_spec("ipykernel_launcher")
    assert found is not None
    at = argv.index("ipykernel_launcher")
    sys.argv = [str(found.origin), *argv[at + 1 :]]
    sys.orig_argv[:] = argv
    kernelapp.launch_new_instance(parent_handle=server)  # it ends when this is not its parent
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return 0


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    said, descriptors, *_ = socket.recv_fds(client, MOST, 2)
    while not said.endswith(b"\n"):
        more = client.recv(MOST)
        if not more:
            raise ValueError("the request ends in the middle")
        said += more
    request: dict[str, Any] = json.loads(said)
    return request, list(descriptors)


def _send(client: socket.socket, message: dict[str, Any]) -> None:
    client.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
