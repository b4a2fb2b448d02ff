"""How long to wait for a provider that is busy, and how often to ask again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")
ASKING = "asking a provider"  # what the thread of a question is called


class OverdueError(Exception):
    """The answer was not whole when the time for it was over."""


@dataclass(frozen=True)
class Patience:
    """Seconds to wait before each new try, the longest wait of all, and for one answer.

    `timeout` is for one answer, or for one read of it where the transport knows no more; `whole` is
    for all that is asked of a provider at once, tries and waits included.
    """

    waits: tuple[float, ...] = (1, 4, 15)
    longest: float = 120
    timeout: float = 20
    whole: float = 600

    def ask(
        self,
        question: Callable[[], Answer],
        worth_it: Callable[[Exception, int], bool],
        advised: Callable[[], float | None] = lambda: None,
    ) -> Answer:
        """The answer, asked for again after an error that is `worth_it`; else that error.

        `worth_it` is told the error and how many tries there were. `advised` gives the seconds that
        the provider asked to wait (Retry-After), if it did: they replace a shorter wait of ours.
        Where they exceed the longest wait, the error is raised.
        """
        for tries, wait in enumerate(self.waits, start=1):
            try:
                return question()
            except Exception as error:
                pause = max(wait, advised() or 0)
                if not worth_it(error, tries) or pause > self.longest:
                    raise
                time.sleep(pause)
        return question()

    def within(self, question: Callable[[], Answer]) -> Answer:
        """The answer, if it is whole before `whole` seconds are over; else OverdueError.

        An answer that comes drop by drop keeps every limit on single reads, so the question is
        asked on a thread of its own, which is left behind when the time is over.
        """
        outcome: list[Answer] = []
        errors: list[BaseException] = []

        def ask() -> None:
            try:
                outcome.append(question())
            except BaseException as error:  # whatever it is, it belongs to who asked
                errors.append(error)

        asking = threading.Thread(target=ask, name=ASKING, daemon=True)
        asking.start()
        asking.join(self.whole)
        if errors:
            raise errors[0]
        if not outcome:
            raise OverdueError
        return outcome[0]


ONCE = Patience(waits=())
PATIENT = Patience()
