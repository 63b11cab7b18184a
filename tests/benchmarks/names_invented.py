"""Invented text to fit weights on: the slots of names_sentences.txt filled with names, places and dates from Faker's locales."""

import csv
import random
import re
from pathlib import Path

from faker import Faker
from names_corpora import ALL, Document

from engine.detect.config import packaged

_SENTENCES = Path(__file__).with_name("names_sentences.txt")


def _listed(words, separator=" "):
    return words.split(separator)


_LOCALES = _listed(
    "en_US en_US en_US en_GB en_GB en_AU en_CA en_IN de_DE de_AT de_CH fr_FR fr_CA es_ES es_MX it_IT pt_BR pt_PT nl_NL "
    "nl_BE sv_SE no_NO da_DK fi_FI pl_PL cs_CZ sk_SK sl_SI hr_HR hu_HU ro_RO tr_TR el_GR ru_RU en_NZ en_IE es_CO es_AR")
_SMALL = 0.2
"""Share of trades in small letters."""

_TYPES = {
    "full": "PERSON", "first": "PERSON", "last": "PERSON", "lastfirst": "PERSON", "initials": "PERSON", "fullcaps": "PERSON",
    "lastcaps": "PERSON", "firstcaps": "PERSON", "lastfirstcaps": "PERSON", "odd": "PERSON",
    "title": "TITLE", "job": "TITLE", "city": "LOCATION", "country": "LOCATION", "place": "LOCATION", "region": "LOCATION",
    "org": "ORGANIZATION", "hospital": "ORGANIZATION", "university": "ORGANIZATION",
    "street": "STREET_ADDRESS", "address": "STREET_ADDRESS",
    "address_lines": "STREET_ADDRESS", "nrp": "NRP", "date": "DATE_TIME", "reldate": "", "weekday": "DATE_TIME",
    "year": "DATE_TIME", "month": "DATE_TIME", "zip": "LOCATION", "agenumber": "AGE", "ageyear": "AGE",
}
_TITLES = _listed("Mr. Mrs. Ms. Miss Dr. Mr Mrs Ms Prof. Professor Herr Frau Sr. Sra. Mme Dr")
_KIN = _listed("mother father wife husband sister brother daughter son Mother Sister Brother friend Daughter")
_STEMS = _listed(
    "bright path clear wave solar grid health loop open data leaf cloud nest true north quantum works pulse civic spark "
    "blue stone farm fleet way point zen labs link port green mind share snap box credit sense energy ly ify ica tron media "
    "map trade hub")
_SYLLABLES = _listed(
    "ax bel cor dan ev fin gar hel in jor ka lum mo nex or pra qui ro sig tel ul ver wex xan yo zen ba ci do fa gi lo ma "
    "no pi so ta va ze tri glo")
_ENDINGS = _listed("a ia is ix on ex io eo us um ent ara ify ly ware soft net tech gen dyn med bit 360 24")
_TERMS = _listed(
    "Licensee|Licensor|Company|Borrower|Lender|Agent|Guarantor|Trustee|Landlord|Tenant|Buyer|Seller|Supplier|Customer|"
    "Contractor|Client|Party|Issuer|Holder|Indenture|Lease|Agreement|Note|Notice|Closing Date|Effective Date|Maturity Date|"
    "Services|Software|Product|Premises|Collateral|Security Interest|Event of Default|Business Day|Governing Law|"
    "Confidential Information|Term|Schedule|Exhibit A|Annex II|Section 4.2|Article IX|Loan Documents|Purchase Price|"
    "Base Rent|Interest Rate|Prime Rate|Obligations|Affiliate|Subsidiary|Commitment|Escrow Account|Intellectual Property|"
    "Work Product|Permitted Liens|Advance|Warrants|Common Stock|Board|Representations|Indemnified Party|Force Majeure|"
    "Change Order|Statement of Work|Dollars|Shares", "|")
_TRADES = _listed(
    "Solutions Systems Analytics Partners Insurance Bank Group Media Health Energy Foods Motors Capital Technologies "
    "Software Labs Pictures Airlines Global Networks Logistics Holdings")
_FORMS = ("Inc", "Inc.", "LLC", "Ltd", "Ltd.", "Corp.", "GmbH", "AG", "S.A.", "PLC", "Co.", "S.L.", "BV", "AB", "Oy")
_RELATIVE = _listed(
    "last {w}|next {w}|this {w}|{w}|{w}|{w} morning|on {w}|yesterday|tomorrow|today|two weeks ago|three days ago|last "
    "week|next month|last year|in two weeks|this morning|last night|a few months ago|last summer|five years ago|next "
    "week|{n} days ago|the day before yesterday|tonight|the following year|in the first three months|for a year|one evening", "|")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = _listed(
    "January February March April May June July August September October November December")
_MARKS = re.compile(r"[^\w\n]*")
_ANNOUNCED = re.compile(r":\s*$")
_DAY = re.compile("|".join((*_WEEKDAYS, *_MONTHS)))


class Inventor:
    """Fills slots; everything follows from the seed."""

    def __init__(self, seed: int, lists: dict[str, set[str]]) -> None:
        """Takes demonyms, places, trades and words from the lists of the lexicon."""
        self._places = sorted(name for name in lists["well-known place"] if len(name) > 2)
        self._towns = [name for _, names in list(csv.reader(packaged("names/geonames.csv").splitlines()))[1:]
                       for name in names.split("|")]
        self._trades = sorted(lists["job ending word"])
        names = {name.lower() for name in lists["given name"] | lists["family name"]}
        self._words = sorted(word for word in lists["English word"] - names if len(word) in range(3, 10))
        self.rng = random.Random(seed)  # noqa: S311 - the same text every time
        self._demonyms = sorted(lists["demonym"])
        self._organizations = sorted(lists["well-known organization"])
        Faker.seed(seed)
        self.fakers = {locale: Faker(locale) for locale in set(_LOCALES)}
        self.sentences = [line.replace("⏎", "\n") for line in _SENTENCES.read_text(encoding="utf-8").splitlines()
                          if line and not line.startswith("#")]

    def documents(self, rounds: int) -> list[Document]:
        """Returns every sentence ``rounds`` times, each time filled anew; some in small letters, some in capitals."""
        return [self._filled(sentence) for _ in range(rounds) for sentence in self.sentences]

    def _filled(self, sentence: str) -> Document:
        self.fake = self.fakers[self.rng.choice(_LOCALES)]
        text, spans = "", []
        for part in re.split(r"(\{\w+\})", sentence):
            if not part.startswith("{"):
                text += part
                continue
            slot = part[1:-1]
            line = text[text.rfind("\n") + 1:]
            value = getattr(self, slot)() if hasattr(self, slot) else self.simple(slot)
            lines = slot in {"address", "address_lines"} and "\n" in value
            if slot == "parts" or (lines and _MARKS.fullmatch(line) and not _ANNOUNCED.search(text)):  # each line by itself
                value, inside = self.parts(line)
                spans += [(len(text) + start, len(text) + end, kind) for start, end, kind in inside]
            elif slot == "reldate":  # only a day of the week or a month tells when
                spans += [(len(text) + found.start(), len(text) + found.end(), "DATE_TIME") for found in _DAY.finditer(value)]
            elif slot in _TYPES:
                spans.append((len(text), len(text) + len(value), _TYPES[slot]))
                if slot == "ageyear":
                    spans[-1] = (len(text), len(text) + len(re.match(r"\d+", value).group()), "AGE")
            text += value
        case = self.rng.random()
        changed = text.lower() if case < 0.1 else text.upper() if case < 0.13 else text
        complete = ALL - {"TITLE"} if spans else ALL
        return Document(changed if len(changed) == len(text) else text, spans, complete)

    def simple(self, slot: str) -> str:
        choose = self.rng.choice
        return {
            "weekday": choose(_WEEKDAYS), "month": choose(_MONTHS), "year": str(self.rng.randint(1930, 2024)),
            "kin": choose(_KIN), "pronoun": choose(("his", "her")), "nrp": choose(self._demonyms),
            "agenumber": str(self.rng.randint(1,
                                              104)), "ageyear": f"{self.rng.randint(1, 104)}{choose(('-year-old', ' year old'))}",
            "zip": self.fake.postcode(), "title": choose(_TITLES), "term": choose(_TERMS), "caps": choose(_TERMS).upper(),
        }[slot]

    def first(self) -> str:
        return self.fake.first_name()

    def last(self) -> str:
        return self.fake.last_name()

    def full(self) -> str:
        first, last, chance = self.first(), self.last(), self.rng.random()
        if chance < 0.12:
            return f"{first} {self.rng.choice('ABCDEFGHJKLMNPRST')}{self.rng.choice(('.', ''))} {last}"
        return f"{first} {self.first()} {last}" if chance < 0.17 else f"{first} {last}"

    def fullcaps(self) -> str:
        return self.full().upper()

    def lastfirst(self) -> str:
        return f"{self.last()}, {self.first()}"

    def lastcaps(self) -> str:
        return self.last().upper()

    def firstcaps(self) -> str:
        return self.first().upper()

    def lastfirstcaps(self) -> str:
        return self.lastfirst().upper()

    def thing(self) -> str:
        """A word of everyday language with a capital that is nobody's name."""
        return self.rng.choice(self._words).capitalize()

    def odd(self) -> str:
        """A family name that is a word of everyday language."""
        return self.thing()

    def initials(self) -> str:
        letters = [self.rng.choice("ABCDEFGHJKLMNPRSTW") for _ in range(self.rng.choice((1, 1, 2)))]
        return " ".join(f"{letter}." for letter in letters)

    def city(self) -> str:
        chance = self.rng.random()
        if chance < 0.45:
            return self.rng.choice(self._places if chance < 0.2 else self._towns)
        city = re.sub(r"\s*\(.*", "", self.fake.city())
        return city.upper() if self.rng.random() < 0.12 else city

    def country(self) -> str:
        if self.rng.random() < 0.03:  # as lists that tell languages apart have it
            return f"{self.fakers['en_US'].country().split(' (')[0]} ({self.rng.choice(self._demonyms).capitalize()})"
        return self.fakers["en_US"].country().split(" (")[0] if self.rng.random() < 0.75 else self.fake.country()

    def region(self) -> str:
        for name in ("state", "region", "administrative_unit", "province"):
            if hasattr(self.fake, name):
                return getattr(self.fake, name)()
        return self.country()

    def place(self) -> str:
        return self.rng.choice((self.city, self.country, self.region))()

    def org(self) -> str:
        kind, choose = self.rng.random(), self.rng.choice
        stem = choose(_STEMS).capitalize()
        second = choose(_STEMS)
        if kind < 0.2:
            return choose(self._organizations) if kind < 0.08 else self.fakers["en_US"].company()
        if kind < 0.3:
            return self.fake.company()
        if kind < 0.45:  # a made-up word, or words of everyday language
            made = "".join(choose(_SYLLABLES) for _ in range(self.rng.choice((1, 2, 2)))).capitalize() + choose(_ENDINGS)
            return choose((made, made, choose(self._words).capitalize(), f"{choose(self._words)} {choose(self._words)}".title(),
                           choose(self._words).capitalize() + second, f"{made} {choose(_TRADES)}"))
        if kind < 0.6:
            return stem + choose((second, second.capitalize()))
        if kind < 0.8:
            first = f"{stem} {choose((second.capitalize(), choose(_TRADES)))}" if kind < 0.68 else stem
            return f"{first} {choose(_TRADES)}"
        return f"{choose((stem + second, self.last(), self.city()))} {choose(_FORMS)}"

    def unknown(self) -> str:
        """A word in small letters that is nobody's name: a drug or a term that no list has."""
        return "".join(self.rng.choice(_SYLLABLES) for _ in range(self.rng.randint(2, 4)))

    def hospital(self) -> str:
        form = self.rng.choice((
            "{} General Hospital", "{} University Hospital", "Hospital {}", "St. {} Hospital", "{} Medical Center", "Klinikum {}",
            "Hospital Universitario {}", "{} Clinic", "Hospital General de {}"))
        return form.format(self.rng.choice((self.city, self.last, self.first))())

    def university(self) -> str:
        return self.rng.choice(("University of {}", "{} University", "{} College", "Universität {}",
                                "Universidad de {}")).format(self.city())

    def job(self) -> str:
        if self.rng.random() < 0.4:
            what = [self.rng.choice(self._words) for _ in range(self.rng.choice((0, 1, 1, 2)))]
            job = " ".join((*what, self.rng.choice(self._trades)))
            return job if self.rng.random() < _SMALL else job.capitalize()
        job = self.fakers["en_US"].job()
        job = " ".join(reversed(job.split(", "))) if "," in job else job
        return job.lower() if self.rng.random() < _SMALL else job.capitalize()

    def street(self) -> str:
        street = self.fake.street_address().replace("\n", ", ")
        chance = self.rng.random()
        if chance < 0.08:
            return f"the corner of {self.fake.street_name()} and {self.fake.street_name()}"
        if chance < 0.2:
            return f"{self.rng.randint(1, 99999)} {street}"
        return f"{self.rng.randint(1, 2999)} {self.last()} {self.rng.choice(('Street', 'Avenue', 'Road', 'Lane', 'Drive'))}" \
            if chance < 0.3 else street

    def address(self) -> str:
        if self.rng.random() < 0.15:
            short = self.rng.choice(("St", "Ave", "Rd", "Dr", "Ln", "Blvd", "Ct", "St."))
            return (f"{self.rng.randint(1, 2999)} {self.last()} {short}"
                    f"{self.rng.choice(('', f' Apt {self.rng.randint(1, 99)}'))}, {self.fakers['en_US'].city()}, "
                    f"{self.fakers['en_US'].state_abbr()} {self.fakers['en_US'].postcode()}")
        return self._address(self.rng.choice((", ", " ", "\n", "\n ", ", ", "\n  ")))

    def address_lines(self) -> str:
        return self._address(self.rng.choice(("\n", "\n ")))

    def _address(self, gap: str) -> str:
        chance, choose = self.rng.random(), self.rng.choice
        if chance < 0.06:
            n = self.rng.randint
            return choose((f"PSC {n(10, 9999):04d}, Box {n(10, 9999):04d}\nAPO AE {n(9000, 99999):05d}",
                           f"Unit {n(10, 9999):04d} Box {n(10, 9999):04d}\nDPO AA {n(9000, 99999):05d}",
                           f"P.O. Box {n(1, 9999)}{gap}{self.city()}", f"USS {self.last()}\nFPO AP {n(9000, 99999):05d}"))
        unit = choose(("Apt. {}", "Suite {}", "Apt {}", "Unit {}", "Flat {}")).format(
            self.rng.randint(1, 999)) if chance < 0.45 else ""
        code = self.fake.postcode()
        end = choose((f"{self.city()}{gap}{self.country()} {code}", f"{code} {self.city()}", f"{self.city()} {code}",
                      f"{self.city()}, {self._code()} {code}", f"{self.city()}{gap}{self.country()}",
                      f"{self.city()}, {self.country()}", f"{self.city()}", f"{code} {self.city()}{gap}{self.country()}",
                      f"{self.city()}, {self.region()} {code}"))
        return gap.join(part for part in (self.street(), unit, end) if part)

    def parts(self, mark: str = "") -> tuple[str, list[tuple[int, int, str]]]:
        """An address as a block of lines: a street, a place, a postal code, each by itself; ``mark`` begins the lines."""
        gap = f"\n{mark}" if mark else self.rng.choice(("\n", "\n "))
        unit = f"{self.rng.choice(('Apt. ', 'Suite ', 'Unit '))}{self.rng.randint(1, 999)}"
        street = f"{self.street()}{gap}{unit}" if self.rng.random() < 0.5 else self.street()
        city, country, code = ((word, "LOCATION") for word in (self.city(), self.country(), self.fake.postcode()))
        line, space = (gap, ""), (" ", "")
        pieces = [(street, "STREET_ADDRESS"), line, *self.rng.choice((
            [(f"{city[0]}{gap}{country[0]}", "LOCATION"), space, code],
            [code, space, city],
            [city, line, code, line, country],
            [(f"{city[0]}, {country[0]}", "LOCATION"), space, code],
            [city, space, code, line, country],
            [city, (", ", ""), (self.region(), "LOCATION"), space, code]))]
        text, spans = "", []
        for piece, kind in pieces:
            spans += [(len(text), len(text) + len(piece), kind)] if kind else []
            text += piece
        return text, spans

    def _code(self) -> str:
        return self.rng.choice(("CA", "NY", "TX", "IL", "OR", "VIC", "NSW", "ON", "QC", "BC", "MI", "RI", "ZH", "BE", "OV"))

    def date(self) -> str:
        day, month, year = self.rng.randint(1, 28), self.rng.choice(_MONTHS), self.rng.randint(1930, 2024)
        number = _MONTHS.index(month) + 1
        ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day not in {11, 12, 13} else "th"
        return self.rng.choice((f"{month} {day}, {year}", f"{day} {month} {year}", f"{month} {year}", f"{month[:3]} {year}",
                                f"{day}{ending} of {month} {year}", f"{month[:3]} {day}", f"{month} {day}",
                                f"{year}-{number:02d}-{day:02d}", f"{number}/{day}/{year}",
                                f"{day:02d}.{number:02d}.{year}", f"{day}-{month[:3]}-{year}", f"{month} {day}{ending}"))

    def reldate(self) -> str:
        return self.rng.choice(_RELATIVE).format(w=self.rng.choice((*_WEEKDAYS, *_MONTHS[:3])), n=self.rng.randint(2, 40))
