"""A scan for some regimes finds what they speak of, and nothing else: of forms, telephone numbers and names alike."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.config import RecognizerConfig
from engine.detect.named import LAWS
from engine.detect.names import NameTier
from engine.detect.registry import PRIVACY, Registry
from engine.detect.scanner import UNSCANNABLE, Scanner

REGISTRY = Registry.default()
TEXT = ("Dr. Mary Poe, a German of 12 Old Mill Road, Springfield, works at Acme Steel Corporation. Call (415) 555-2671 or write "
        "to jane@example.com. Card 4539 5787 6362 1486, SSN 219-09-9999. Seen on March 3, 1931 at 93 years of age.")


def scanner(*regimes):
    return Scanner(RecognizerConfig.default().model_copy(update={"regimes": regimes}))


def test_pci_is_account_data_and_the_cardholder():
    """PCI DSS 4.0.1, section 2: number, name, expiry; track, verification code and PIN."""
    cards = scanner("pci")
    assert set(cards.entity_types) == {UNSCANNABLE, "CREDIT_CARD", "CARD_EXPIRY", "CARD_SECURITY_CODE", "CARD_PIN",
                                       "CARD_TRACK_1", "CARD_TRACK_2", "PERSON"}
    assert set(cards.find(pa.array([TEXT]))["entity_type"].to_pylist()) == {"CREDIT_CARD", "PERSON"}


@pytest.mark.slow
@pytest.mark.parametrize("regime", ["hipaa", "gdpr", "glba"])
def test_nothing_of_another_regime(regime):
    found = scanner(regime)
    names = {name for name, laws in LAWS.items() if regime in laws}
    assert set(found.entity_types) - {UNSCANNABLE} <= names | {one.reported for one in REGISTRY.types if regime in one.laws}
    assert "PERSON" in found.find(pa.array([TEXT]))["entity_type"].to_pylist()


@pytest.mark.slow
def test_hipaa_has_its_eighteen_identifiers():
    """45 CFR 164.514(b)(2)(i): all but biometrics (P) and photographs (Q), which are not in text."""
    letters = {one.safe_harbor for one in REGISTRY.select(regimes=["hipaa"]).types}
    assert letters == set("BCDEFGHIJKLMNOR")
    assert {"PERSON", "LOCATION", "DATE_TIME"} <= {name for name, laws in LAWS.items() if "hipaa" in laws}
    assert "NRP" not in scanner("hipaa").entity_types


def test_all_laws_on_personal_data_protect_what_is_anybody_s():
    sets = [{one.type for one in REGISTRY.select(regions=[], regimes=[law]).types} for law in PRIVACY]
    assert all(one == sets[0] for one in sets)
    assert {"EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "DATE_OF_BIRTH"} <= sets[0]


def test_every_type_of_names_has_its_laws():
    assert set(LAWS) == set(NameTier.default().types)
