"""How worker processes start: forked from one that has imported what they need, or else anew."""

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerContext, SpawnContext

from claimbook.kernels.forked import ONE_THREAD

MAKERS = "claimbook.kernels.makers"


def context() -> ForkServerContext | SpawnContext:
    """The way to start processes: from multiprocessing's fork server on Linux, else each anew.

    The server starts with the first call and ends with this process. It has one thread, whatever
    this process has: nothing but imports happens in it.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload([MAKERS])
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return chosen
