"""The one base of every record that Lakeveil reads or writes."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record that refuses unknown keys.

    Error messages never echo the offending input: a policy or a receipt may sit beside personal
    data, and a validation error is logged more often than it is read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)
