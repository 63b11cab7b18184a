"""More tables on which the rules were made: called as in published data sets, of fields that the others do not cover."""

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


def motor_claims(rows: int) -> list[Column]:
    make = Make(rows, 51)
    return [
        one("policy_number", INSURED, make.form("999999"), speaks=False),
        one("policy_bind_date", DATE, make.days(1990, 2015)),
        one("policy_state", PLACE, make.of("OH", "IN", "IL"), speaks=False),
        one("policy_annual_premium", MONEY, make.real(500, 2000), speaks=False),
        one("insured_zip", PLACE, make.form("999999"), speaks=False),
        one("insured_sex", PERSONAL, make.of("MALE", "FEMALE")),
        one("insured_education_level", PERSONAL, make.of("PhD", "Masters", "High School", "College", "Associate")),
        one("insured_occupation", PERSONAL, make.of("craft-repair", "machine-op-inspct", "sales", "armed-forces",
            "tech-support")),
        one("insured_hobbies", PERSONAL, make.of("reading", "chess", "cross-fit", "camping"), speaks=False),
        one("incident_date", DATE, make.days(2014, 2015)),
        one("incident_type", THING, make.of("Single Vehicle Collision", "Vehicle Theft", "Parked Car"), speaks=False),
        one("incident_city", PLACE, make.of(*pools.CITIES)),
        one("incident_location", ADDRESS,
            make.each(lambda: f"{make.draw.randint(1000, 9999)} {make.draw.choice(pools.STREETS)}")),
        one("auto_make", THING, make.of("Saab", "Dodge", "Audi", "Ford"), speaks=False),
        one("total_claim_amount", MONEY, make.whole(100, 90000), speaks=False),
        one("fraud_reported", THING, make.of("Y", "N"), speaks=False),
    ]


def hotel(rows: int) -> list[Column]:
    make = Make(rows, 52)
    return [
        one("hotel", THING, make.of("City Hotel", "Resort Hotel"), speaks=False),
        one("is_canceled", THING, make.of(0, 1), speaks=False),
        one("lead_time", THING, make.whole(0, 400), speaks=False),
        one("arrival_date", DATE, make.days(2022, 2025)),
        one("adults", THING, make.whole(1, 4), speaks=False),
        one("country", PLACE, make.of("PRT", "GBR", "USA", "ESP", "FRA", "DEU", "ITA")),
        one("market_segment", THING, make.of("Online TA", "Direct", "Corporate", "Groups"), speaks=False),
        one("reserved_room_type", THING, make.of("A", "C", "D", "E"), speaks=False),
        one("deposit_type", THING, make.of("No Deposit", "Non Refund"), speaks=False),
        one("guest_name", IDENTITY, make.full()),
        one("email", CONTACT, make.mail()),
        one("phone-number", CONTACT, make.form("+1-670-555-9999")),
        one("passport_no", IDENTITY, make.form("A99999999"), speaks=False),
        one("special_requests", TEXT, make.prose(pools.CALLS)),
        one("reservation_status", THING, make.of("Check-Out", "Canceled", "No-Show"), speaks=False),
        one("reservation_status_date", DATE, make.days(2022, 2025)),
    ]


def attrition(rows: int) -> list[Column]:
    make = Make(rows, 53)
    return [
        one("Age", PERSONAL, make.whole(18, 60), speaks=False),
        one("BusinessTravel", THING, make.of("Travel_Rarely", "Travel_Frequently", "Non-Travel"), speaks=False),
        one("DailyRate", MONEY, make.whole(100, 1500), speaks=False),
        one("Department", THING, make.of("Sales", "Research & Development", "Human Resources"), speaks=False),
        one("Education", PERSONAL, make.whole(1, 5), speaks=False),
        one("EmployeeNumber", IDENTITY, make.serial(1), speaks=False),
        one("Gender", PERSONAL, make.of("Male", "Female")),
        one("JobRole", PERSONAL, make.of("Sales Executive", "Research Scientist", "Laboratory Technician", "Manager"),
            speaks=False),
        one("MaritalStatus", PERSONAL, make.of("Single", "Married", "Divorced")),
        one("MonthlyIncome", MONEY, make.whole(1000, 20000), speaks=False),
        one("OverTime", THING, make.of("Yes", "No"), speaks=False),
        one("StockOptionLevel", THING, make.whole(0, 3), speaks=False),
        one("WorkLifeBalance", THING, make.whole(1, 4), speaks=False),
        one("StandardHours", THING, make.of(80), speaks=False),
    ]


def intensive_care(rows: int) -> list[Column]:
    make = Make(rows, 54)
    return [
        one("subject_id", IDENTITY, make.serial(10_000_032), speaks=False),
        one("hadm_id", IDENTITY, make.serial(22_595_853), speaks=False),
        one("admittime", DATE, make.times(2110, 2180), speaks=False),
        one("dischtime", DATE, make.times(2110, 2180), speaks=False),
        one("admission_type", THING, make.of("URGENT", "EW EMER.", "ELECTIVE"), speaks=False),
        one("insurance", THING, make.of("Medicare", "Medicaid", "Other"), speaks=False),
        one("language", PERSONAL, make.of("ENGLISH", "?", "SPANISH")),
        one("race", PERSONAL, make.of("WHITE", "BLACK/AFRICAN AMERICAN", "ASIAN", "UNKNOWN")),
        one("anchor_age", PERSONAL, make.whole(18, 91), speaks=False),
        one("icd_code", HEALTH, make.of("I48.91", "E78.5", "Z87.891", "K70.30", "F32.9")),
        one("drug", HEALTH, make.of("Furosemide", "Insulin", "Heparin", "Acetaminophen", "Metoprolol")),
        one("dose_val_rx", HEALTH, make.real(1, 500, 0), speaks=False),
        one("valuenum", HEALTH, make.real(1, 200), speaks=False),
        one("caregiver_id", IDENTITY, make.whole(1, 99999), speaks=False),
        one("hospital_expire_flag", HEALTH, make.of(0, 1), speaks=False),
        one("text", TEXT, make.prose(pools.NOTES)),
    ]


def mobile_money(rows: int) -> list[Column]:
    make = Make(rows, 55)
    return [
        one("step", THING, make.whole(1, 744), speaks=False),
        one("type", THING, make.of("PAYMENT", "TRANSFER", "CASH_OUT", "DEBIT"), speaks=False),
        one("amount", MONEY, make.real(1, 90000), speaks=False),
        one("nameOrig", IDENTITY, make.form("C9999999999")),
        one("oldbalanceOrg", MONEY, make.real(0, 90000), speaks=False),
        one("nameDest", IDENTITY, make.form("M9999999999")),
        one("newbalanceDest", MONEY, make.real(0, 90000), speaks=False),
        one("isFraud", THING, make.of(0, 1), speaks=False),
        one("sender_msisdn", CONTACT, make.form("+254 712 999999")),
        one("agent_code", THING, make.codes("AG9999", 7), speaks=False),
        one("transaction_ref", IDENTITY, make.form("AAA9AAA999")),
        one("transaction_time", DATE, make.times(2023, 2025)),
    ]


def airline(rows: int) -> list[Column]:
    make = Make(rows, 56)
    return [
        one("pnr_locator", IDENTITY, make.form("AA9A9A")),
        one("passenger_name", IDENTITY, make.full("{family}/{given} MR"), speaks=False),
        one("ticket_number", IDENTITY, make.form("0169999999999")),
        one("frequent_flyer_no", IDENTITY, make.form("FF99999999")),
        one("date_of_birth", DATE, make.days(1940, 2018)),
        one("nationality", PLACE, make.of("USA", "GBR", "IND", "DEU", "BRA", "JPN")),
        one("flight_number", THING, make.codes("LH999", 9), speaks=False),
        one("origin", PLACE, make.of("JFK", "FRA", "LHR", "CDG", "SIN"), speaks=False),
        one("destination", PLACE, make.of("MUC", "SFO", "DEL", "GRU", "NRT"), speaks=False),
        one("seat_no", THING, make.each(lambda: f"{make.draw.randint(1, 40)}{make.draw.choice('ABCDEF')}"), speaks=False),
        one("departure_time", DATE, make.times(2023, 2025)),
        one("fare_class", THING, make.of("Y", "M", "J"), speaks=False),
        one("special_meal", THING, make.of("VGML", "KSML", "NONE"), speaks=False),
        one("contact_phone", CONTACT, make.form("+44 7911 123999")),
        one("contact_email", CONTACT, make.mail()),
        one("payment_card", ACCOUNT, make.each(lambda: make.fake.credit_card_number("visa16"))),
    ]


def university(rows: int) -> list[Column]:
    make = Make(rows, 57, "en_GB")
    return [
        one("student_no", IDENTITY, make.form("s9999999")),
        one("full_name", IDENTITY, make.full()),
        one("dob", DATE, make.days(1995, 2007, "%d/%m/%Y")),
        one("programme", THING, make.of("BSc Physics", "BA History", "MSc Finance"), speaks=False),
        one("enrolment_date", DATE, make.days(2018, 2025)),
        one("gpa", PERSONAL, make.real(1, 4), speaks=False),
        one("tuition_balance", MONEY, make.real(0, 9000), speaks=False),
        one("disability_support", HEALTH, make.yes_or_no(), speaks=False),
        one("supervisor_name", IDENTITY, make.full("Prof. {given} {family}")),
        one("home_address", ADDRESS, make.each(lambda: f"{make.draw.randint(1, 200)} {make.draw.choice(pools.STREETS)}")),
        one("personal_email", CONTACT, make.mail()),
        one("nationality", PLACE, make.of(*pools.COUNTRIES)),
        one("module_code", THING, make.codes("PHY999", 8), speaks=False),
        one("tutor_feedback", TEXT, make.prose(pools.CALLS)),
        one("term_postcode", PLACE, make.of("OX1 3QD", "CB2 1TN", "M13 9PL", "EH8 9YL")),
    ]


def justice(rows: int) -> list[Column]:
    make = Make(rows, 58)
    return [
        one("case_number", IDENTITY, make.form("HZ999999")),
        one("suspect_name", IDENTITY, make.full("{family}, {given}")),
        one("date_of_offence", DATE, make.times(2018, 2024)),
        one("offence_description", ("sensitive", "demographic"), make.of("THEFT", "BATTERY", "BURGLARY", "NARCOTICS"),
            speaks=False),
        one("victim_age", PERSONAL, make.whole(1, 95), speaks=False),
        one("victim_sex", PERSONAL, make.of("M", "F")),
        one("arresting_officer", IDENTITY, make.full()),
        one("officer_badge_no", IDENTITY, make.whole(1000, 9999), speaks=False),
        one("block_address", ADDRESS, make.each(lambda: f"{make.draw.randint(1, 99)}00 {make.draw.choice(pools.STREETS)}")),
        one("latitude", PLACE, make.real(41.6, 42.0, 6), speaks=False),
        one("district", PLACE, make.whole(1, 25), speaks=False),
        one("bail_amount", MONEY, make.whole(500, 90000), speaks=False),
        one("narrative", TEXT, make.prose(pools.NOTES)),
        one("arrest_made", ("sensitive", "demographic"), make.yes_or_no(), speaks=False),
    ]


def charity(rows: int) -> list[Column]:
    make = Make(rows, 59, "en_GB")
    return [
        one("donor_id", IDENTITY, make.form("D999999")),
        one("salutation", PERSONAL, make.of("Mr", "Mrs", "Ms", "Dr"), speaks=False),
        one("first_nm", IDENTITY, make.given()),
        one("last_nm", IDENTITY, make.family()),
        one("gift_amt", MONEY, make.real(5, 500), speaks=False),
        one("gift_date", DATE, make.days(2018, 2025)),
        one("campaign_code", THING, make.codes("XMAS99", 6), speaks=False),
        one("address1", ADDRESS, make.each(lambda: f"{make.draw.randint(1, 200)} {make.draw.choice(pools.STREETS)}")),
        one("town", PLACE, make.of("Leeds", "Bristol", "Cardiff", "Norwich", "Bath", "Exeter")),
        one("postcode", PLACE, make.of("LS1 4AP", "BS1 5TR", "CF10 1EP", "NR2 1TF")),
        one("email_address", CONTACT, make.mail()),
        one("gift_aid", THING, make.yes_or_no(), speaks=False),
        one("sort_code", ACCOUNT, make.form("99-99-99"), speaks=False),
        one("contact_notes", TEXT, make.prose(pools.CALLS)),
        one("preferred_channel", THING, make.of("post", "email", "phone"), speaks=False),
    ]


def utility(rows: int) -> list[Column]:
    make = Make(rows, 60)
    return [
        one("MeterSerialNo", ONLINE, make.form("EM99999999"), speaks=False),
        one("CustomerRef", IDENTITY, make.form("99999999"), speaks=False),
        one("PremiseAddress", ADDRESS, make.each(make.fake.street_address)),
        one("TariffCode", THING, make.codes("T99", 4), speaks=False),
        one("ReadingKwh", THING, make.real(0, 90), speaks=False),
        one("ReadingTs", DATE, make.times(2024, 2025)),
        one("BalanceDue", MONEY, make.real(-50, 400), speaks=False),
        one("DirectDebitIban", ACCOUNT, make.each(make.fake.iban)),
        one("VulnerableCustomer", HEALTH, make.yes_or_no(), speaks=False),
        one("Phone1", CONTACT, make.form("(303) 555-9999")),
        one("MoveInDate", DATE, make.days(1995, 2025)),
        one("AccountHolder", IDENTITY, make.full()),
        one("LastPolledAt", THING, make.loads(), speaks=False),
    ]


def game(rows: int) -> list[Column]:
    make = Make(rows, 61)
    return [
        one("player_guid", IDENTITY, make.uuids()),
        one("gamertag", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("email", CONTACT, make.mail()),
        one("country_code", PLACE, make.of("US", "DE", "BR", "JP", "KR", "FR")),
        one("date_joined", DATE, make.times(2018, 2025)),
        one("last_ip", ONLINE, make.each(make.fake.ipv4_public)),
        one("device_model", THING, make.of("iPhone 14", "Pixel 7", "Galaxy S23"), speaks=False),
        one("level", THING, make.whole(1, 99), speaks=False),
        one("coins", THING, make.whole(0, 90000), speaks=False),
        one("total_spend_usd", MONEY, make.real(0, 900), speaks=False),
        one("chat_message", TEXT, make.prose(pools.POSTS)),
        one("birth_year", DATE, make.whole(1960, 2012), speaks=False),
        one("sexual_orientation", ("sensitive", "demographic"), make.of("straight", "gay", "bisexual")),
        one("session_data", THING, make.each(lambda: json.dumps({"map": make.draw.choice(["ice", "sand"]),
            "kills": make.draw.randint(0, 9)}))),
    ]


FURTHER = {made.__name__: made for made in (
    motor_claims, hotel, attrition, intensive_care, mobile_money, airline, university, justice, charity, utility, game,
   )}
