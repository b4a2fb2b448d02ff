"""claimbook: executable fact-checks, one notebook a claim.

Data flows one way: data -> analysis -> charts -> notebooks -> reports.
`claimbook.ledger` is the vocabulary that every room shares.
"""

__version__ = "0.1.0"
