"""What worker processes import from other packages. Importing this module imports it all.

That happens once, in the process that workers are forked from. None of this project's modules is
among them: a worker has those as they are when it starts.
"""

import importlib

from claimbook.kernels import grammar

MODULES = (
    "jupyter_client.ioloop",
    "jupyter_client.provisioning.local_provisioner",
    "nbconvert.exporters.html",
    "nbformat",
    "papermill.clientwrap",
    "psutil",
    "yaml",
)

grammar.left_out()
for name in MODULES:
    importlib.import_module(name)
