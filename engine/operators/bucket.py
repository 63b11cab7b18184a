"""bucket: numbers become the half-open interval they fall in."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_number, require
from schemas.policy.numbers import Bucket


class BucketOperator:
    """Intervals of one fixed width, the same for every table: nothing is learned from the data."""

    name = "bucket"

    def effect(self, parameters: Bucket) -> Effect:
        """Returns what is left of a value."""
        return Effect(f"the interval of width {parameters.width:g} it falls in", reversible=False, linkable=False)

    def call(self, parameters: Bucket, context: Context) -> KernelCall:
        """Returns a call of ``bucket``, which makes labels such as ``[20, 30)``.

        Raises:
            PolicyError: If the column does not hold numbers.
        """
        require(self.name, context, is_number, "integers, floats, decimals", "use generalize with a hierarchy")
        return KernelCall("bucket", (context.column,), pa.string(), (("origin", parameters.origin), ("width", parameters.width)))
