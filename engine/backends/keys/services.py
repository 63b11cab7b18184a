"""What all services that keep keys share: how one is asked, and what is said when it does not answer as it should.

Nothing that a service answered is shown or logged, errors least of all: an answer may hold the key.
"""

from __future__ import annotations

import importlib
import ipaddress
import logging
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from engine.errors import LakeveilError, SetupError

TIMEOUT = 10.0
"""Seconds that a service has to answer."""

UNREACHED = ("cannot be reached", "look at its address, the network and the service")
REFUSED = ("does not allow it", "look at whose credentials these are, and what they may do")
NO_SUCH = ("knows no such key", "look at the handle")
NOT_OF_KEY = ("did not unwrap it: it is of another key, or was changed", "name the key that made it, or bring the file back")
UNKNOWN = ("did not answer as it should", "look at its address, and whether the service is well")

Told = tuple[str, str]
"""What is wrong with a service's answer, and what to do."""

_NETWORK: Mapping[str, Told] = {
    "SSLError": ("has no certificate that is trusted here", "name the signer: AWS_CA_BUNDLE, VAULT_CACERT, REQUESTS_CA_BUNDLE"),
    **dict.fromkeys(("ConnectionError", "Timeout", "TimeoutError", "ConnectTimeoutError", "ReadTimeoutError",
                     "HTTPClientError"), UNREACHED),
}


class Wrapping(Protocol):
    """A key of a service, which wraps and unwraps, and is never seen."""

    def wrap(self, secret: bytes, context: Mapping[str, str]) -> bytes:
        """Returns ``secret``, wrapped; ``context`` is authenticated with it."""

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Returns what was wrapped with the same context.

        Raises:
            SetupError: If it was wrapped by another key or with another context, or was changed, or the service cannot be asked.
        """


def library(module: str, extra: str, handle: str) -> Any:  # noqa: ANN401 - whatever module it is
    """Imports a service's library.

    Raises:
        SetupError: If it is not installed. The message names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SetupError(f"the library behind this kind of key handle is not installed: {module.partition('.')[0]}", where=handle,
                         next=f"pip install 'lakeveil[{extra}]'") from None


@contextmanager
def asking(service: str, handle: str, told: Mapping[str, Told], *loggers: str) -> Iterator[None]:
    """Turns whatever goes wrong inside into a ``SetupError`` that says nothing of what was answered.

    Args:
        service: What it is called.
        handle: The handle, for errors.
        told: Error code or name of an exception's class → what to say of it.
        loggers: The service's libraries, which are silent meanwhile: at their most talkative they log answers whole.
    """
    with ExitStack() as stack:
        for name in loggers:
            stack.enter_context(_silent(logging.getLogger(name)))
        try:
            yield
        except LakeveilError:
            raise
        except Exception as error:  # noqa: BLE001 - libraries raise what they like
            what, then = _of(error, {**_NETWORK, **told})
            raise SetupError(f"{service} {what}", where=handle, next=then) from None


def refuse_plain(address: str, service: str, handle: str) -> None:
    """Refuses an address where a key would cross the network in the clear.

    Raises:
        SetupError: If it is neither https nor this machine's own.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        own = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        own = False
    if not (address.lower().startswith("https://") or (own and address.lower().startswith("http://"))):
        raise SetupError(f"{service} would be asked without TLS: a key would cross the network in the clear", where=handle,
                         allowed="an address with https://, or http:// of this machine", next=f"mend the address of {service}")


def _of(error: Exception, told: Mapping[str, Told]) -> Told:
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else ""
    names = [str(code), *(kind.__name__ for kind in type(error).__mro__)]
    return next((told[name] for name in names if name in told), UNKNOWN)


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
