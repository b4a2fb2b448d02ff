"""Read frozen tables by name, after checking their hash and their schema.

A table is a CSV file described in an edition's `datapackage.json` (Frictionless Data Package):
its columns, types, constraints, primary key, licence, sources, known gaps and SHA-256.
Nothing is ever filled: a blank cell stays missing. Editions beside the shipped one are fetched or
imported on request (`refresh`, `live`, `imported`); reading never needs the network.
"""

from claimbook.data.edition import CURRENT, Edition, Table, open_edition, read

__all__ = ["CURRENT", "Edition", "Table", "open_edition", "read"]
