"""More tables on which the rules were made: maternity, savings, homes, calls, applicants, parcels, weather, welfare, dating."""

from __future__ import annotations

import json

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ACCOUNT,
    ADDRESS,
    AGENT,
    BELIEF,
    CONTACT,
    CREDENTIAL,
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


def maternity(rows: int) -> list[Column]:
    make = Make(rows, 131)
    return [
        one("mother_mrn", INSURED, make.form("M9999999"), speaks=False),
        one("mother_name", IDENTITY, make.full()),
        one("mother_age", PERSONAL, make.whole(17, 46), speaks=False),
        one("delivery_date", DATE, make.days(2020, 2025)),
        one("gestation_weeks", HEALTH, make.whole(28, 42), speaks=False),
        one("infant_weight_g", HEALTH, make.whole(1500, 4800), speaks=False),
        one("infant_sex", PERSONAL, make.of("male", "female")),
        one("midwife", IDENTITY, make.full()),
        one("complications", HEALTH, make.of("none", "preeclampsia", "haemorrhage"), speaks=False),
        one("blood_group", HEALTH, make.of("A+", "O-", "B+", "AB-")),
        one("nursing_notes", TEXT, make.prose(pools.NOTES)),
    ]


def savings(rows: int) -> list[Column]:
    make = Make(rows, 132, "it_IT")
    return [
        one("ndg", IDENTITY, make.form("99999999"), speaks=False),
        one("intestatario", IDENTITY, make.full()),
        one("codice_fiscale", IDENTITY, make.each(make.fake.ssn)),
        one("iban", ACCOUNT, make.each(make.fake.iban)),
        one("saldo_contabile", MONEY, make.real(0, 90000), speaks=False),
        one("data_apertura", DATE, make.days(2000, 2025)),
        one("residenza", PLACE, make.of(*pools.ITALIAN_CITIES), also=ADDRESS),
        one("cellulare", CONTACT, make.form("+39 339 999 9999")),
        one("professione", PERSONAL, make.of("impiegato", "operaio", "pensionato", "medico"), speaks=False),
        one("filiale", THING, make.codes("999", 6), speaks=False),
        one("consenso_marketing", THING, make.yes_or_no(), speaks=False),
    ]


def home_insurance(rows: int) -> list[Column]:
    make = Make(rows, 133)
    return [
        one("policyNumber", INSURED, make.form("HO-9999999"), speaks=False),
        one("policyholderName", IDENTITY, make.full()),
        one("policyholderEmail", CONTACT, make.mail()),
        one("propertyAddress", ADDRESS, make.each(make.fake.street_address)),
        one("propertyPostcode", PLACE, make.of("N1 9GU", "W1A 1HQ", "LE1 7RH", "CV1 5FB")),
        one("annualPremium", MONEY, make.real(90, 900), speaks=False),
        one("claimDate", DATE, make.days(2019, 2025)),
        one("claimType", THING, make.of("fire", "theft", "storm", "leak"), speaks=False),
        one("claimDescription", TEXT, make.prose(pools.CALLS)),
        one("numberOfBedrooms", THING, make.whole(1, 6), speaks=False),
        one("lossAdjuster", IDENTITY, make.full()),
        one("payoutAmount", MONEY, make.real(0, 20000), speaks=False),
    ]


def call_records(rows: int) -> list[Column]:
    make = Make(rows, 134)
    return [
        one("cdr_id", IDENTITY, make.uuids()),
        one("a_number", CONTACT, make.form("+44 7911 123999")),
        one("b_number", CONTACT, make.form("+44 7911 999123")),
        one("imsi", ONLINE, make.form("234159999999999"), speaks=False),
        one("start_time", DATE, make.times(2024, 2025)),
        one("duration_s", THING, make.whole(0, 4000), speaks=False),
        one("bytes_down", THING, make.whole(0, 900000), speaks=False),
        one("roaming_country", PLACE, make.of("FR", "ES", "DE", "IT", "PT", "GR")),
        one("charge_amount", MONEY, make.real(0, 9), speaks=False),
        one("handset_model", THING, make.of("Galaxy S22", "iPhone 13", "Pixel 6"), speaks=False),
        one("call_result", THING, make.of("answered", "busy", "dropped"), speaks=False),
    ]


def applicants(rows: int) -> list[Column]:
    make = Make(rows, 135, "de_DE")
    return [
        one("bewerber_id", IDENTITY, make.form("BW99999")),
        one("anrede", PERSONAL, make.of("Herr", "Frau"), speaks=False),
        one("name", IDENTITY, make.full()),
        one("geb_datum", DATE, make.days(1965, 2005, "%d.%m.%Y")),
        one("email", CONTACT, make.mail()),
        one("telefonnummer", CONTACT, make.form("+49 30 9999999")),
        one("wohnort", PLACE, make.of(*pools.GERMAN_CITIES)),
        one("gehaltswunsch", MONEY, make.whole(30000, 90000), speaks=False),
        one("abschluss", PERSONAL, make.of("Bachelor", "Master", "Diplom", "Promotion"), speaks=False),
        one("schwerbehinderung", HEALTH, make.yes_or_no(), speaks=False),
        one("anschreiben", TEXT, make.prose(pools.GERMAN_NOTES)),
        one("stelle", THING, make.codes("ST-999", 6), speaks=False),
    ]


def marketplace(rows: int) -> list[Column]:
    make = Make(rows, 136)
    geo = make.each(lambda: json.dumps({"lat": round(make.draw.uniform(40, 50), 5),
        "country": make.draw.choice(pools.COUNTRIES)}))
    return [
        one("listing_id", IDENTITY, make.serial(50001), speaks=False, also=THING),
        one("seller_handle", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("seller_email", CONTACT, make.mail()),
        one("asking_price", THING, make.real(1, 900), speaks=False, also=MONEY),
        one("category", THING, make.of("toys", "books", "garden"), speaks=False),
        one("description", TEXT, make.prose(pools.POSTS)),
        one("geo", PLACE, geo),
        one("posted_at", DATE, make.times(2024, 2025)),
        one("paypal_email", CONTACT, make.mail()),
        one("view_count", THING, make.whole(0, 900), speaks=False),
        one("api_token", CREDENTIAL, make.form("sk_hhhhhhhhhhhhhhhhhhhhhhhh"), speaks=False),
        one("browser", THING, make.of("Chrome", "Firefox", "Safari"), speaks=False, also=AGENT),
    ]


def parcels(rows: int) -> list[Column]:
    make = Make(rows, 137, "fr_FR")
    return [
        one("numero_colis", IDENTITY, make.form("6A99999999999")),
        one("nom_destinataire", IDENTITY, make.full()),
        one("adresse_livraison", ADDRESS, make.each(make.fake.street_address)),
        one("code_postal", PLACE, make.form("99999"), speaks=False),
        one("ville", PLACE, make.of(*pools.FRENCH_CITIES)),
        one("tel_destinataire", CONTACT, make.form("+33 6 99 99 99 99")),
        one("poids_kg", THING, make.real(0, 30), speaks=False),
        one("date_livraison", DATE, make.times(2024, 2025)),
        one("statut", THING, make.of("livré", "en cours", "retour"), speaks=False),
        one("instructions", TEXT, make.prose(pools.FRENCH_NOTES)),
        one("montant_cr", MONEY, make.real(0, 200), speaks=False),
    ]


def weather(rows: int) -> list[Column]:
    make = Make(rows, 138)
    return [
        one("station_id", THING, make.codes("ST9999", 9), speaks=False),
        one("observed_at", DATE, make.times(2024, 2025), also=THING),
        one("temp_c", THING, make.real(-20, 40)),
        one("wind_dir", THING, make.of("N", "NE", "SW"), speaks=False),
        one("wind_speed", THING, make.real(0, 40)),
        one("precip_mm", THING, make.real(0, 30)),
        one("quality_flag", THING, make.of("0", "1", "2"), speaks=False),
        one("latitude", PLACE, make.real(40, 60, 4), speaks=False),
        one("observer", IDENTITY, make.full()),
        one("instrument", THING, make.of("anemometer", "barometer"), speaks=False),
        one("loaded_at", THING, make.loads(), speaks=False),
    ]


def page_views(rows: int) -> list[Column]:
    make = Make(rows, 139)
    return [
        one("view_id", IDENTITY, make.uuids()),
        one("ga_cookie", ONLINE, make.form("GA1.1.999999999.1700999999"), speaks=False),
        one("ip", ONLINE, make.each(make.fake.ipv4_public)),
        one("ua_string", AGENT, make.of(*pools.AGENTS)),
        one("referrer", ONLINE, make.each(make.fake.url)),
        one("utm_campaign", THING, make.of("spring", "retarget", "brand"), speaks=False),
        one("viewport_width", THING, make.of(390, 1280, 1920), speaks=False),
        one("city", PLACE, make.of(*pools.CITIES)),
        one("ts", DATE, make.times(2024, 2025)),
        one("logged_in_user", IDENTITY, make.form("usr_hhhhhhhh"), also=ONLINE),
        one("scroll_depth", THING, make.real(0, 1), speaks=False),
        one("event_action", THING, make.of("click", "scroll", "submit")),
    ]


def welfare(rows: int) -> list[Column]:
    make = Make(rows, 140)
    return [
        one("ClientID", IDENTITY, make.form("C9999999")),
        one("FirstName", IDENTITY, make.given()),
        one("LastName", IDENTITY, make.family()),
        one("SocialSecurityNo", IDENTITY, make.each(make.fake.ssn)),
        one("MaritalStatus", PERSONAL, make.of("Single", "Married", "Divorced", "Separated")),
        one("HouseholdSize", PERSONAL, make.whole(1, 8), speaks=False),
        one("MonthlyBenefit", MONEY, make.real(50, 1500), speaks=False),
        one("ImmigrationStatus", PERSONAL, make.of("Citizen", "Resident", "Refugee"), speaks=False, also=BELIEF),
        one("CaseWorker", IDENTITY, make.full()),
        one("HomeAddress", ADDRESS, make.each(make.fake.street_address)),
        one("County", PLACE, make.each(lambda: f"{make.draw.choice(pools.FAMILY)} County"), speaks=False),
        one("CaseNotes", TEXT, make.prose(pools.CALLS)),
    ]


def dating(rows: int) -> list[Column]:
    make = Make(rows, 141)
    return [
        one("uid", IDENTITY, make.uuids()),
        one("first_name", IDENTITY, make.given()),
        one("age", PERSONAL, make.whole(18, 80), speaks=False),
        one("gender", PERSONAL, make.of("man", "woman", "nonbinary")),
        one("interested_in", BELIEF, make.of("men", "women", "everyone"), speaks=False, also=PERSONAL),
        one("bio", TEXT, make.prose(pools.POSTS)),
        one("height_cm", PERSONAL, make.whole(150, 205), speaks=False, also=HEALTH),
        one("last_location", PLACE, make.each(lambda: f"{make.draw.uniform(30, 60):.5f},{make.draw.uniform(-120, 30):.5f}")),
        one("phone_number", CONTACT, make.form("+1 415 555 9999")),
        one("religion", BELIEF, make.of("Catholic", "Muslim", "Jewish", "Hindu", "None")),
        one("last_active", DATE, make.times(2024, 2025)),
        one("is_premium", THING, make.yes_or_no(), speaks=False),
    ]


def assays(rows: int) -> list[Column]:
    make = Make(rows, 142)
    return [
        one("accession_number", IDENTITY, make.form("S24-99999")),
        one("patient_name", IDENTITY, make.full("{family}, {given}")),
        one("collected_at", DATE, make.times(2023, 2025)),
        one("loinc_code", HEALTH, make.of("2345-7", "718-7", "4548-4", "2160-0"), speaks=False, also=THING),
        one("test_name", THING, make.of("Glucose", "Haemoglobin", "Creatinine"), speaks=False),
        one("result_value", HEALTH, make.real(1, 200), speaks=False),
        one("units", THING, make.of("mg/dL", "g/dL", "mmol/L"), speaks=False),
        one("abnormal_flag", HEALTH, make.of("H", "L", "N"), speaks=False),
        one("ordering_provider", IDENTITY, make.full("Dr. {given} {family}")),
        one("icd10", HEALTH, make.of("E11.9", "D50.9", "N18.3", "I10")),
        one("instrument_id", THING, make.codes("AN99", 5), speaks=False),
        one("pathologist_comment", TEXT, make.prose(pools.NOTES)),
    ]


SEEN = {made.__name__: made for made in (
    maternity, savings, home_insurance, call_records, applicants, marketplace, parcels, weather, page_views, welfare, dating,
        assays)}
