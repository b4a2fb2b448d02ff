"""A jupyter_client kernel provisioner that forks kernels, or else starts them as Jupyter does.

A rendering names it in its kernelspec. Anything that starts kernels through Jupyter can use it
with one variable: `JUPYTER_DEFAULT_PROVISIONER_NAME=claimbook-warm`.
"""

import asyncio
import atexit
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from claimbook.kernels import forked

LAUNCHER = "ipykernel_launcher"
MOMENT = 1.0  # seconds
_KNOWN = {"cwd", "env", "extra_arguments", "independent", "kernel_id", "stderr", "stdin", "stdout"}


class WarmProvisioner(LocalProvisioner):
    """Forks an IPython kernel of this interpreter; starts any other, and where it cannot fork."""

    process: Any

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        process = _forked(cmd, kwargs)
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid = process, process.pid
        self.pgid = process.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    async def wait(self) -> int | None:
        if isinstance(self.process, forked.Forked):
            while self.process.poll() is None:
                await asyncio.sleep(0.005)
        return await super().wait()  # type: ignore[no-any-return]

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Give a forked kernel a moment to end, which Jupyter would look for every 0.1 s only."""
        await super().shutdown_requested(restart=restart)
        end = time.monotonic() + MOMENT
        while isinstance(self.process, forked.Forked) and time.monotonic() < end:
            if self.process.poll() is not None:
                break
            await asyncio.sleep(0.005)

    async def send_signal(self, signum: int) -> None:
        if isinstance(self.process, forked.Forked):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    def _finalize_env(self, env: dict[str, str]) -> None:
        super()._finalize_env(env)
        # A notebook sees one environment, whichever way its kernel is started.
        env.pop(forked.SOCKET, None)
        for name, value in forked.ONE_THREAD.items():
            env.setdefault(name, value)


def _forked(cmd: list[str], kwargs: dict[str, Any]) -> forked.Forked | None:
    """A warm kernel, or None where it must be started in the usual way."""
    streams = (kwargs.get("stdout"), kwargs.get("stderr"))
    plain = all(stream is None or (isinstance(stream, int) and stream >= 0) for stream in streams)
    if not (forked.possible() and plain and _ours(cmd) and set(kwargs) <= _KNOWN):
        return None
    at = os.environ.get(forked.SOCKET)
    if kwargs.get("independent") or at == "":
        return None
    env, cwd = kwargs["env"], str(kwargs.get("cwd") or Path.cwd())
    out, err = (default if s is None else s for s, default in zip(streams, (1, 2), strict=True))
    try:
        at = at or _own_server(tuple(sorted(forked.starting(env).items())))
        return forked.Forked(at, cmd, env, str(Path(cwd).resolve()), out, err)
    except (forked.RefusedError, OSError):
        return None


def _ours(cmd: list[str]) -> bool:
    """Whether a command starts an IPython kernel of this interpreter, and with no other options."""
    if LAUNCHER not in cmd:
        return False
    before = [word for word in cmd[: cmd.index(LAUNCHER)] if word != "-Xfrozen_modules=off"]
    return before == [sys.executable, "-m"]


@cache
def _own_server(starting: tuple[tuple[str, str], ...]) -> str:
    """The socket of a server of this process's own, started when the first kernel is asked for."""
    rest = {n: v for n, v in os.environ.items() if not n.startswith(forked.STARTING)}
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cb-"))
    place = Path(folder).resolve() / "s"
    stack.enter_context(forked.server(place, {**rest, **dict(starting)}))
    return str(place)
