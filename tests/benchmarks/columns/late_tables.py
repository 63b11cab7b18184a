"""More tables on which the rules were made: fields and languages that the others do not cover."""

from __future__ import annotations

import json

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ACCOUNT,
    ADDRESS,
    CONTACT,
    DATE,
    HEALTH,
    IDENTITY,
    INSURED,
    MONEY,
    ONLINE,
    PERSONAL,
    PLACE,
    TEXT,
    THING,
    Column,
    Make,
    one,
)


def tenancies(rows: int) -> list[Column]:
    make = Make(rows, 91)
    return [
        one("lease_id", IDENTITY, make.form("LS-999999")),
        one("tenant_first", IDENTITY, make.given()),
        one("tenant_last", IDENTITY, make.family()),
        one("tenant_phone", CONTACT, make.form("(512) 555-9999")),
        one("unit_address", ADDRESS, make.each(make.fake.street_address)),
        one("monthly_rent", MONEY, make.whole(600, 4000), speaks=False),
        one("move_in", DATE, make.days(2012, 2025)),
        one("num_bedrooms", THING, make.whole(0, 5), speaks=False),
        one("pets_allowed", THING, make.yes_or_no(), speaks=False),
        one("emergency_contact", IDENTITY, make.full()),
        one("credit_score", MONEY, make.whole(300, 850), speaks=False),
        one("payment_status", THING, make.of("paid", "overdue", "pending")),
    ]


def blood_bank(rows: int) -> list[Column]:
    make = Make(rows, 92)
    return [
        one("DonorID", IDENTITY, make.form("W9999999999")),
        one("DonorName", IDENTITY, make.full("{family}, {given}")),
        one("BloodGroup", HEALTH, make.of("A+", "A-", "O+", "O-", "B+", "AB+")),
        one("DOB", DATE, make.days(1958, 2006)),
        one("Gender", PERSONAL, make.of("M", "F")),
        one("HaemoglobinGdl", HEALTH, make.real(11, 18, 1), speaks=False),
        one("LastDonationDate", DATE, make.days(2021, 2025)),
        one("MobileNo", CONTACT, make.form("+44 7911 123999")),
        one("CentreCode", THING, make.codes("C99", 6), speaks=False),
        one("BagNumber", IDENTITY, make.form("G999999999999"), also=THING),
        one("Deferred", HEALTH, make.yes_or_no(), speaks=False, also=THING),
        one("NurseComments", TEXT, make.prose(pools.NOTES)),
    ]


def gym(rows: int) -> list[Column]:
    make = Make(rows, 93)
    return [
        one("memberNo", IDENTITY, make.serial(30001), speaks=False),
        one("givenName", IDENTITY, make.given()),
        one("familyName", IDENTITY, make.family()),
        one("emailAddress", CONTACT, make.mail()),
        one("membershipTier", THING, make.of("gold", "silver", "bronze")),
        one("joinDate", DATE, make.days(2015, 2025)),
        one("bodyFatPct", HEALTH, make.real(8, 40, 1), speaks=False),
        one("heightCm", PERSONAL, make.whole(150, 200), speaks=False, also=HEALTH),
        one("emergencyPhone", CONTACT, make.form("(773) 555-9999")),
        one("personalTrainer", IDENTITY, make.full()),
        one("lockerNumber", THING, make.whole(1, 300), speaks=False),
        one("directDebitAccount", ACCOUNT, make.form("99999999"), speaks=False),
        one("medicalConditions", HEALTH, make.of("none", "asthma", "diabetes", "hypertension"), speaks=False),
    ]


def parking(rows: int) -> list[Column]:
    make = Make(rows, 94, "de_DE")
    return [
        one("aktenzeichen", IDENTITY, make.form("9999.999999.9")),
        one("halter_name", IDENTITY, make.full()),
        one("halter_anschrift", ADDRESS, make.each(make.fake.street_address)),
        one("kfz_kennzeichen", IDENTITY, make.form("B-AA 9999"), speaks=False),
        one("tatzeit", DATE, make.times(2023, 2025)),
        one("tatort", PLACE, make.of(*pools.GERMAN_CITIES), speaks=False, also=ADDRESS),
        one("verwarngeld", MONEY, make.of(10, 25, 40, 55), speaks=False),
        one("bezahlt", THING, make.yes_or_no(), speaks=False),
        one("fahrzeugtyp", THING, make.of("PKW", "LKW", "Motorrad"), speaks=False),
        one("sachbearbeiter", IDENTITY, make.full()),
        one("bemerkungen", TEXT, make.prose(pools.GERMAN_NOTES)),
        one("geburtsort", PLACE, make.of(*pools.GERMAN_CITIES)),
    ]


def streaming(rows: int) -> list[Column]:
    make = Make(rows, 95)
    device = make.each(lambda: json.dumps({"type": make.draw.choice(["tv", "phone"]), "ip": make.fake.ipv4_public()}))
    return [
        one("profile_id", IDENTITY, make.uuids(), also=ONLINE),
        one("account_email", CONTACT, make.mail()),
        one("profile_name", IDENTITY, make.given(), also=ONLINE),
        one("maturity_rating", THING, make.of("kids", "teen", "adult"), speaks=False),
        one("watched_title", THING, make.of("Deep Blue", "The Long Road", "Night Shift"), speaks=False),
        one("watched_at", DATE, make.times(2024, 2025)),
        one("seconds_played", THING, make.whole(10, 9000), speaks=False),
        one("device", ONLINE, device),
        one("country_iso", PLACE, make.of("US", "GB", "DE", "MX", "BR", "IN")),
        one("subscription_price", MONEY, make.of(7.99, 12.99, 17.99), speaks=False, also=THING),
        one("card_last_four", ACCOUNT, make.form("9999"), speaks=False),
        one("search_text", TEXT, make.prose(pools.POSTS)),
    ]


def nursery(rows: int) -> list[Column]:
    make = Make(rows, 96, "fr_FR")
    return [
        one("id_enfant", IDENTITY, make.serial(401), speaks=False),
        one("nom_enfant", IDENTITY, make.family()),
        one("prenom_enfant", IDENTITY, make.given()),
        one("date_de_naissance", DATE, make.days(2019, 2024, "%d/%m/%Y")),
        one("sexe", PERSONAL, make.of("garçon", "fille"), speaks=False),
        one("nom_parent", IDENTITY, make.full()),
        one("tel_parent", CONTACT, make.form("+33 6 99 99 99 99")),
        one("adresse_postale", ADDRESS, make.each(make.fake.street_address)),
        one("ville", PLACE, make.of(*pools.FRENCH_CITIES)),
        one("allergies", HEALTH, make.of("aucune", "lait", "arachides"), speaks=False),
        one("quotient_familial", MONEY, make.whole(200, 2400), speaks=False),
        one("section", THING, make.of("petits", "moyens", "grands"), speaks=False),
        one("remarques", TEXT, make.prose(pools.FRENCH_NOTES)),
    ]


def pensions(rows: int) -> list[Column]:
    make = Make(rows, 97, "en_GB")
    return [
        one("NI_NUMBER", IDENTITY, make.form("AB999999C"), speaks=False),
        one("MEMBER_SURNAME", IDENTITY, make.family()),
        one("MEMBER_FORENAMES", IDENTITY, make.given()),
        one("DATE_OF_BIRTH", DATE, make.days(1945, 2000)),
        one("DATE_JOINED_SCHEME", DATE, make.days(1985, 2020)),
        one("MARITAL_STATUS", PERSONAL, make.of("Single", "Married", "Widowed", "Civil Partnership")),
        one("PENSIONABLE_SALARY", MONEY, make.whole(15000, 90000), speaks=False),
        one("ACCRUED_PENSION", MONEY, make.real(100, 30000), speaks=False),
        one("BENEFICIARY_NAME", IDENTITY, make.full()),
        one("SCHEME_CODE", THING, make.codes("S99", 4), speaks=False),
        one("HOME_POSTCODE", PLACE, make.of("SE1 9GF", "M4 5JW", "G1 1XQ", "BT1 5GS")),
        one("RETIREMENT_REASON", HEALTH, make.of("Normal", "Ill health", "Early"), speaks=False, also=THING),
        one("BANK_SORT_CODE", ACCOUNT, make.form("99-99-99"), speaks=False),
    ]


def customs(rows: int) -> list[Column]:
    make = Make(rows, 98)
    return [
        one("declaration_no", IDENTITY, make.form("24DE999999999999A9")),
        one("declarant_name", IDENTITY, make.full()),
        one("consignee_address", ADDRESS, make.each(make.fake.street_address)),
        one("country_of_origin", PLACE, make.of(*pools.COUNTRIES)),
        one("hs_code", THING, make.codes("999999", 9), speaks=False),
        one("gross_weight_kg", THING, make.real(1, 900), speaks=False),
        one("customs_value", MONEY, make.real(10, 90000), speaks=False, also=THING),
        one("duty_paid", MONEY, make.real(0, 9000), speaks=False),
        one("arrival_date", DATE, make.days(2023, 2025)),
        one("container_number", IDENTITY, make.form("MSKU9999999"), also=THING),
        one("incoterm", THING, make.of("FOB", "CIF", "DAP"), speaks=False),
        one("inspector", IDENTITY, make.full()),
        one("goods_description", TEXT, make.prose(pools.CALLS)),
    ]


def newsletter(rows: int) -> list[Column]:
    make = Make(rows, 99)
    return [
        one("subscriber_hash", IDENTITY, make.form("h" * 32)),
        one("email_address", CONTACT, make.mail()),
        one("FNAME", IDENTITY, make.given()),
        one("LNAME", IDENTITY, make.family()),
        one("OPTIN_TIME", DATE, make.times(2018, 2025)),
        one("OPTIN_IP", ONLINE, make.each(make.fake.ipv4_public)),
        one("LATITUDE", PLACE, make.real(35, 60, 5), speaks=False),
        one("TIMEZONE", PLACE, make.of("Europe/Berlin", "America/New_York", "Asia/Tokyo"), speaks=False, also=THING),
        one("open_rate", THING, make.real(0, 1), speaks=False),
        one("LANGUAGE", PERSONAL, make.of("en", "de", "fr", "es"), speaks=False),
        one("last_campaign", THING, make.of("spring-sale", "welcome", "digest"), speaks=False),
        one("LAST_CHANGED", THING, make.loads(), speaks=False),
    ]


def animals(rows: int) -> list[Column]:
    make = Make(rows, 100)
    return [
        one("owner_name", IDENTITY, make.full()),
        one("owner_phone", CONTACT, make.form("(206) 555-9999")),
        one("owner_email", CONTACT, make.mail()),
        one("microchip_no", IDENTITY, make.form("985999999999999"), also=ONLINE),
        one("species", THING, make.of("dog", "cat", "rabbit"), speaks=False),
        one("breed", THING, make.of("labrador", "siamese", "poodle"), speaks=False),
        one("vaccination_date", DATE, make.days(2020, 2025)),
        one("vet", IDENTITY, make.full("Dr. {given} {family}")),
        one("invoice_total", MONEY, make.real(20, 900), speaks=False),
        one("visit_notes", TEXT, make.prose(pools.NOTES)),
        one("home_zip", PLACE, make.form("99999"), speaks=False),
    ]


def turbines(rows: int) -> list[Column]:
    make = Make(rows, 101)
    return [
        one("TurbineID", THING, make.codes("WT99", 8), speaks=False, also=ONLINE),
        one("TimeStamp", DATE, make.times(2024, 2025), also=THING),
        one("WindSpeed_ms", THING, make.real(0, 30)),
        one("RotorRPM", THING, make.real(0, 20)),
        one("PowerOutput_kW", THING, make.real(0, 3000)),
        one("NacelleTemp_C", THING, make.real(-10, 60)),
        one("AlarmCode", THING, make.codes("A999", 7), speaks=False),
        one("OperatorName", IDENTITY, make.full()),
        one("FirmwareVersion", THING, make.of("1.2.0", "1.3.1"), speaks=False),
        one("GridStatus", THING, make.of("online", "offline")),
        one("MaintenanceLog", TEXT, make.prose(pools.CALLS)),
    ]


def properties(rows: int) -> list[Column]:
    make = Make(rows, 102, "es_ES")
    return [
        one("referencia_catastral", PLACE, make.form("9999999AA9999A9999AA"), speaks=False, also=IDENTITY),
        one("nombre_comprador", IDENTITY, make.full()),
        one("nif_comprador", IDENTITY, make.each(make.fake.nif)),
        one("domicilio", ADDRESS, make.each(lambda: f"Calle {make.fake.last_name()}, {make.draw.randint(1, 90)}")),
        one("localidad", PLACE, make.of(*pools.SPANISH_CITIES)),
        one("precio_venta", MONEY, make.whole(60000, 900000), speaks=False, also=THING),
        one("fecha_escritura", DATE, make.days(2015, 2025)),
        one("superficie_m2", THING, make.real(30, 400), speaks=False),
        one("hipoteca", MONEY, make.yes_or_no(), speaks=False),
        one("notario", IDENTITY, make.full()),
        one("telefono_movil", CONTACT, make.form("+34 699 999 999")),
        one("correo_electronico", CONTACT, make.mail()),
    ]


def polish_patients(rows: int) -> list[Column]:
    make = Make(rows, 103, "pl_PL")
    return [
        one("pesel", IDENTITY, make.each(make.fake.pesel), speaks=False),
        one("imie", IDENTITY, make.given()),
        one("nazwisko", IDENTITY, make.family()),
        one("data_urodzenia", DATE, make.days(1935, 2020)),
        one("plec", PERSONAL, make.of("K", "M"), speaks=False),
        one("ulica", ADDRESS, make.each(lambda: f"ul. {make.fake.last_name()}a {make.draw.randint(1, 99)}")),
        one("kod_pocztowy", PLACE, make.form("99-999"), speaks=False),
        one("miasto", PLACE, make.of("Warszawa", "Kraków", "Łódź", "Wrocław", "Poznań", "Gdańsk")),
        one("telefon", CONTACT, make.form("+48 601 999 999")),
        one("rozpoznanie_icd10", HEALTH, make.of("I10", "E11.9", "J45.0", "M54.5", "K21.9")),
        one("uwagi", TEXT, make.prose(pools.GERMAN_NOTES)),
        one("nr_ubezpieczenia", INSURED, make.form("9999999999"), speaks=False),
    ]


def grants(rows: int) -> list[Column]:
    make = Make(rows, 104, "it_IT")
    return [
        one("codice_domanda", IDENTITY, make.form("DOM-999999")),
        one("cognome_nome", IDENTITY, make.full("{family} {given}")),
        one("codice_fiscale", IDENTITY, make.each(make.fake.ssn)),
        one("luogo_nascita", PLACE, make.of(*pools.ITALIAN_CITIES)),
        one("data_nascita", DATE, make.days(1950, 2005, "%d/%m/%Y")),
        one("residenza_via", ADDRESS, make.each(lambda: f"Via {make.fake.last_name()} {make.draw.randint(1, 99)}")),
        one("isee", MONEY, make.real(2000, 40000), speaks=False),
        one("invalidita", HEALTH, make.yes_or_no(), speaks=False),
        one("iban_accredito", ACCOUNT, make.each(make.fake.iban)),
        one("esito", THING, make.of("ammessa", "respinta"), speaks=False),
        one("importo_concesso", MONEY, make.real(100, 5000), speaks=False),
        one("telefono", CONTACT, make.form("+39 339 999 9999")),
    ]


LATE = {made.__name__: made for made in (
    tenancies, blood_bank, gym, parking, streaming, nursery, pensions, customs, newsletter, animals, turbines, properties,
    polish_patients, grants)}
