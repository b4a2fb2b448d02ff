"""How much memory a process and its kernels have had."""

import sys

from claimbook.kernels.forked import Forked


def peak() -> int:
    """Bytes that this process, and the largest kernel it has ended, had in memory at their peaks.

    What a forked kernel shares with the others counts for each. Zero where the system cannot tell.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    return own + max(started, Forked.largest)
