"""A papermill engine that keeps what there is of a notebook that was stopped, and bounds it.

papermill's own engine lets a dead kernel and a cell over its time pass as bare exceptions: which
cell it was, and what ran before it, is lost. This one says so, holds the whole notebook to one
limit of time, and can hold its kernel to one of memory.
"""

import contextlib
import math
import queue
import time
from typing import Any

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from claimbook.reports.ending import MEMORY_CAN_BE_LIMITED, ended

NAME = "claimbook"
# Seconds between a cell's end and the last of its outputs; nbclient's four are few on a busy
# machine, and the report would have failed.
OUTPUTS = 60


class StoppedError(Exception):
    """A notebook came to no end: `name` and `said` tell why, `cell` (from 1) where.

    `notebook` is what there is of it; the outputs of the cells before are in it.
    """

    def __init__(self, name: str, said: str, cell: int, notebook: NotebookNode) -> None:
        super().__init__(said)
        self.name, self.said, self.cell, self.notebook = name, said, cell, notebook


class KernelClient(AsyncKernelClient):
    """Jupyter's own, but ready as soon as the kernel has answered on both channels.

    Jupyter's listens on for a fifth of a second, until nothing more is said. nbclient passes over
    what is said to no cell of its own, so that need not be waited for.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for a kernel's first answer. Raises RuntimeError where there is none in time."""
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while time.monotonic() < end:
            self.kernel_info()
            with contextlib.suppress(queue.Empty):
                answer = await self.get_shell_msg(timeout=1)
                if answer["msg_type"] == "kernel_info_reply":
                    # Outputs reach us too: it has said there that it was busy with the answer.
                    await self.get_iopub_msg(timeout=0.2)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it was ready")
        raise RuntimeError(f"the kernel was not ready within {timeout:g} s")


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client with a limit for the whole notebook (seconds) and its kernel (bytes)."""

    def __init__(
        self,
        manager: NotebookExecutionManager,
        *,
        limit: float | None = None,
        memory: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(manager, timeout_func=self._left, **options)
        self.limit, self.memory = limit, memory
        self.began = time.monotonic()

    def create_kernel_manager(self) -> KernelManager:
        manager: KernelManager = super().create_kernel_manager()
        manager.client_factory = KernelClient
        return manager

    def start_new_kernel(self, **options: Any) -> None:
        super().start_new_kernel(**options)
        if self.memory is not None and MEMORY_CAN_BE_LIMITED:
            kernel = psutil.Process(self.km.provisioner.pid)
            kernel.rlimit(psutil.RLIMIT_AS, (self.memory, self.memory))

    def papermill_execute_cells(self) -> None:
        try:
            super().papermill_execute_cells()
        except CellTimeoutError as failure:
            if time.monotonic() - self.began < (self.limit or 0):
                raise  # not for its time: nbclient waited in vain for a cell's output
            self.shutdown_kernel = "immediate"  # it may not listen
            said = (
                f"the report was not done within its limit of {self.limit:g} s, and cell "
                f"{self._reached} was still running; --limit SECONDS allows it more"
            )
            raise StoppedError("TimeoutError", said, self._reached, self.nb) from failure
        except DeadKernelError as failure:
            said = f"the kernel {self._end()} while cell {self._reached} was running"
            raise StoppedError("DeadKernelError", said, self._reached, self.nb) from failure

    def _left(self, _: NotebookNode) -> float | None:
        """Seconds that the next cell may take; never zero, which nbclient would take for no end."""
        if self.limit is None:
            return None
        return max(self.began + self.limit - time.monotonic(), 0.1)

    @property
    def _reached(self) -> int:
        """The position, from 1, of the last cell that was begun."""
        begun = (
            number
            for number, cell in enumerate(self.nb.cells, start=1)
            if cell.metadata.get("papermill", {}).get("status") != self.nb_man.PENDING
        )
        return max(begun, default=0)

    def _end(self) -> str:
        code = run_sync(self.km.provisioner.poll)()
        return "died" if code is None else ended(int(code))


class Engine(NBClientEngine):  # type: ignore[misc]
    """`papermill --engine claimbook`, but for the limits, which only Python can give."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        start_timeout: int = 60,
        execution_timeout: float | None = None,
        **options: Any,
    ) -> NotebookNode:
        """Execute a notebook; `execution_timeout` bounds it as a whole. Raises StoppedError."""
        options.pop("input_path", None)
        client = Client(
            nb_man,
            limit=execution_timeout,
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            iopub_timeout=OUTPUTS,
            **options,
        )
        done: NotebookNode = client.execute()
        return done


papermill_engines.register(NAME, Engine)
