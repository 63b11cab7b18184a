"""``aws-kms:KEY#FILE`` and ``vault-transit:MOUNT/KEY#FILE``: the root key stands in a file, wrapped by a key of a service.

The handle says which key unwraps it; what the file says of that is for people. So whoever can write the file cannot choose the
key, and whoever can read it alone has nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from pydantic import ValidationError

from engine.backends.keys.aws_kms import Kms
from engine.backends.keys.files import GUARDED, free, read_text, write_new
from engine.backends.keys.root import RootKey, long_enough
from engine.backends.keys.services import Wrapping
from engine.backends.keys.vault_transit import Transit
from engine.errors import SetupError
from schemas.envelope import Envelope, EnvelopeContext, Service

SERVICES: dict[str, Callable[[str, str], Wrapping]] = {"aws-kms": Kms, "vault-transit": Transit}
"""Kind of handle → what wraps, from a key's name and the handle."""


def wrap(service: Service, key: str, material: bytes, handle: str) -> Envelope:
    """Returns a root key's material, wrapped; and unwrapped once, to be sure.

    Raises:
        SetupError: If the service cannot be asked, or does not give back what it was given.
    """
    wrapping = SERVICES[service](key, handle)
    context = EnvelopeContext(key_id=RootKey(material).key_id)
    wrapped = wrapping.wrap(material, context.model_dump())
    if wrapping.unwrap(wrapped, context.model_dump()) != material:
        raise SetupError("a service unwraps something else than it wrapped", where=handle, next="nothing was written")
    return Envelope(wrapped_by=service, key=key, context=context, wrapped=base64.b64encode(wrapped).decode("ascii"))


def unwrap(service: Service, key: str, envelope: Envelope, handle: str) -> RootKey:
    """Returns the root key of an envelope.

    Raises:
        SetupError: If another service or key wrapped it, it was changed, or the service cannot be asked.
    """
    if envelope.wrapped_by != service:
        raise SetupError(f"the envelope was wrapped by {envelope.wrapped_by}, which the handle does not name", where=handle,
                         next=f"name it as {envelope.wrapped_by}:KEY#FILE")
    material = SERVICES[service](key, handle).unwrap(envelope.wrapped_bytes, envelope.context.model_dump())
    root = RootKey(long_enough(material, handle))
    if root.key_id != envelope.context.key_id:
        raise SetupError("the envelope holds another key than it says", where=handle, next="bring the file back")
    return root


def resolve(service: Service, rest: str, handle: str) -> RootKey:
    """Reads an envelope and has it unwrapped; raises ``SetupError`` as ``unwrap``, or if there is none."""
    key, _, path = rest.partition("#")
    try:
        envelope = Envelope.model_validate_json(read_text(path, handle, forbidden=GUARDED))
        envelope.wrapped_bytes  # noqa: B018 - is read early, so that a broken one meets no service
    except (ValidationError, ValueError):
        raise SetupError("a file is no envelope of a key", where=handle, allowed="what lakeveil key new wrote",
                         next="bring the file back, or mend the path") from None
    return unwrap(service, key, envelope, handle)


def create(service: Service, rest: str, handle: str, material: bytes) -> None:
    """Wraps a root key and writes its envelope; raises as ``wrap``, and ``InputError`` if something is there."""
    key, _, path = rest.partition("#")
    place = free(path, handle)
    write_new(place, wrap(service, key, material, handle).model_dump_json(indent=2) + "\n", handle)
