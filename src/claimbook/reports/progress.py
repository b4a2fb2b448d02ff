"""How far a render is and how long it will still take: one updating line on a terminal."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from tqdm import tqdm

from claimbook.reports.recipe import Recipe

_FORMAT = "{n_fmt}/{total_fmt} reports |{bar:20}| {desc}"


def left(waiting: Iterable[float], running: Iterable[tuple[float, float]], workers: int) -> float:
    """Seconds until all is done, from the seconds that each report is expected to take.

    `running` gives those at work: expected, and passed already. One that takes longer than
    expected is taken to end now, since nothing is known of the rest.
    """
    rest = [max(expected - passed, 0.0) for expected, passed in running]
    waiting = list(waiting)
    # No sooner than all work shared out evenly, and no sooner than the longest piece.
    return max((sum(rest) + sum(waiting)) / workers, *rest, *waiting, 0.0, 0.0)


def in_words(seconds: float | None) -> str:
    """`about 40 s left`; coarser the longer it takes, since it is an estimate."""
    if seconds is None:
        return "time left not known yet"
    if seconds < 95:
        return f"about {max(round(seconds / 5) * 5, 5)} s left"
    if seconds < 95 * 60:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


class Progress:
    """Tells how a run goes on. `earlier` gives the seconds of earlier renders, by claim id."""

    def __init__(
        self,
        items: Sequence[Recipe],
        earlier: Mapping[str, Sequence[float]],
        workers: int,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known = {claim: statistics.median(taken) for claim, taken in earlier.items() if taken}
        self._waiting = {id(item): item for item in items}
        self._running: dict[int, tuple[Recipe, float]] = {}
        self._taken: list[float] = []
        self._workers, self._say, self._clock = max(workers, 1), say, clock
        # On a terminal alone: elsewhere each report has its own line, and that is all.
        self._bar = tqdm(
            total=len(items), bar_format=_FORMAT, leave=False, disable=None, dynamic_ncols=True
        )
        self.tick()

    def line(self, text: str) -> None:
        """A line of its own, above the updating one."""
        self._bar.clear()
        self._say(text)
        self.tick()

    def started(self, item: Recipe) -> None:
        self._waiting.pop(id(item), None)
        self._running[id(item)] = (item, self._clock())

    def again(self, item: Recipe, why: str) -> None:
        self._running.pop(id(item), None)
        self._waiting[id(item)] = item
        self.line(f"{item.claim.id}: {why}; it is tried once more")

    def finished(self, item: Recipe, seconds: float, text: str) -> None:
        """One report is done or has failed; its line."""
        self._waiting.pop(id(item), None)
        self._running.pop(id(item), None)
        self._taken.append(seconds)
        self._bar.update()
        self.line(text)

    def tick(self) -> None:
        """Show the time left as it is now."""
        self._bar.set_description_str(in_words(self.seconds_left()))

    def seconds_left(self) -> float | None:
        """An estimate; None while no report of the kind has ever been timed."""
        waiting = [self._expected(item) for item in self._waiting.values()]
        now = self._clock()
        running = [(self._expected(item), now - since) for item, since in self._running.values()]
        known = [value for value in waiting if value is not None]
        begun = [(value, passed) for value, passed in running if value is not None]
        if len(known) < len(waiting) or len(begun) < len(running):
            return None
        return left(known, begun, self._workers)

    def close(self) -> None:
        self._bar.close()

    def _expected(self, item: Recipe) -> float | None:
        if item.claim.id in self._known:
            return self._known[item.claim.id]
        others = self._taken or list(self._known.values())
        return statistics.mean(others) if others else None
