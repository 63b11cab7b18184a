"""Finds personal data: recognizers, scanner, classification. Pure: reads no table and knows no engine."""
