"""Budgets, mechanisms and accountants. Pure: numpy and the standard library."""
