"""Lakeveil's own recognizers for notes and letters: names, record numbers, addresses, written dates, high ages.

Street suffixes: USPS Publication 28, Appendix C1, with common abbreviations.

Cheap patterns, not a language model: names are found where a title, a role, a relation or a signature announces them.
The part that is claimed is the group ``entity``; where a pattern has none, all of the match.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    """One pattern: what it claims, with which score."""

    entity_type: str
    score: float
    written: str


_WORD = r"\p{Lu}[\p{L}'’\-]+"
_PART = rf"(?:{_WORD}|\p{{Lu}}\.)"
_PARTICLE = r"(?:(?:van|von|de|der|den|da|di|du|la|le|dos|del|el|al|bin|ter|y)[ ]){0,2}"
_NAME = rf"(?P<entity>{_PART}(?:[ ]{_PARTICLE}{_PART}){{0,3}})"
_FULL_NAME = rf"(?P<entity>{_PART}(?:[ ]{_PARTICLE}{_PART}){{1,3}})"
_TITLE = r"(?:(?:Dr|Mr|Mrs|Ms|Mx|Miss|Prof|Professor|Doctor|Nurse|Sister|Sir|Madam|Rev|Hon|Capt|Sgt)\b\.?[ ]+)"
_ROLE = (r"(?i:patient(?:'s)?(?:[ ]name)?|pt|(?:full[ ]|first[ ]|last[ ]|family[ ]|given[ ])?name|surname|client|resident|"
         r"attending(?:[ ]physician)?|(?:referring[ ]|primary[ ]care[ ]|treating[ ])?(?:physician|doctor|provider|clinician)|"
         r"surgeon|gp|pcp|"
         r"nurse|therapist|consultant|next[ ]of[ ]kin|emergency[ ]contact|contact|guardian|caregiver|carer|subscriber|"
         r"policy[ ]?holder|account[ ]holder|author|signed(?:[ ]by)?|dictated[ ]by|cc|user|from|to|attn)")
_ACT = (r"(?i:seen|examined|reviewed|signed|dictated|written|prescribed|ordered|referred|admitted|evaluated|accompanied|assessed|"
        r"consulted|interviewed|requested|assisted|transcribed|reported|discussed|spoke|met|treated|performed|verified|approved|"
        r"followed|authored|brought[ ]in)")
_KIN = (r"(?i:mother|father|mom|mum|dad|wife|husband|daughter|son|sister|brother|spouse|partner|aunt|uncle|niece|nephew|cousin|"
        r"grand(?:mother|father|daughter|son)|carer|caregiver|guardian|friend|neighbou?r|roommate|fianc[eé]e?|colleague)")
_STREET = (r"(?:Alley|Ally|Annex|Arcade|Av|Ave|Avenue|Bend|Blvd|Bluff|Bluffs|Boulevard|Branch|Bridge|Brook|Brooks|Bypass|Camp|"
           r"Canyon|"
           r"Causeway|Center|Centers|Cir|Circle|Circles|Cliff|Cliffs|Close|Club|Common|Corner|Corners|Course|Court|Courts|Cove|Coves|Creek|"
           r"Crescent|Crest|Crossing|Crossroad|Ct|Curve|Dale|Dam|Divide|Dr|Drive|Drives|Estate|Estates|Expressway|Extension|Extensions|Fall|"
           r"Falls|Ferry|Field|Fields|Flat|Flats|Ford|Fords|Forest|Forge|Forges|Fork|Forks|Fort|Freeway|Garden|Gardens|Gateway|Glen|Glens|Green|"
           r"Greens|Grove|Groves|Harbor|Harbors|Haven|Heights|Highway|Hill|Hills|Hollow|Hwy|Inlet|Island|Islands|Isle|Junction|Junctions|Key|Keys|"
           r"Knoll|Knolls|Lake|Lakes|Landing|Lane|Light|Lights|Ln|Loaf|Lock|Locks|Lodge|Loop|Mall|Manor|Manors|Meadow|Meadows|Mews|Mill|Mills|"
           r"Mission|Motorway|Mount|Mountain|Mountains|Neck|Orchard|Oval|Overpass|Park|Parks|Parkway|Parkways|Pass|Passage|Path|Pike|Pine|Pines|Pkwy|"
           r"Pl|Place|Plain|Plains|Plaza|Point|Points|Port|Ports|Prairie|Quay|Radial|Ramp|Ranch|Rapid|Rapids|Rd|Rest|Ridge|Ridges|River|Road|Roads|"
           r"Route|Row|Rue|Run|Shoal|Shoals|Shore|Shores|Skyway|Sq|Spring|Springs|Spur|Spurs|Square|Squares|St|Station|Stravenue|Stream|Street|"
           r"Streets|Summit|Ter|Terrace|Throughway|Trace|Track|Trafficway|Trail|Tunnel|Turnpike|Underpass|Union|Unions|Valley|Valleys|Via|Viaduct|"
           r"View|Views|Village|Villages|Ville|Vista|Walk|Walks|Wall|Way|Ways|Well|Wells|Wharf)")
_UNIT = r"(?:,?[ ]+(?:Apt|Apartment|Suite|Ste|Unit|Room|Rm|Floor|Fl|No|#)\.?[ ]*#?[0-9A-Za-z\-]{1,6})?"
_MONTH = (r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
          r"Nov(?:ember)?|Dec(?:ember)?)")
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:18|19|20)[0-9]{2})"

OWN: dict[str, tuple[Pattern, ...]] = {
    "TitledName": (
        Pattern("PERSON", 0.85, rf"\b{_TITLE}{_NAME}"),
        Pattern("PERSON", 0.85, rf"\b{_FULL_NAME},?[ ]+(?:MD|M\.D\.|DO|RN|NP|PA-C|PhD|Ph\.D\.|DDS|LPN|FRCS|FRCP|LCSW|PharmD)\b"),
    ),
    "LabelledName": (
        Pattern("PERSON", 0.8, rf"\b{_ROLE}[ ]?[:=][ ]*{_TITLE}?{_NAME}"),
        Pattern("PERSON", 0.8, rf"\b{_ROLE}[ ]?[:=][ ]*(?P<entity>{_WORD},[ ]{_PART}(?:[ ]{_PART})?)"),
        Pattern("PERSON", 0.7, rf"\b(?i:patient|pt|client|resident)[ ]{_FULL_NAME}"),
    ),
    "AnnouncedName": (
        Pattern("PERSON", 0.7, rf"\b{_ACT}[ ](?:by|with|to)[ ](?:(?:his|her|their|the)[ ])?(?:{_KIN}[ ])?{_TITLE}?{_NAME}"),
        Pattern("PERSON", 0.75, rf"\b{_KIN},?[ ](?:(?:is|was|named|called)[ ])?{_NAME}"),
        Pattern("PERSON", 0.75, rf"\b(?i:my[ ]name[ ]is|name[ ]is|name's|i[ ]am|i'm|named|called|this[ ]is)[ ]{_NAME}"),
        Pattern("PERSON", 0.7, rf"\b(?:Dear|Hi|Hello|Hey)[ ]{_TITLE}?{_NAME}"),
        Pattern("PERSON", 0.75, rf"\b(?i:sincerely|regards|best[ ]wishes|thanks|thank[ ]you|yours[ ](?:truly|faithfully)|/s/)"
                                rf"[,.:]?\s{{1,4}}{_TITLE}?{_NAME}"),
    ),
    "RecordNumber": (
        Pattern("MEDICAL_RECORD_NUMBER", 0.85,
                r"\b(?i:mrn|mr[ ]?\#|medical[ ]record|med[ ]rec|chart|patient[ ]id|hospital[ ](?:id|number)|encounter|accession|"
                r"visit|case|record|file)(?i:[ ]?(?:number|no|id|\#))?[ ]?[.:\#=]{0,2}[ ]?"
                r"(?P<entity>[A-Za-z]{0,4}-?[0-9][0-9\-]{3,13}[0-9A-Za-z])\b"),
    ),
    "StreetAddress": (
        Pattern("STREET_ADDRESS", 0.7,
                r"\b[0-9]{1,6}[A-Za-z]?[ ]+(?:(?:[NSEW]|[NS][EW])\.?[ ]+)?(?:[\p{Lu}0-9][\p{L}0-9'’.\-]*[ ]+){1,4}"
                rf"{_STREET}\b\.?"
                rf"{_UNIT}(?:,?\s+{_WORD}(?:[ ]{_WORD}){{0,2}},?[ ]+[A-Z]{{2}}[ ]+[0-9]{{5}}(?:-[0-9]{{4}})?)?"),
        Pattern("STREET_ADDRESS", 0.7, r"\b(?i:p\.?[ ]?o\.?[ ]?box|apartado|postfach)[ ]+[0-9]{1,6}\b"),
        Pattern("STREET_ADDRESS", 0.7,
                r"\b(?:Unit|PSC)[ ][0-9]{3,5},?[ ]Box[ ][0-9]{2,5}\b(?:\s+(?:APO|FPO|DPO)[ ]A[AEP][ ][0-9]{5})?"),
        Pattern("STREET_ADDRESS", 0.65,
                rf"\b(?:Via|Viale|Piazza|Calle|C/|Avda\.?|Avenida|Plaza|Paseo|Rue|Rua|ul\.)[ ]+(?:{_PARTICLE}{_PART}[ ,]+){{1,4}}"
                r"(?:n[º°.]?[ ]?)?[0-9]{1,4}\b"),
        Pattern("STREET_ADDRESS", 0.65,
                r"\b\p{Lu}\p{L}+(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|vej|gade|gata|gatan|vägen|katu|tie|laan|straat|plein|utca)"
                r"[ ]+[0-9]{1,4}[A-Za-z]?\b"),
        Pattern("STREET_ADDRESS", 0.6, rf"\b{_WORD}(?:[ ]{_WORD}){{0,2}},[ ][A-Z]{{2}}[ ]+[0-9]{{5}}(?:-[0-9]{{4}})?\b"),
    ),
    "WrittenDate": (
        Pattern("DATE_TIME", 0.7, rf"\b{_MONTH}\.?[ ]+{_DAY}(?:,?[ ]+{_YEAR})?\b"),
        Pattern("DATE_TIME", 0.7, rf"\b{_DAY}(?:[ ]of)?[ \-]{_MONTH}\.?(?:,?[ \-]{_YEAR})?\b"),
        Pattern("DATE_TIME", 0.65, rf"\b{_MONTH}\.?,?[ ]+{_YEAR}\b"),
    ),
    "AnyMailAddress": (  # Presidio's wants a public suffix, which addresses inside an organization have not
        Pattern("EMAIL_ADDRESS", 0.6, r"\b[\p{L}0-9._%+\-]+@[\p{L}0-9\-]+(?:\.[\p{L}0-9\-]+)*\b"),
    ),
    "HighAge": (
        Pattern("AGE", 0.8, r"\b(?P<entity>9[0-9]|1[01][0-9])[ \-]?(?i:years?|yrs?|y)[ \-.]?(?i:old|/?o|of[ ]age)\b"),
        Pattern("AGE", 0.8, r"\b(?i:aged?|age[ ]of|turned)[ :]+(?P<entity>9[0-9]|1[01][0-9])\b"),
    ),
}
"""Recognizer → its patterns. High ages follow 45 CFR 164.514(b)(2)(i)(C): ages over 89 identify."""
