"""More tables on which the rules were made, called as in published schemas: Stack Exchange's user dump, Google Analytics' export,
New York's taxi trips, SAP's personnel records, HubSpot's contacts, FHIR's Patient, X's posts, CMS's synthetic claims.
"""

from __future__ import annotations

import pyarrow as pa

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.public_tables import PUBLIC, one
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
)


def forum(rows: int) -> list[Column]:
    make = Make(rows, 41)
    return [
        one("Id", IDENTITY, make.serial(-1), speaks=False),
        one("Reputation", THING, make.whole(1, 90000), speaks=False),
        one("CreationDate", DATE, make.times(2008, 2024)),
        one("DisplayName", IDENTITY, make.full()),
        one("LastAccessDate", DATE, make.times(2020, 2024), speaks=False),
        one("WebsiteUrl", ONLINE, make.each(make.fake.url)),
        one("Location", PLACE, make.of(*pools.CITIES)),
        one("AboutMe", TEXT, make.prose(pools.POSTS)),
        one("Views", THING, make.whole(0, 5000), speaks=False),
        one("UpVotes", THING, make.whole(0, 900), speaks=False),
        one("AccountId", IDENTITY, make.serial(5_000), speaks=False),
        one("EmailHash", IDENTITY, make.form("h" * 32)),
        one("ProfileImageUrl", ONLINE, make.each(lambda: f"https://i.sstatic.net/{make.draw.randbytes(4).hex()}.png")),
        one("Age", PERSONAL, make.whole(13, 80), speaks=False),
    ]


def analytics(rows: int) -> list[Column]:
    make = Make(rows, 42)
    return [
        one("event_date", DATE, make.days(2023, 2025, "%Y%m%d")),
        one("event_timestamp", DATE, make.whole(1_690_000_000_000_000, 1_710_000_000_000_000), speaks=False),
        one("event_name", THING, make.of("page_view", "session_start", "first_visit", "purchase", "scroll")),
        one("user_id", IDENTITY, make.form("u_hhhhhhhh")),
        one("user_pseudo_id", ONLINE, make.form("1999999999.1699999999"), speaks=False),
        one("device.category", THING, make.of("mobile", "desktop", "tablet")),
        one("device.operating_system", THING, make.of("Android", "iOS", "Windows", "Macintosh"), speaks=False),
        one("device.language", PERSONAL, make.of("en-us", "de-de", "fr-fr", "es-es"), speaks=False),
        one("geo.country", PLACE, make.of(*pools.COUNTRIES)),
        one("geo.city", PLACE, make.of(*pools.CITIES)),
        one("traffic_source.medium", THING, make.of("organic", "referral", "email", "(none)"), speaks=False),
        one("platform", THING, make.of("WEB", "ANDROID", "IOS")),
        one("page_location", ONLINE, make.each(make.fake.uri)),
        one("ecommerce.purchase_revenue", MONEY, make.real(1, 400), speaks=False),
        one("engagement_time_msec", THING, make.whole(0, 90000), speaks=False),
    ]


def taxi(rows: int) -> list[Column]:
    make = Make(rows, 43)
    return [
        one("VendorID", THING, make.of(1, 2), speaks=False),
        one("tpep_pickup_datetime", DATE, make.times(2022, 2024)),
        one("tpep_dropoff_datetime", DATE, make.times(2022, 2024)),
        one("passenger_count", THING, make.whole(1, 6), speaks=False),
        one("trip_distance", THING, make.real(0.1, 30), speaks=False),
        one("pickup_longitude", PLACE, make.real(-74.1, -73.7, 6), speaks=False),
        one("pickup_latitude", PLACE, make.real(40.6, 40.9, 6), speaks=False),
        one("RatecodeID", THING, make.whole(1, 6), speaks=False),
        one("store_and_fwd_flag", THING, make.of("Y", "N"), speaks=False),
        one("payment_type", THING, make.of(1, 2, 3), speaks=False),
        one("fare_amount", MONEY, make.real(3, 90), speaks=False),
        one("tip_amount", MONEY, make.real(0, 20), speaks=False),
        one("medallion", IDENTITY, make.form("h" * 32)),
        one("hack_license", IDENTITY, make.form("h" * 32)),
        one("PULocationID", PLACE, make.whole(1, 265), speaks=False),
    ]


def personnel(rows: int) -> list[Column]:
    make = Make(rows, 44, "de_DE")
    return [
        one("PERNR", IDENTITY, make.form("000999999"), speaks=False),
        one("NACHN", IDENTITY, make.family()),
        one("VORNA", IDENTITY, make.given()),
        one("GBDAT", DATE, make.days(1960, 2003, "%Y%m%d")),
        one("GBORT", PLACE, make.of(*pools.GERMAN_CITIES)),
        one("NATIO", PLACE, make.of("DE", "AT", "PL", "TR", "IT", "FR")),
        one("FAMST", PERSONAL, make.of("0", "1", "2"), speaks=False),
        one("GESCH", PERSONAL, make.of("1", "2"), speaks=False),
        one("STRAS", ADDRESS, make.each(make.fake.street_address)),
        one("ORT01", PLACE, make.of(*pools.GERMAN_CITIES)),
        one("PSTLZ", PLACE, make.form("99999"), speaks=False),
        one("TELNR", CONTACT, make.form("+49 89 9999999")),
        one("USRID_LONG", CONTACT, make.mail()),
        one("BANKN", ACCOUNT, make.form("9999999999"), speaks=False),
        one("IBAN", ACCOUNT, make.each(make.fake.iban)),
        one("ANSAL", MONEY, make.real(20000, 150000), speaks=False),
        one("KOSTL", THING, make.codes("99999", 6), speaks=False),
        one("AEDTM", THING, make.loads(), speaks=False),
    ]


def contacts(rows: int) -> list[Column]:
    make = Make(rows, 45)
    return [
        one("hs_object_id", IDENTITY, make.serial(51_001), speaks=False),
        one("firstname", IDENTITY, make.given()),
        one("lastname", IDENTITY, make.family()),
        one("email", CONTACT, make.mail()),
        one("phone", CONTACT, make.form("+1 303-555-9999")),
        one("company", THING, make.each(lambda: f"{make.draw.choice(pools.FAMILY)} & Partners LLC"), speaks=False),
        one("jobtitle", PERSONAL, make.of(*pools.TRADES)),
        one("lifecyclestage", THING, make.of("subscriber", "lead", "opportunity", "customer"), speaks=False),
        one("hs_lead_status", THING, make.of("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED")),
        one("createdate", DATE, make.times(2019, 2024)),
        one("lastmodifieddate", THING, make.loads(), speaks=False),
        one("address", ADDRESS, make.each(make.fake.street_address)),
        one("city", PLACE, make.of(*pools.CITIES)),
        one("zip", PLACE, make.form("99999"), speaks=False),
        one("website", ONLINE, make.each(make.fake.url)),
        one("date_of_birth", DATE, make.days(1950, 2004, "%m/%d/%Y")),
        one("hs_email_optout", THING, make.yes_or_no(), speaks=False),
        one("message", TEXT, make.prose(pools.CALLS)),
    ]


def fhir(rows: int) -> list[Column]:
    make = Make(rows, 46)
    names = pa.array([{"family": family, "given": [given]} for family, given in zip(make.family(), make.given(), strict=True)])
    return [
        one("id", IDENTITY, make.uuids()),
        one("identifier", INSURED, make.form("MRN99999999"), speaks=False),
        one("name", IDENTITY, names),
        one("telecom_phone", CONTACT, make.form("(617) 555-9999")),
        one("telecom_email", CONTACT, make.mail()),
        one("gender", PERSONAL, make.of("male", "female", "other")),
        one("birthDate", DATE, make.days(1930, 2020)),
        one("deceasedBoolean", HEALTH, make.yes_or_no(), speaks=False),
        one("address_line", ADDRESS, make.each(make.fake.street_address)),
        one("address_postalCode", PLACE, make.form("99999-9999")),
        one("maritalStatus", PERSONAL, make.of("Married", "Divorced", "Never Married", "Widowed")),
        one("generalPractitioner", IDENTITY, make.full("Dr. {given} {family}")),
        one("managingOrganization", THING, make.of("General Hospital", "City Clinic"), speaks=False),
        one("communication_language", PERSONAL, make.of("English", "Spanish", "French")),
        one("active", THING, make.yes_or_no(), speaks=False),
        one("meta_lastUpdated", THING, make.loads(), speaks=False),
    ]


def posts(rows: int) -> list[Column]:
    make = Make(rows, 47)
    return [
        one("id_str", IDENTITY, make.form("1699999999999999999"), speaks=False),
        one("created_at", DATE, make.times(2019, 2023)),
        one("full_text", TEXT, make.prose(pools.POSTS)),
        one("user_screen_name", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("user_name", IDENTITY, make.full()),
        one("user_location", PLACE, make.of(*pools.CITIES)),
        one("user_description", TEXT, make.prose(pools.POSTS)),
        one("user_followers_count", THING, make.whole(0, 90000), speaks=False),
        one("retweet_count", THING, make.whole(0, 900), speaks=False),
        one("lang", PERSONAL, make.of("en", "es", "de", "fr"), speaks=False),
        one("in_reply_to_user_id", IDENTITY, make.some(make.whole(10_000, 99_999_999), 0.4), speaks=False),
        one("coordinates", PLACE, make.each(lambda: f"{make.draw.uniform(-40, 60):.6f}, {make.draw.uniform(-120, 120):.6f}")),
        one("possibly_sensitive", THING, make.yes_or_no(), speaks=False),
        one("is_quote_status", THING, make.yes_or_no(), speaks=False),
    ]


def claims(rows: int) -> list[Column]:
    make = Make(rows, 48)
    return [
        one("DESYNPUF_ID", IDENTITY, make.form("hhhhhhhhhhhhhhhh")),
        one("BENE_BIRTH_DT", DATE, make.days(1920, 1980, "%Y%m%d")),
        one("BENE_SEX_IDENT_CD", PERSONAL, make.of(1, 2), speaks=False),
        one("BENE_RACE_CD", PERSONAL, make.of(1, 2, 3, 5), speaks=False),
        one("SP_STATE_CODE", PLACE, make.whole(1, 54), speaks=False),
        one("BENE_COUNTY_CD", PLACE, make.whole(10, 999), speaks=False),
        one("CLM_ID", IDENTITY, make.form("999999999999999")),
        one("CLM_FROM_DT", DATE, make.days(2008, 2010, "%Y%m%d")),
        one("CLM_PMT_AMT", MONEY, make.whole(0, 20000), speaks=False),
        one("AT_PHYSN_NPI", INSURED, make.form("1999999999"), speaks=False),
        one("ICD10_DGNS_CD_1", HEALTH, make.of("I25.10", "E78.5", "N18.3", "J18.9", "I48.91")),
        one("HCPCS_CD_1", HEALTH, make.codes("99999", 9), speaks=False),
        one("SP_DIABETES", HEALTH, make.of(1, 2), speaks=False),
        one("PRVDR_NUM", THING, make.codes("9999AA", 9), speaks=False),
    ]


PUBLIC = PUBLIC | {one.__name__: one for one in (forum, analytics, taxi, personnel, contacts, fhir, posts, claims)}
