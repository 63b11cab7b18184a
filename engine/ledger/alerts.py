"""Tells somebody how much of a budget is gone, once a threshold is passed."""

from __future__ import annotations

import http.client
import json
import logging
import math
import os
import threading
import urllib.error
import urllib.request

from engine.ledger.writing import Written
from engine.privacy.accounting import epsilon_of
from engine.privacy.ledger import Scope
from schemas.policy.privacy_budget import Alerts

_LOG = logging.getLogger("lakeveil")

_SECONDS = 5.0
"""A webhook that has not answered by then is passed over."""

_OPENER = urllib.request.OpenerDirector()
for _handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
                 urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor, urllib.request.UnknownHandler):
    _OPENER.add_handler(_handler())


_NEAR = 1e-6
"""In percent: so far below an alert a share may be that has reached it, but for floating point."""


def reached(share: float, alerts: Alerts) -> int:
    """Returns how many alerts a share of the cap, in percent, has reached."""
    return sum(share >= at - _NEAR for at in alerts.at)


def tenths(share: float) -> float:
    """Returns a share, in percent, to one digit, rounded down: what has not reached an alert does not look as if it had."""
    return math.floor(10 * (share + _NEAR)) / 10


def tell(written: Written, alerts: Alerts) -> None:
    """Posts JSON for each cap of which an entry has passed an alert, if the policy names a webhook.

    It holds names and figures of the ledger. A webhook that fails stops nothing: the cap is held by the ledger, and
    ``lakeveil budget`` tells the same by its exit code. A warning is logged, without the address, which may be a secret.
    """
    if alerts.webhook is None:
        return
    for scope in written.scopes:
        there = written.book.events(scope)
        before, after = (100 * epsilon_of(events, scope.cap.delta) / scope.cap.epsilon
                         for events in (there, (*there, *written.entry.events)))
        passed = reached(after, alerts)
        if passed > reached(before, alerts):
            _post(alerts.webhook, {
                "alert": alerts.at[passed - 1], "share": tenths(after), "cap": scope.cap.model_dump(),
                "by": "owner" if scope.by_owner else "policy", **_named(scope), "ledger": written.book.where,
                "entry": written.entry.number, "job": written.entry.job, "purpose": written.entry.purpose,
                "time": written.entry.time.isoformat()})


def _named(scope: Scope) -> dict[str, str | None]:
    return {"lineage": scope.lineage, "population": scope.population}


def _post(webhook: str, told: dict[str, object]) -> None:
    """Waits for a thread that is left behind if need be: a server that drips its answer meets every timeout of a socket."""
    answered: list[bool] = []
    thread = threading.Thread(target=lambda: answered.append(_answered(webhook, told)), daemon=True)
    thread.start()
    thread.join(_SECONDS)
    if not any(answered):
        _LOG.warning("an alert on the privacy budget could not be posted: budget.alerts.webhook")


def _answered(webhook: str, told: dict[str, object]) -> bool:
    address = os.environ.get(webhook.removeprefix("env:"), "") if webhook.startswith("env:") else webhook
    try:
        request = urllib.request.Request(  # noqa: S310 - of the opener below, which knows http and https alone
            address, json.dumps(told).encode(), {"Content-Type": "application/json"}, method="POST")
        with _OPENER.open(request, timeout=_SECONDS):
            return True
    except (OSError, ValueError, http.client.HTTPException):
        return False
