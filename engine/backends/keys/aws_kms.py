"""A key of AWS KMS. Region, credentials and endpoint come from where all of AWS's tools look for them.

Source: boto3's KMS client, ``encrypt`` and ``decrypt`` with ``KeyId`` and ``EncryptionContext``. ``decrypt`` is always told which
key to use: else the wrapped bytes would say, and whoever can write the file could choose the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from engine.backends.keys.services import NO_SUCH, NOT_OF_KEY, REFUSED, TIMEOUT, Told, asking, library, refuse_plain

_SERVICE = "AWS KMS"
_CONNECT = 5.0
_TRIES = 2
_REGION = 3

_DISABLED = ("has disabled this key, or is about to delete it", "enable it, or cancel its deletion")
_TOLD: Mapping[str, Told] = {
    "AccessDeniedException": REFUSED, "UnrecognizedClientException": REFUSED, "InvalidSignatureException": REFUSED,
    "ExpiredTokenException": REFUSED,
    "NotFoundException": NO_SUCH, "InvalidArnException": NO_SUCH,
    "ValidationException": ("does not take the request", "look at the key's name; a root key may have 4096 bytes at most"),
    "InvalidCiphertextException": NOT_OF_KEY, "IncorrectKeyException": NOT_OF_KEY,
    "DisabledException": _DISABLED, "KMSInvalidStateException": _DISABLED,
    "NoCredentialsError": ("cannot be asked: there are no credentials", "configure them, as for all of AWS's tools"),
    "PartialCredentialsError": ("cannot be asked: the credentials are not whole", "configure them, as for all of AWS's tools"),
    "NoRegionError": ("cannot be asked: there is no region", "set AWS_DEFAULT_REGION, or name the key by its ARN"),
    "EndpointConnectionError": ("cannot be reached", "look at the region, the network and AWS_ENDPOINT_URL_KMS"),
}


class Kms:
    """One key of AWS KMS, named by ARN, id or alias."""

    def __init__(self, key: str, handle: str) -> None:
        self._key = key
        self._handle = handle

    def wrap(self, secret: bytes, context: Mapping[str, str]) -> bytes:
        """See ``Wrapping``."""
        with self._asking():
            answer = self._client().encrypt(KeyId=self._key, Plaintext=secret, EncryptionContext=dict(context))
            return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """See ``Wrapping``."""
        with self._asking():
            answer = self._client().decrypt(KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext=dict(context))
            return bytes(answer["Plaintext"])

    def _asking(self) -> AbstractContextManager[None]:
        return asking(_SERVICE, self._handle, _TOLD, "boto3", "botocore")

    def _client(self) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
        boto3 = library("boto3", "aws", self._handle)
        config = library("botocore.config", "aws", self._handle).Config(
            connect_timeout=_CONNECT, read_timeout=TIMEOUT, retries={"mode": "standard", "total_max_attempts": _TRIES})
        region = self._key.split(":")[_REGION] if self._key.startswith("arn:") else None
        client = boto3.session.Session().client("kms", region_name=region, config=config)
        refuse_plain(client.meta.endpoint_url, _SERVICE, self._handle)
        return client
