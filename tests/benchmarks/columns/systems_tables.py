"""More tables on which the rules were made: called as in the exports of common systems."""

from __future__ import annotations

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


def dentist(rows: int) -> list[Column]:
    """OpenDental's patients."""
    make = Make(rows, 71)
    return [
        one("PatNum", IDENTITY, make.serial(1), speaks=False),
        one("LName", IDENTITY, make.family()),
        one("FName", IDENTITY, make.given()),
        one("MiddleI", IDENTITY, make.of(*"ABCDEFGHJKLMRST"), speaks=False),
        one("Preferred", IDENTITY, make.some(make.given(), 0.5)),
        one("PatStatus", THING, make.of("Patient", "Inactive", "Archived"), speaks=False),
        one("Gender", PERSONAL, make.of("Male", "Female", "Unknown")),
        one("Birthdate", DATE, make.days(1930, 2020)),
        one("SSN", IDENTITY, make.each(make.fake.ssn)),
        one("Address", ADDRESS, make.each(make.fake.street_address)),
        one("City", PLACE, make.of(*pools.CITIES)),
        one("Zip", PLACE, make.form("99999"), speaks=False),
        one("HmPhone", CONTACT, make.form("(503) 555-9999")),
        one("WirelessPhone", CONTACT, make.form("(971) 555-9999")),
        one("ChartNumber", IDENTITY, make.form("AAA9999"), speaks=False),
        one("MedicaidID", INSURED, make.form("AA99999A"), speaks=False),
        one("BalTotal", MONEY, make.real(0, 900), speaks=False),
    ]


def library(rows: int) -> list[Column]:
    """Koha's borrowers."""
    make = Make(rows, 72)
    return [
        one("borrowernumber", IDENTITY, make.serial(1), speaks=False),
        one("cardnumber", IDENTITY, make.form("23529000999999"), speaks=False),
        one("surname", IDENTITY, make.family()),
        one("firstname", IDENTITY, make.given()),
        one("address", ADDRESS, make.each(make.fake.street_address)),
        one("zipcode", PLACE, make.form("99999-9999")),
        one("emailpro", CONTACT, make.mail()),
        one("dateofbirth", DATE, make.days(1940, 2015)),
        one("branchcode", THING, make.of("CPL", "FPL", "MPL"), speaks=False),
        one("categorycode", THING, make.of("PT", "S", "J"), speaks=False),
        one("dateexpiry", DATE, make.days(2024, 2030)),
        one("debarred", THING, make.yes_or_no(), speaks=False),
        one("borrowernotes", TEXT, make.prose(pools.CALLS)),
        one("userid", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("password", CREDENTIAL, make.each(lambda: "$2a$08$" + "".join(make.draw.choices("ABCDabcdef0123456789./", k=53)))),
        one("lastseen", DATE, make.times(2022, 2025)),
    ]


def weblog(rows: int) -> list[Column]:
    """WordPress's users and comments."""
    make = Make(rows, 73)
    return [
        one("ID", IDENTITY, make.serial(1), speaks=False),
        one("user_login", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("user_pass", CREDENTIAL, make.each(lambda: "$P$B" + "".join(make.draw.choices("ABCDabcdef0123456789./", k=30))),
            speaks=False),
        one("user_email", CONTACT, make.mail()),
        one("user_url", ONLINE, make.each(make.fake.url)),
        one("user_registered", DATE, make.times(2012, 2024)),
        one("user_status", THING, make.of(0, 1), speaks=False),
        one("display_name", IDENTITY, make.full()),
        one("comment_author", IDENTITY, make.full()),
        one("comment_author_IP", ONLINE, make.each(make.fake.ipv4_public)),
        one("comment_content", TEXT, make.prose(pools.POSTS)),
        one("comment_agent", AGENT, make.of(*pools.AGENTS)),
        one("comment_approved", THING, make.of("1", "0", "spam"), speaks=False),
        one("comment_count", THING, make.whole(0, 90), speaks=False),
    ]


def charges(rows: int) -> list[Column]:
    """Stripe's export of charges."""
    make = Make(rows, 74)
    return [
        one("id", IDENTITY, make.form("ch_3NAAhhAA9hhAAhh99AAhhAA")),
        one("Created (UTC)", DATE, make.times(2022, 2025, "%Y-%m-%d %H:%M:%S")),
        one("Amount", MONEY, make.real(1, 900), speaks=False),
        one("Currency", THING, make.of("usd", "eur", "gbp")),
        one("Customer ID", IDENTITY, make.form("cus_AAhhAA99hhAAhh")),
        one("Customer Email", CONTACT, make.mail()),
        one("Card Last4", ACCOUNT, make.form("9999"), speaks=False),
        one("Card Brand", THING, make.of("Visa", "MasterCard", "American Express"), speaks=False),
        one("Card Exp Year", ACCOUNT, make.of(2026, 2027, 2028), speaks=False),
        one("Card Fingerprint", ACCOUNT, make.form("AAhhAA99hhAAhhAA"), speaks=False),
        one("Card Address Line1", ADDRESS, make.each(make.fake.street_address)),
        one("Card Issue Country", PLACE, make.of("US", "GB", "DE", "FR", "CA")),
        one("Description", TEXT, make.prose(pools.CALLS)),
        one("Status", THING, make.of("Paid", "Failed", "Refunded")),
    ]


def store(rows: int) -> list[Column]:
    """Shopify's export of orders."""
    make = Make(rows, 75)
    return [
        one("Email", CONTACT, make.mail()),
        one("Financial Status", THING, make.of("paid", "pending", "refunded")),
        one("Paid at", DATE, make.times(2022, 2025)),
        one("Accepts Marketing", THING, make.of("yes", "no"), speaks=False),
        one("Subtotal", MONEY, make.real(5, 400), speaks=False),
        one("Discount Code", THING, make.of("SPRING", "WELCOME10", "VIP"), speaks=False),
        one("Lineitem name", THING, make.of("Canvas tote", "Soy candle", "Enamel mug"), speaks=False),
        one("Lineitem price", THING, make.real(5, 80), speaks=False),
        one("Billing Name", IDENTITY, make.full()),
        one("Billing Street", ADDRESS, make.each(make.fake.street_address)),
        one("Billing Zip", PLACE, make.form("99999"), speaks=False),
        one("Billing Phone", CONTACT, make.form("+1 646-555-9999")),
        one("Shipping Country", PLACE, make.of("US", "CA", "GB", "AU", "DE")),
        one("Vendor", THING, make.of("Northgoods", "Makerly"), speaks=False),
        one("Notes", TEXT, make.prose(pools.CALLS)),
    ]


def tickets(rows: int) -> list[Column]:
    """Zendesk's tickets."""
    make = Make(rows, 76)
    return [
        one("ticket_id", IDENTITY, make.serial(88_001), speaks=False),
        one("requester_name", IDENTITY, make.full()),
        one("requester_email", CONTACT, make.mail()),
        one("assignee", IDENTITY, make.full()),
        one("subject", TEXT, make.prose(pools.CALLS)),
        one("description", TEXT, make.prose(pools.CALLS)),
        one("priority", THING, make.of("low", "normal", "high", "urgent")),
        one("created_at", DATE, make.times(2023, 2025)),
        one("satisfaction_rating", THING, make.of("good", "bad", "unoffered"), speaks=False),
        one("group", THING, make.of("Support", "Billing", "Tier 2"), speaks=False),
        one("via_channel", THING, make.of("web", "email", "chat", "phone")),
        one("first_reply_time_in_minutes", THING, make.whole(1, 4000), speaks=False),
        one("reopens", THING, make.whole(0, 3), speaks=False),
    ]


def sign_ins(rows: int) -> list[Column]:
    """Okta's system log, flattened."""
    make = Make(rows, 77)
    return [
        one("uuid", IDENTITY, make.uuids()),
        one("published", DATE, make.times(2024, 2025)),
        one("actor_displayName", IDENTITY, make.full()),
        one("actor_alternateId", CONTACT, make.mail()),
        one("client_ipAddress", ONLINE, make.each(make.fake.ipv4_public)),
        one("client_userAgent", AGENT, make.of(*pools.AGENTS)),
        one("client_city", PLACE, make.of(*pools.CITIES)),
        one("outcome_result", THING, make.of("SUCCESS", "FAILURE", "DENY"), speaks=False),
        one("eventType", THING, make.of("user.session.start", "user.mfa.factor.update"), speaks=False),
        one("severity", THING, make.of("INFO", "WARN", "DEBUG"), speaks=False),
        one("sessionId", ONLINE, make.form("AAhhAA9hhAAhh9AAhhAAhh"), speaks=False),
        one("requestUri", ONLINE, make.each(make.fake.uri)),
        one("isProxy", THING, make.yes_or_no(), speaks=False),
    ]


def crashes(rows: int) -> list[Column]:
    """Great Britain's road accidents (STATS19)."""
    make = Make(rows, 78)
    return [
        one("accident_index", IDENTITY, make.form("2023019999999")),
        one("longitude", PLACE, make.real(-3, 1, 6), speaks=False),
        one("latitude", PLACE, make.real(50, 55, 6), speaks=False),
        one("accident_severity", THING, make.of("Fatal", "Serious", "Slight"), speaks=False),
        one("number_of_vehicles", THING, make.whole(1, 5), speaks=False),
        one("date", DATE, make.days(2021, 2023, "%d/%m/%Y")),
        one("time", DATE, make.times(2021, 2023, "%H:%M"), speaks=False),
        one("local_authority_district", PLACE, make.whole(1, 400), speaks=False),
        one("sex_of_driver", PERSONAL, make.of("Male", "Female", "Not known")),
        one("age_of_driver", PERSONAL, make.whole(17, 90), speaks=False),
        one("engine_capacity_cc", THING, make.whole(900, 3000), speaks=False),
        one("vehicle_type", THING, make.of("Car", "Motorcycle", "Van"), speaks=False),
        one("casualty_class", THING, make.of("Driver", "Passenger", "Pedestrian"), speaks=False),
        one("weather_conditions", THING, make.of("Fine", "Raining", "Snowing"), speaks=False),
    ]


def voters(rows: int) -> list[Column]:
    """North Carolina's voter file."""
    make = Make(rows, 79)
    return [
        one("ncid", IDENTITY, make.form("AA999999")),
        one("voter_reg_num", IDENTITY, make.form("000099999999")),
        one("last_name", IDENTITY, make.family()),
        one("first_name", IDENTITY, make.given()),
        one("status_cd", THING, make.of("A", "I", "R"), speaks=False),
        one("res_street_address", ADDRESS, make.each(make.fake.street_address)),
        one("res_city_desc", PLACE, make.of(*pools.CITIES)),
        one("zip_code", PLACE, make.form("99999"), speaks=False),
        one("full_phone_number", CONTACT, make.form("(919) 555-9999")),
        one("race_code", PERSONAL, make.of("W", "B", "A", "U"), speaks=False),
        one("party_cd", BELIEF, make.of("DEM", "REP", "UNA", "LIB"), speaks=False),
        one("gender_code", PERSONAL, make.of("M", "F", "U")),
        one("birth_year", DATE, make.whole(1925, 2006), speaks=False),
        one("birth_state", PLACE, make.each(make.fake.state_abbr)),
        one("registr_dt", DATE, make.days(1980, 2024, "%m/%d/%Y")),
        one("precinct_desc", PLACE, make.of("PRECINCT 01", "PRECINCT 22", "PRECINCT 07"), speaks=False),
    ]


def clinic(rows: int) -> list[Column]:
    """A Spanish clinic's records."""
    make = Make(rows, 80, "es_ES")
    return [
        one("nhc", INSURED, make.form("999999"), speaks=False),
        one("nombre_completo", IDENTITY, make.full()),
        one("fecha_ingreso", DATE, make.days(2020, 2025)),
        one("diagnostico_principal", HEALTH, make.of("Neumonía", "Apendicitis", "Fractura de cadera"), speaks=False),
        one("tratamiento", HEALTH, make.of("Amoxicilina", "Cirugía", "Reposo"), speaks=False),
        one("medico_responsable", IDENTITY, make.full("Dr. {given} {family}")),
        one("habitacion", THING, make.whole(100, 499), speaks=False),
        one("telefono_contacto", CONTACT, make.form("+34 91 999 99 99")),
        one("direccion_postal", ADDRESS, make.each(lambda: f"Calle de {make.fake.last_name()}, {make.draw.randint(1, 90)}")),
        one("provincia", PLACE, make.of(*pools.SPANISH_CITIES)),
        one("numero_afiliado", INSURED, make.form("28/99999999/99"), speaks=False),
        one("observaciones", TEXT, make.prose(pools.SPANISH_NOTES)),
        one("coste_total", MONEY, make.real(100, 9000), speaks=False),
        one("grupo_sanguineo", HEALTH, make.of("A+", "O+", "B-", "AB+", "O-")),
    ]


def mortgages(rows: int) -> list[Column]:
    """The United States' mortgage disclosures (HMDA)."""
    make = Make(rows, 81)
    return [
        one("activity_year", THING, make.of(2022, 2023), speaks=False),
        one("lei", THING, make.codes("549300AAAA9999AAAA99", 6), speaks=False),
        one("state_code", PLACE, make.each(make.fake.state_abbr)),
        one("county_code", PLACE, make.form("99999"), speaks=False),
        one("census_tract", PLACE, make.form("99999999999"), speaks=False),
        one("derived_race", PERSONAL, make.of("White", "Asian", "Black or African American")),
        one("applicant_sex", PERSONAL, make.of("Male", "Female")),
        one("loan_purpose", THING, make.of("Purchase", "Refinancing", "Home improvement"), speaks=False),
        one("loan_amount", MONEY, make.whole(50000, 900000), speaks=False),
        one("interest_rate", THING, make.real(2, 8), speaks=False),
        one("property_value", MONEY, make.whole(90000, 1200000), speaks=False),
        one("income", MONEY, make.whole(20, 500), speaks=False),
        one("applicant_age", PERSONAL, make.of("25-34", "35-44", "45-54", "55-64"), speaks=False),
        one("loan_term", THING, make.of(180, 360), speaks=False),
    ]


SYSTEMS = {made.__name__: made for made in (
    dentist, library, weblog, charges, store, tickets, sign_ins, crashes, voters, clinic, mortgages)}
