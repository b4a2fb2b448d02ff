"""The form of the start notebook: choose a claim, change its parameters, see what becomes of it.

It is a door like the command line: the parameters, their check and the surroundings of a run are
those of `claimbook.parameters` and `claimbook.reports`. `fields` turns parameters into fields and
back, `trial` runs a recipe, `view` shows the outcome; `panel` alone knows of widgets.
"""

from claimbook.form.door import offer

__all__ = ["offer"]
