"""k-anonymity, l-diversity and t-closeness on count tables: hierarchies, cube → tree, guarantees, risk, utility."""
