"""What a column's name says about it: words → role and category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import regex

from engine.detect.context import header_words
from schemas.findings import Category
from schemas.policy import Role


@dataclass(frozen=True)
class Hint:
    """What words in a column's name suggest."""

    role: Role
    category: Category
    word: str


_THINGS = (r"product|item|drug|medication|hospital|facility|clinic|company|organi[sz]ation|org|department|dept|file|column|table|city|"
           r"country|state|county|test|lab|event|course|school|store|shop|brand|model|project|plan|payer|category|type|status|group|"
           r"host|domain|service|job|role|procedure|diagnosis|disease|campaign|channel|field|bank")
_PERSON = r"patient|person|user|customer|client|member|subject|employee|student|beneficiary|insured|subscriber|individual|citizen|donor"

_HINTS: tuple[tuple[Role, Category, str], ...] = (
    ("direct", "credential", r"password|passwd|secret|api key|auth token|access token|private key|pin code|security answer"),
    ("direct", "identity", r"(?:full|first|last|given|family|middle|maiden|birth|nick|sur|fore|legal|preferred|display|mother) ?names?|"
                           r"surname|forename|initials|fname|lname|name suffix|name prefix|"
                           rf"(?:{_PERSON}|doctor|physician|nurse|provider|spouse|mother|father|parent|child|contact|kin|guardian) names?"),
    ("direct", "contact", r"e ?mails?|mail address|phones?|phone number|mobile|cell(?:phone)?|telephone|tel|fax|contact number|whatsapp"),
    ("direct", "identity", r"ssn|social security(?: number| no)?|sin|nino|national (?:insurance|id)(?: number| no)?|passports?(?: number| no)?|"
                           r"driv(?:er|ers|ing) ?licen[cs]e(?: number| no)?|licen[cs]e (?:number|no|plate)|tax ?(?:payer )?id|itin|tin|nhs(?: number| no)?|"
                           r"aadhaar|pesel|dni|nie|nif|codice fiscale|identity card|id card|vin|number plate|license plate"),
    ("direct", "health", r"mrn|medical record(?: number| no)?|health plan|insurance (?:id|number|no)|policy (?:id|number|no)|"
                         r"(?:medicare|medicaid|mbi|npi)(?: id| number| no)?|device (?:id|serial)|serial number"),
    ("direct", "financial", r"iban|account (?:number|no|id)|bank account|credit card|card (?:number|no)|cc ?(?:number|num)|cvv|pan|swift|wallet"),
    ("direct", "online", r"ip|ip ?addr(?:ess)?|mac|mac address|user ?name|login|handle|screen name|cookie(?: id)?|device|advertising id|imei|url|"
                         r"website|profile"),
    ("direct", "location", r"(?:street|home|mailing|postal|billing|shipping|work)? ?address(?: line)?(?: [0-9])?|addr(?:ess)?[0-9]?|street(?: name)?|"
                           r"house (?:number|no)|apartment"),
    ("direct", "identity", r"photo|image|fingerprint|biometric|signature|voice"),
    ("direct", "identity", rf"(?:{_PERSON}) ?(?:id|key|no|number|code|uuid|guid|identifier|ref|reference)|uuid|guid|person"),
    ("sensitive", "health", r"diagnos[ie]s|dx|icd ?[0-9]*(?: code)?|snomed|disease|condition|disorder|symptoms?|treatment|therapy|procedure|surgery|"
                            r"medications?|drugs?|prescription|dosage|lab(?: result| value)?|test result|result|hiv|allerg(?:y|ies)|genetic|genotype|"
                            r"mental|pregnan(?:t|cy)|vaccin\w*|blood ?(?:type|pressure|group)|bmi|weight|cholesterol|glucose|disability|readmi\w*|"
                            r"outcome|mortality|severity"),
    ("sensitive", "financial", r"salary(?: class)?|income|wages?|pay|earnings|net worth|balance|debt|loan|credit (?:score|limit)|charges?|"
                               r"billed|cost|amount|payment"),
    ("sensitive", "demographic", r"religion|faith|politic\w*|party|union|sexual(?: orientation)?|orientation|criminal|conviction|offen[cs]e"),
    ("quasi", "date", r"(?:date of )?birth|birth ?(?:date|day|year)|dob|yob|year of birth|born|date of death|death ?date|died|"
                      r"(?:admission|admit(?:ted)?|discharged?|hired?|visit|encounter|service|start|end|event|onset) ?(?:date|time|day|on|at)|"
                      r"admission|admitted|discharged?|date|day|timestamp|datetime"),
    ("quasi", "location", r"zip(?: ?code)?|post(?:al)? ?code|postal|postcode|plz|city|town|village|county|state|province|region|district|country"
                          r"(?: of birth)?|nationality|native country|place(?: of birth)?|birth ?place|location|lat|latitude|lon|lng|longitude|geo|puma"),
    ("quasi", "demographic", r"age(?: group| band)?|sex|gender|race|ethnic(?:ity)?|language|marital(?: status)?|occupation|job(?: title)?|profession|employer|"
                             r"work ?class|education(?: num)?|household(?: size)?|children|citizenship|veteran|relationship|height|title"),
    ("text", "free text", r"notes?|comments?|remarks?|narrative|free ?text|text|message|body|summary|report|letter|history|description|transcript|"
                          r"feedback|review|complaint|findings|assessment|impression|content"),
)
_WHOLE = [(role, category, regex.compile(rf"(?<!\w)(?:{words})(?!\w)")) for role, category, words in _HINTS]
_BARE_NAME: Any = regex.compile(r"(?<!\w)names?(?!\w)")
_OF_A_THING: Any = regex.compile(rf"(?<!\w)(?:{_THINGS})(?!\w)")
_ID: Any = regex.compile(r"(?<!\w)(?:ids?|key|no|num|number|code|uuid|guid|identifier|ref|reference|pk|serial)(?!\w)")


def hint(path: str) -> Hint | None:
    """Returns what a column's name suggests, or None. Of a nested path the last step is heard first, then all of it."""
    last = path.replace("[]", "").rsplit(".", 1)[-1]
    for part in dict.fromkeys((last, path)):
        words = header_words(part)
        found = _hint(words)
        if found:
            return found
    return None


def _hint(words: str) -> Hint | None:
    if _BARE_NAME.search(words) and _OF_A_THING.search(words):
        return None
    for role, category, pattern in _WHOLE:
        match = pattern.search(words)
        if match:
            return Hint(role, category, match.group())
    match = _BARE_NAME.search(words)
    return Hint("direct", "identity", match.group()) if match else None


def speaks_of_id(path: str) -> bool:
    """Whether a column's name says that it holds identifiers of something."""
    return _ID.search(header_words(path)) is not None
