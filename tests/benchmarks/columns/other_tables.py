"""More tables on which the rules were made: a register, applicants, training, rides, samples."""

from __future__ import annotations

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ADDRESS,
    CONTACT,
    DATE,
    HEALTH,
    IDENTITY,
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


def register(rows: int) -> list[Column]:
    make = Make(rows, 62, "nl_NL")
    return [
        one("bsn", IDENTITY, make.each(make.fake.ssn), speaks=False),
        one("voornamen", IDENTITY, make.given()),
        one("achternaam", IDENTITY, make.family()),
        one("geboortedatum", DATE, make.days(1935, 2020, "%d-%m-%Y")),
        one("geslacht", PERSONAL, make.of("M", "V"), speaks=False),
        one("straatnaam", ADDRESS, make.each(make.fake.street_name)),
        one("huisnummer", ADDRESS, make.whole(1, 300), speaks=False),
        one("postcode", PLACE, make.form("9999 AA")),
        one("woonplaats", PLACE, make.of("Amsterdam", "Utrecht", "Rotterdam", "Eindhoven", "Groningen", "Breda")),
        one("nationaliteit", PLACE, make.of("Nederlandse", "Duitse", "Turkse"), speaks=False),
        one("burgerlijke_staat", PERSONAL, make.of("gehuwd", "ongehuwd", "gescheiden")),
        one("telefoonnummer", CONTACT, make.form("+31 6 99999999")),
        one("emailadres", CONTACT, make.mail()),
        one("inkomen", MONEY, make.whole(12000, 90000), speaks=False),
        one("opmerkingen", TEXT, make.prose(pools.GERMAN_NOTES)),
        one("datum_laatste_wijziging", THING, make.loads(), speaks=False),
    ]


def recruiting(rows: int) -> list[Column]:
    make = Make(rows, 63)
    return [
        one("candidate_name", IDENTITY, make.full()),
        one("cv_text", TEXT, make.prose(pools.CALLS)),
        one("linkedin_url", ONLINE, make.each(lambda: f"https://www.linkedin.com/in/{make.fake.user_name()}")),
        one("desired_salary", MONEY, make.whole(30000, 150000), speaks=False),
        one("current_employer", PERSONAL, make.each(lambda: f"{make.draw.choice(pools.FAMILY)} Ltd"), speaks=False),
        one("years_experience", PERSONAL, make.whole(0, 40), speaks=False),
        one("application_stage", THING, make.of("new", "interview", "offer", "rejected"), speaks=False),
        one("applied_on", DATE, make.days(2022, 2025)),
        one("mobile", CONTACT, make.form("+1 415 555 9999")),
        one("email", CONTACT, make.mail()),
        one("ethnicity", PERSONAL, make.of("White", "Asian", "Black", "Hispanic", "Prefer not to say")),
        one("interviewer", IDENTITY, make.full()),
        one("interview_score", THING, make.whole(1, 10), speaks=False),
        one("requisition_id", THING, make.codes("REQ-9999", 9), speaks=False),
    ]


def fitness(rows: int) -> list[Column]:
    make = Make(rows, 64)
    return [
        one("user_guid", IDENTITY, make.uuids()),
        one("heart_rate_bpm", HEALTH, make.whole(45, 190), speaks=False),
        one("steps", THING, make.whole(0, 30000), speaks=False),
        one("sleep_minutes", HEALTH, make.whole(120, 700), speaks=False),
        one("weight_lbs", HEALTH, make.real(90, 300, 1), speaks=False),
        one("height_cm", PERSONAL, make.whole(140, 210), speaks=False),
        one("birth_date", DATE, make.days(1950, 2008)),
        one("route_start", PLACE, make.each(lambda: f"{make.draw.uniform(40, 50):.6f},{make.draw.uniform(-5, 15):.6f}")),
        one("workout_type", THING, make.of("run", "ride", "swim"), speaks=False),
        one("device_serial", ONLINE, make.form("FX9999999999"), speaks=False),
        one("last_sync_at", THING, make.loads(), speaks=False),
        one("smoker", HEALTH, make.yes_or_no(), speaks=False),
        one("coach_comment", TEXT, make.prose(pools.CALLS)),
    ]


def rides(rows: int) -> list[Column]:
    """A ride-hailing service."""
    make = Make(rows, 82)
    return [
        one("ride_uuid", IDENTITY, make.uuids()),
        one("rider_name", IDENTITY, make.full()),
        one("rider_phone", CONTACT, make.form("+1 312 555 9999")),
        one("driver_license_plate", IDENTITY, make.form("AAA 9999"), speaks=False),
        one("pickup_address", ADDRESS, make.each(make.fake.street_address)),
        one("dropoff_lat_lng", PLACE, make.each(lambda: f"{make.draw.uniform(41, 42):.6f},{make.draw.uniform(-88, -87):.6f}")),
        one("requested_at", DATE, make.times(2023, 2025)),
        one("fare_total", MONEY, make.real(5, 90), speaks=False),
        one("rider_rating", THING, make.real(3, 5, 1), speaks=False),
        one("vehicle_model", THING, make.of("Prius", "Camry", "Model 3"), speaks=False),
        one("promo_code", THING, make.of("FREE5", "NEWYEAR", "RAINY"), speaks=False),
        one("cancellation_reason", THING, make.of("rider_no_show", "driver_cancelled", "none"), speaks=False),
        one("surge_multiplier", THING, make.real(1, 3, 1), speaks=False),
    ]


def biobank(rows: int) -> list[Column]:
    """A biobank's samples."""
    make = Make(rows, 83)
    return [
        one("sample_barcode", IDENTITY, make.form("BB-9999999")),
        one("participant_alias", IDENTITY, make.form("PX99999"), speaks=False),
        one("self_reported_ethnicity", PERSONAL, make.of("White", "Asian", "Black", "Mixed")),
        one("collection_site", THING, make.of("Leeds", "Oxford"), speaks=False),
        one("genotype_rs429358", HEALTH, make.of("TT", "TC", "CC"), speaks=False),
        one("mother_id", IDENTITY, make.form("PX99999")),
        one("consent_date", DATE, make.days(2008, 2020)),
        one("sequencing_run", THING, make.codes("RUN999", 5), speaks=False),
        one("qc_score", THING, make.real(0, 1, 3), speaks=False),
        one("vital_status", HEALTH, make.of("alive", "deceased"), speaks=False),
        one("age_at_diagnosis", PERSONAL, make.whole(30, 80), speaks=False),
        one("icd10_primary", HEALTH, make.of("C50.9", "C34.1", "I25.10", "E11.9")),
        one("bmi", HEALTH, make.real(17, 40, 1), speaks=False),
        one("smoking_status", HEALTH, make.of("never", "former", "current"), speaks=False),
    ]


OTHER = {made.__name__: made for made in (register, recruiting, fitness, rides, biobank)}
