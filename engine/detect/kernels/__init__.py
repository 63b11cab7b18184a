"""Loops over bytes, compiled (``engine/compiled.py``).

Each kernel stands beside numpy that gives the same, from which tests compare it: numpy's passes over a buffer read and write it
once for each sign that is asked for, a kernel reads it once for all.
"""

from engine.compiled import WORTH, available, kernel, worth

__all__ = ["WORTH", "available", "kernel", "worth"]
