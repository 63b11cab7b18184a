"""What crosses a boundary or outlives a run: policy, findings, receipts, reserved names.

Imports pydantic, pyarrow and the standard library only, so that any room may stand on it.
"""
