"""Names that belong to Lakeveil and that no user column may take.

Columns with the prefix live only inside a run: they are dropped before anything is written, except
in count tables, which never hold rows.
"""

PREFIX = "__lakeveil_"

COUNT = PREFIX + "count"
"""Number of rows behind one tuple of a count table (int64)."""

KNOWN = PREFIX + "known"
"""What a row's subject is known to be called: list<string>, fed to text redaction."""

SUBJECT_KEY = PREFIX + "subject_key"
"""The key of a row's subject, wrapped, with what the subject is called in the table of keys: binary."""

ROW = PREFIX + "row"
"""What a row is called in the state of a release that grows: a keyed hash of its identifier."""

CONTENT = PREFIX + "content"
"""A keyed hash of all that is read of a row, by which a changed one is known."""

LEAF = PREFIX + "leaf"
"""The leaf that a row is routed to; null where no label is true of it."""

ENTERED = PREFIX + "entered"
"""The version in which a row came into the release."""

SUPPRESSED = "*"
"""The label of a cell that was generalized all the way up, and of every suppressed cell."""
