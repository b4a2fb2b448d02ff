"""What the runs of one command share: surroundings with warm kernels, and workers that stay.

A collection's page is made after the reports it shows, in a run of its own; it finds the workers
and kernels of the first run.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from claimbook.kernels import preload
from claimbook.reports import surroundings, workers
from claimbook.reports.workers import Worker


@dataclass
class Crew:
    """Surroundings that are prepared when they are first wanted, and the workers in them."""

    stack: ExitStack
    warm: bool = True
    prepared: Mapping[str, str] | None = None
    team: list[Worker] = field(default_factory=list)
    state: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def surroundings(self) -> Mapping[str, str]:
        """The environment of workers and kernels. Raises OSError where none can be made."""
        if self.prepared is None:
            self.prepared = self.stack.enter_context(surroundings.prepared(warm=self.warm))
        return self.prepared

    def at_hand(self) -> list[Worker]:
        """The workers of earlier runs, unless the package was edited since they started."""
        now = preload.state()
        if now != self.state:
            workers.dismiss(self.team)
            self.state = now
        return self.team


@contextmanager
def gathered(*, warm: bool = True) -> Iterator[Crew]:
    """A crew, which is dismissed when the context ends. Without `warm` each kernel is started."""
    with ExitStack() as stack:
        crew = Crew(stack, warm)
        try:
            yield crew
        finally:
            workers.dismiss(crew.team)
