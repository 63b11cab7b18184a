"""Each claim on the columns s (flu, cold, well), n (numbers) and who (people), as a policy writes it."""

from __future__ import annotations

from typing import Any

SICK = {"groups": {"bodily": ["flu", "cold"], "none": ["well"]}}
CLAIMS: dict[str, dict[str, Any]] = {
    "subjects": {"subjects": {"column": "who", "least": 3}},
    "distinct": {"l": {"column": "s", "distinct": 2}},
    "entropy": {"l": {"column": "s", "entropy": 1.4}},
    "recursive": {"l": {"column": "s", "recursive": {"c": 2.5, "l": 2}}},
    "equal": {"t": {"column": "s", "max": 0.3}},
    "ordered": {"t": {"column": "n", "max": 0.25, "distance": "ordered"}},
    "hierarchical": {"t": {"column": "s", "max": 0.3, "distance": "hierarchical", "hierarchy": SICK}},
    "beta": {"beta": {"column": "s", "max": 0.7}},
    "enhanced beta": {"beta": {"column": "s", "max": 2, "enhanced": True}},
    "delta": {"delta": {"column": "s", "below": 0.8}},
    "several": {"l": [{"column": "s", "distinct": 2}, {"column": "n", "distinct": 2}], "t": {"column": "s", "max": 0.5},
                "beta": {"column": "n", "max": 3}},
}
