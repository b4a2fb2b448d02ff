"""What a notebook's outputs are marked with, so that pages know them again."""

RESULT_MIME = "application/vnd.claimbook.result+json"
EXPLORABLE_MIME = "application/vnd.claimbook.explorable+json"
# JupyterLab sets every cell to the right; the reports' pages have a style of their own.
LAB = (
    "<style>table:is(.data,.findings,.claim-table,.coverage) :is(caption,th,td)"
    "{text-align:left;vertical-align:top}"
    "table:is(.data) :is(th,td).number{text-align:right}</style>"
)
