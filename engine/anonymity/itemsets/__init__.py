"""Set-valued columns: k^m-anonymity by generalizing items, and by leaving some out.

Terrovitis, Mamoulis, Kalnis: Privacy-preserving anonymization of set-valued data, PVLDB 1(1), 2008; Local and global recoding
methods for anonymizing set-valued data, VLDB Journal 20, 2011.
"""

from engine.anonymity.itemsets.combinations import smallest_support
from engine.anonymity.itemsets.counts import ItemCombinations
from engine.anonymity.itemsets.fit import fit_items
from engine.anonymity.itemsets.recoding import ItemRecoding
from engine.anonymity.itemsets.sets import ItemSets, distinct_sets, is_items

__all__ = ["ItemCombinations", "ItemRecoding", "ItemSets", "distinct_sets", "fit_items", "is_items", "smallest_support"]
