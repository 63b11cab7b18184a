"""Ciphers over whole Arrow batches: what can be brought back, by who holds the key.

Only modes of operation are written here, each from its standard; AES itself is the ``cryptography`` package's, called once for
all blocks of a batch that are ready.
"""

from engine.ciphers.ff1 import Ff1
from engine.ciphers.siv import Siv

__all__ = ["Ff1", "Siv"]
