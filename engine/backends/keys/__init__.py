"""From key handle to subkey. The root key is read here, on the driver, and never leaves it.

| handle | where the root key is |
|---|---|
| ``env:NAME`` | an environment variable |
| ``file:PATH`` | a file that its owner alone may read |
| ``databricks-secret:SCOPE/KEY`` | a secret of a Databricks workspace |
| ``aws-kms:KEY#FILE`` | an envelope in FILE, wrapped by a key of AWS KMS: its ARN, its id or ``alias/NAME`` |
| ``vault-transit:MOUNT/KEY#FILE`` | an envelope in FILE, wrapped by a key of Vault's transit engine |
| ``tink:FILE`` | a Tink keyset in JSON, as a file that its owner alone may read |
| ``tink:aws-kms:KEY#FILE``, ``tink:vault-transit:MOUNT/KEY#FILE`` | an encrypted Tink keyset |

Subkeys are derived with HKDF-SHA-256 (RFC 5869), so that losing one domain's subkey says nothing about another's. No service
is contacted, and no library of one is loaded, but for a handle that names it.
"""

from engine.backends.keys.kinds import KINDS, Checked, check, create, identifiers, resolve, subkey
from engine.backends.keys.root import ROOT_BYTES, SUBKEY_BYTES, RootKey, new_key

__all__ = ["KINDS", "ROOT_BYTES", "SUBKEY_BYTES", "Checked", "RootKey", "check", "create", "identifiers", "new_key",
           "resolve", "subkey"]
