"""Kernels that start warm: forked from one process that has imported what notebooks import.

`WarmProvisioner` is a jupyter_client kernel provisioner. Where it cannot fork it starts the kernel
as Jupyter does; what a notebook outputs is the same either way.
"""
