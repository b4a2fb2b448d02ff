"""Notebooks in, published versions out: check, execute, render, publish, list.

`render` drives; `recipe` says what a version is made from and so what it is called; `execution` and
`surroundings` run the notebook; `document` makes the four files; `shelf` keeps them; `catalogue`
lists them. Nothing here knows what a claim is about.
"""
