"""The widgets of the form, and what happens when somebody touches them."""

import functools
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from claimbook import ledger, parameters, paths
from claimbook.data import CURRENT
from claimbook.data.edition import LIVE
from claimbook.errors import ClaimbookError
from claimbook.form import fields, view
from claimbook.form.fields import Field
from claimbook.form.trial import Outcome, Trial
from claimbook.language import tell
from claimbook.ledger import Claim
from claimbook.parameters import EDITION
from claimbook.reports.shelf import Shelf

_WIDTH = "480px"  # of a field with its label
_ROWS = 6  # of a list to choose several from
_ALMOST = 0.95  # how full the bar gets before the run has ended


class Panel:
    """A claim to choose, one field a parameter, a button, and what comes of pressing it.

    The widgets are public, so that a test can use them as a person does.
    """

    def __init__(self) -> None:
        self.claims = {claim.id: claim for claim in ledger.claims() if claim.notebook}
        self.choice = widgets.Dropdown(
            options=[(f"{c.id}: {c.title}", c.id) for c in self.claims.values()],
            description=tell("Claim"),
            style={"description_width": "60px"},
            layout=widgets.Layout(width="100%", max_width="46em"),
        )
        self.about = widgets.HTML()
        self.rows = widgets.VBox()
        self.refusal = widgets.HTML()
        self.run = widgets.Button(
            description=tell("Run"),
            button_style="primary",
            tooltip=tell("Run the notebook with these values"),
        )
        self.stop = widgets.Button(
            description=tell("Stop"),
            disabled=True,
            tooltip=tell("End the run; nothing is kept of it"),
        )
        self.reset = widgets.Button(
            description=tell("Article's values"),
            tooltip=tell("Put the defaults back into every field"),
        )
        self.progress = widgets.FloatProgress(
            min=0, max=1, layout=widgets.Layout(width="260px", visibility="hidden")
        )
        self.status = widgets.HTML()
        self.command = widgets.HTML()
        self.outcome = widgets.HTML()
        self.inputs: dict[str, Any] = {}
        self.trial: Trial | None = None
        self._fields: list[Field] = []
        self._usual: float | None = None
        # Tables are read once while the form is open; a run reads and checks them anew.
        self._column = functools.cache(parameters.columns)
        self.choice.observe(lambda _: self._choose(), names="value")
        self.run.on_click(lambda _: self._start())
        self.stop.on_click(lambda _: self.trial and self.trial.stop())
        self.reset.on_click(lambda _: self._fill({}))
        self._choose()

    @property
    def claim(self) -> Claim:
        return self.claims[self.choice.value]

    @property
    def held(self) -> dict[str, Any]:
        """What the fields hold, by parameter."""
        return {name: widget.value for name, widget in self.inputs.items()}

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from the article's."""
        return fields.given(self._fields, self.held)

    def show(self) -> None:
        """Display the form below the cell."""
        buttons = widgets.HBox([self.run, self.stop, self.reset, self.progress])
        parts = [
            widgets.HTML(view.STYLE), self.choice, self.about, self.rows, self.refusal, buttons,
            self.status, self.command, self.outcome,
        ]  # fmt: skip
        display(widgets.VBox(parts))  # type: ignore[no-untyped-call]

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the run that was started has ended within the time."""
        return self.trial is None or self.trial.wait(seconds)

    def _choose(self) -> None:
        """Make the fields of the chosen claim."""
        claim = self.claim
        who = tell("Asserted by {who}, {day}.", who=claim.asserted_by, day=claim.asserted_on)
        self.about.value = view.claim(claim.title, claim.paraphrase, who)
        self.outcome.value = self.status.value = ""
        try:
            self._fields = fields.of(claim, self._column(CURRENT))
        except ClaimbookError as error:
            self._fields, self.inputs, self.rows.children = [], {}, ()
            self._refuse(str(error))
            return
        self.inputs = {field.name: _widget(field) for field in self._fields}
        self.rows.children = [_row(field, self.inputs[field.name]) for field in self._fields]
        for widget in self.inputs.values():
            widget.observe(lambda _: self._look(), names="value")
        seconds = Shelf(paths.reports_folder()).seconds(claim.id)
        self._usual = max(seconds) if seconds else None
        self._look()

    def _fill(self, changed: Mapping[str, Any]) -> None:
        """Put values into the fields: those given, and defaults for the rest."""
        for field in self._fields:
            self.inputs[field.name].value = changed.get(field.name, field.default)

    def _look(self) -> bool:
        """Check what the fields hold, and say what is wrong; whether it can be run."""
        changed = self.changed
        # Live figures are fetched when they are run; until then the current edition's days count.
        checked = {**changed, EDITION: CURRENT} if changed.get(EDITION) == LIVE else changed
        said = fields.problem(self.claim, checked, self._column(checked.get(EDITION, CURRENT)))
        self._refuse(said)
        self.command.value = "" if said else view.command(fields.command(self.claim, changed))
        return not said

    def _refuse(self, said: str) -> None:
        self.refusal.value = view.refused(said)
        self.run.disabled = bool(said) or self._running

    @property
    def _running(self) -> bool:
        return self.trial is not None and not self.stop.disabled

    def _start(self) -> None:
        if self._running or not self._look():
            return
        self.outcome.value = ""
        self.run.disabled, self.stop.disabled, self.choice.disabled = True, False, True
        self.progress.value, self.progress.layout.visibility = 0.0, "visible"
        self.progress.bar_style = "info"
        self.status.value = view.status(tell("Starting."))
        self.trial = Trial(self.claim, self.changed, tick=self._tick, done=self._end)
        self.trial.start()

    def _tick(self, seconds: float) -> None:
        """The time goes on. The bar is a guess, from how long the claim's report took before."""
        running = (
            tell(
                "Running for {seconds:.0f} s; its report took {usual:.0f} s before.",
                seconds=seconds,
                usual=self._usual,
            )
            if self._usual
            else tell("Running for {seconds:.0f} s.", seconds=seconds)
        )
        self.status.value = view.status(running)
        self.progress.value = min(seconds / self._usual, _ALMOST) if self._usual else 0.5

    def _end(self, outcome: Outcome) -> None:
        self.outcome.value = view.outcome(outcome)
        self.progress.layout.visibility = "hidden"
        took = ""
        if not outcome.error:
            took = tell("Done in {seconds:.0f} s.", seconds=outcome.seconds)
        self.status.value = view.status(took)
        self.stop.disabled, self.choice.disabled = True, False
        self._look()


def _row(field: Field, widget: Any) -> widgets.HBox:
    """A field with its explanation beside it, or below it where there is no room."""
    shown = [widget, widgets.HTML(view.explained(field))]
    return widgets.HBox(
        shown, layout=widgets.Layout(align_items="flex-start", flex_flow="row wrap")
    )


def _widget(field: Field) -> Any:
    """The widget that suits what a field holds, with the default in it."""
    about = {
        "description": field.name,
        "value": field.default,
        "tooltip": field.explained,
        "style": {"description_width": "180px"},
        "layout": widgets.Layout(width=_WIDTH),
    }
    if field.kind == fields.YES_NO:
        return widgets.Checkbox(**about, indent=True)
    if field.kind == fields.WHOLE:
        return widgets.IntText(**about)
    if field.kind == fields.NUMBER:
        return widgets.FloatText(**about)
    if field.kind == fields.DAY:
        return widgets.DatePicker(**about)
    if field.kind == fields.CHOICE:
        return widgets.Dropdown(**about, options=[(str(o), o) for o in field.options])
    if field.kind == fields.CHOICES:
        return widgets.SelectMultiple(**about, options=field.options, rows=_ROWS)
    return widgets.Text(**about, continuous_update=False)
