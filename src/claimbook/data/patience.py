"""How long to wait for a provider that is busy, and how often to ask again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """Seconds to wait before each new try, the longest wait of all, and for one answer."""

    waits: tuple[float, ...] = (1, 4, 15)
    longest: float = 120
    timeout: float = 20

    def ask(
        self,
        question: Callable[[], Answer],
        worth_it: Callable[[Exception], bool],
        advised: Callable[[], float | None] = lambda: None,
    ) -> Answer:
        """The answer, asked for again after an error that is `worth_it`; else that error.

        `advised` gives the seconds that the provider asked to wait (Retry-After), if it did: they
        replace a shorter wait of ours. Where they exceed the longest wait, the error is raised.
        """
        for wait in self.waits:
            try:
                return question()
            except Exception as error:
                pause = max(wait, advised() or 0)
                if not worth_it(error) or pause > self.longest:
                    raise
                time.sleep(pause)
        return question()


ONCE = Patience(waits=())
PATIENT = Patience()
