"""How processes end, in words; and how far the system lets one be held to its limits."""

import signal
import sys

MEMORY_CAN_BE_LIMITED = sys.platform == "linux"


def ended(code: int) -> str:
    """How a process ended, from its exit code (negative: the signal that ended it)."""
    if code >= 0:
        return f"ended itself with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed ({name}{', as when memory runs out' if name == 'SIGKILL' else ''})"
