"""The recognizer of telephone numbers."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Block, Claims
from engine.detect.phones.exact import exactly
from engine.detect.phones.likely import LEAST, likely
from engine.detect.phones.matcher import Numbers
from engine.detect.phones.stretches import PAD, groups, stretches

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""Presidio's."""


CONTEXT = (
    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "cellular", "landline", "fax", "telefax", "hotline",
    "helpline", "call", "called", "calling", "dial", "ring", "text", "texting", "sms", "whatsapp", "message", "contact",
    "reach", "voicemail", "callback", "registered", "telefon", "telefonnummer", "mobil", "mobiltelefon", "handy", "rufnummer",
    "anruf", "durchwahl", "téléphone", "tél", "portable", "télécopie", "appeler", "teléfono", "telf", "tfno", "tlf", "móvil",
    "celular", "llamar", "telefone", "telemóvel", "ligar", "telefono", "cellulare", "chiamare", "telefoon", "mobiel", "gsm",
    "telefonnr", "puhelin", "matkapuhelin", "komórka", "mobilní", "телефон", "тел", "моб", "電話", "携帯", "电话", "手机", "전화",
    "휴대폰", "טלפון", "نمبر", "هاتف")
"""Words that announce a telephone number. Not ``number`` alone: it announces all that has digits."""


class PhoneFinder:
    """Finds telephone numbers in blocks.

    Attributes:
        regions: Where numbers without a country code are dialled.
        exact: Find what Presidio's recognizer finds, instead of what is likely a telephone number.
    """

    def __init__(self, regions: tuple[str, ...] = REGIONS, *, exact: bool = False) -> None:
        """Takes at most 62 regions, as ISO 3166-1 codes."""
        self.regions, self.exact = regions, exact

    def find(self, block: Block) -> Claims:
        """Returns the numbers of a block, each scored; kind and source are 0."""
        if self.exact:
            numbers, _ = exactly(block, self.regions)
        else:
            found = groups(block, LEAST)
            if found is None:
                return Claims.none()
            numbers = likely(found, stretches(found, LEAST), self.regions)
        return _claims(numbers)


def _claims(numbers: Numbers) -> Claims:
    nothing = np.zeros(len(numbers.begin), np.int64)
    return Claims(numbers.begin - PAD, numbers.end - PAD, nothing, numbers.score, nothing)
