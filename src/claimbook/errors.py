"""The errors that a person is meant to read: one sentence each."""


class ClaimbookError(Exception):
    """Something a person can mend; the message says what was wrong and what would be right."""


class DataError(ClaimbookError):
    """A table is missing, changed or not of its schema."""


class DiskError(DataError):
    """The disk did not take what was to be written, and nothing of it is left."""


class AnalysisError(ClaimbookError):
    """A study cannot be made with these sessions, shares or choices."""


class LedgerError(ClaimbookError):
    """The ledger of claims cannot be read or does not say what it must."""


class ParameterError(ClaimbookError):
    """A parameter's name, type or value is not one the notebook can take."""


class RenderError(ClaimbookError):
    """A notebook failed, or a version on disk is not what its manifest says."""


class LanguageError(ClaimbookError):
    """The language that the ledger names has no catalogue of messages."""
