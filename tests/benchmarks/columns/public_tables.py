"""More tables on which the rules were made, called as in published schemas and data sets: Synthea's patients, OMOP's person and
condition tables, IBM's churn sample, the 1994 census extract of the UCI repository, LendingClub's loans, Northwind's employees,
Airbnb's listings. The values are made up.
"""

from __future__ import annotations

import pyarrow as pa

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ADDRESS,
    CONTACT,
    DATE,
    HEALTH,
    IDENTITY,
    MONEY,
    PERSONAL,
    PLACE,
    TEXT,
    THING,
    Column,
    Make,
    one,
)


def synthea(rows: int) -> list[Column]:
    make = Make(rows, 31)
    return [
        one("Id", IDENTITY, make.uuids()),
        one("BIRTHDATE", DATE, make.days(1925, 2020)),
        one("DEATHDATE", DATE, make.some(make.days(1990, 2023), 0.2)),
        one("SSN", IDENTITY, make.form("999-99-9999"), speaks=False),
        one("DRIVERS", IDENTITY, make.form("S99999999")),
        one("PASSPORT", IDENTITY, make.form("X99999999A")),
        one("PREFIX", PERSONAL, make.of("Mr.", "Mrs.", "Ms."), speaks=False),
        one("FIRST", IDENTITY, make.given()),
        one("LAST", IDENTITY, make.family()),
        one("MAIDEN", IDENTITY, make.some(make.family(), 0.3)),
        one("MARITAL", PERSONAL, make.of("M", "S", "D", "W"), speaks=False),
        one("RACE", PERSONAL, make.of("white", "black", "asian", "native", "other")),
        one("ETHNICITY", PERSONAL, make.of("hispanic", "nonhispanic"), speaks=False),
        one("GENDER", PERSONAL, make.of("M", "F")),
        one("BIRTHPLACE", PLACE, make.each(lambda: f"{make.draw.choice(pools.CITIES)}  Massachusetts  US"), speaks=False),
        one("ADDRESS", ADDRESS, make.each(make.fake.street_address)),
        one("CITY", PLACE, make.of(*pools.CITIES)),
        one("COUNTY", PLACE, make.each(lambda: f"{make.draw.choice(pools.FAMILY)} County"), speaks=False),
        one("ZIP", PLACE, make.form("99999"), speaks=False),
        one("LAT", PLACE, make.real(41, 43, 6), speaks=False),
        one("HEALTHCARE_EXPENSES", MONEY, make.real(1000, 900000), speaks=False),
    ]


def omop(rows: int) -> list[Column]:
    make = Make(rows, 32)
    return [
        one("person_id", IDENTITY, make.serial(), speaks=False),
        one("gender_concept_id", PERSONAL, make.of(8507, 8532), speaks=False),
        one("year_of_birth", DATE, make.whole(1930, 2015), speaks=False),
        one("month_of_birth", DATE, make.whole(1, 12), speaks=False),
        one("birth_datetime", DATE, make.times(1930, 2015)),
        one("race_concept_id", PERSONAL, make.of(8527, 8516, 8515), speaks=False),
        one("provider_id", IDENTITY, make.whole(1000, 9999), speaks=False),
        one("care_site_id", THING, make.of(11, 12, 13, 14), speaks=False),
        one("person_source_value", IDENTITY, make.form("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh")),
        one("gender_source_value", PERSONAL, make.of("M", "F")),
        one("condition_occurrence_id", IDENTITY, make.serial(70001), speaks=False),
        one("condition_start_date", DATE, make.days(2015, 2024)),
        one("condition_source_value", HEALTH, make.of("E11.9", "I10", "J44.1", "F41.9", "M17.0", "K57.30")),
        one("condition_concept_id", HEALTH, make.of(201826, 320128, 255573, 442077), speaks=False),
        one("visit_occurrence_id", IDENTITY, make.serial(9_000_001), speaks=False),
        one("stop_reason", TEXT, make.prose(pools.NOTES)),
    ]


def churn(rows: int) -> list[Column]:
    make = Make(rows, 33)
    return [
        one("customerID", IDENTITY, make.form("9999-AAAAA")),
        one("gender", PERSONAL, make.of("Female", "Male")),
        one("SeniorCitizen", PERSONAL, make.of(0, 1), speaks=False),
        one("Partner", PERSONAL, make.of("Yes", "No"), speaks=False),
        one("Dependents", PERSONAL, make.of("Yes", "No"), speaks=False),
        one("tenure", THING, make.whole(0, 72), speaks=False),
        one("PhoneService", THING, make.of("Yes", "No"), speaks=False),
        one("InternetService", THING, make.of("DSL", "Fiber optic", "No"), speaks=False),
        one("TechSupport", THING, make.of("Yes", "No", "No internet service"), speaks=False),
        one("Contract", THING, make.of("Month-to-month", "One year", "Two year"), speaks=False),
        one("PaymentMethod", THING, make.of("Electronic check", "Mailed check", "Bank transfer (automatic)"), speaks=False),
        one("MonthlyCharges", MONEY, make.real(18, 120), speaks=False),
        one("TotalCharges", MONEY, make.real(18, 8000), speaks=False),
        one("Churn", THING, make.of("Yes", "No"), speaks=False),
    ]


def census94(rows: int) -> list[Column]:
    make = Make(rows, 34)
    return [
        one("age", PERSONAL, make.whole(17, 90), speaks=False),
        one("workclass", PERSONAL, make.of("Private", "State-gov", "Self-emp-inc", "Federal-gov")),
        one("fnlwgt", THING, make.whole(12285, 1484705), speaks=False),
        one("education", PERSONAL, make.of("Bachelors", "HS-grad", "11th", "Masters", "Some-college")),
        one("education-num", PERSONAL, make.whole(1, 16), speaks=False),
        one("marital-status", PERSONAL, make.of("Never-married", "Married-civ-spouse", "Divorced")),
        one("occupation", PERSONAL, make.of("Adm-clerical", "Exec-managerial", "Craft-repair", "Sales", "Tech-support")),
        one("relationship", PERSONAL, make.of("Husband", "Wife", "Own-child", "Not-in-family")),
        one("race", PERSONAL, make.of("White", "Black", "Asian-Pac-Islander", "Other")),
        one("sex", PERSONAL, make.of("Male", "Female")),
        one("capital-gain", MONEY, make.whole(0, 99999), speaks=False),
        one("hours-per-week", THING, make.whole(1, 99), speaks=False),
        one("native-country", PLACE, make.of("United-States", "Mexico", "Germany", "Canada", "India")),
        one("income", MONEY, make.of("<=50K", ">50K"), speaks=False),
    ]


def loans(rows: int) -> list[Column]:
    make = Make(rows, 35)
    return [
        one("id", IDENTITY, make.serial(1_077_501), speaks=False),
        one("member_id", IDENTITY, make.serial(1_296_599), speaks=False),
        one("loan_amnt", MONEY, make.whole(1000, 35000), speaks=False),
        one("term", THING, make.of("36 months", "60 months"), speaks=False),
        one("int_rate", THING, make.each(lambda: f"{make.draw.uniform(5, 25):.2f}%"), speaks=False),
        one("grade", THING, make.of("A", "B", "C", "D"), speaks=False),
        one("emp_title", PERSONAL, make.of(*pools.TRADES)),
        one("emp_length", THING, make.of("10+ years", "< 1 year", "3 years"), speaks=False),
        one("home_ownership", PERSONAL, make.of("RENT", "OWN", "MORTGAGE"), speaks=False),
        one("annual_inc", MONEY, make.real(12000, 200000), speaks=False),
        one("verification_status", THING, make.of("Verified", "Not Verified", "Source Verified"), speaks=False),
        one("issue_d", DATE, make.days(2010, 2015, "%b-%Y"), speaks=False),
        one("loan_status", THING, make.of("Fully Paid", "Charged Off", "Current"), speaks=False),
        one("desc", TEXT, make.prose(pools.CALLS)),
        one("zip_code", PLACE, make.form("999xx"), speaks=False),
        one("addr_state", PLACE, make.each(make.fake.state_abbr)),
        one("earliest_cr_line", DATE, make.days(1970, 2008)),
        one("revol_bal", MONEY, make.whole(0, 50000), speaks=False),
    ]


def northwind(rows: int) -> list[Column]:
    make = Make(rows, 36, "en_GB")
    photo = pa.array([b"\xff\xd8\xff\xe0" + make.draw.randbytes(60) for _ in range(rows)], pa.binary())
    return [
        one("EmployeeID", IDENTITY, make.serial(1), speaks=False),
        one("LastName", IDENTITY, make.family()),
        one("FirstName", IDENTITY, make.given()),
        one("Title", PERSONAL, make.of("Sales Representative", "Sales Manager", "Vice President, Sales",
            "Inside Sales Coordinator"), speaks=False),
        one("TitleOfCourtesy", PERSONAL, make.of("Ms.", "Dr.", "Mrs.", "Mr."), speaks=False),
        one("BirthDate", DATE, make.times(1937, 1966, "%Y-%m-%d 00:00:00")),
        one("HireDate", DATE, make.days(1992, 1994)),
        one("Address", ADDRESS, make.each(lambda: f"{make.draw.randint(1, 4900)} {make.draw.choice(pools.STREETS)}")),
        one("City", PLACE, make.of("London", "Seattle", "Tacoma", "Kirkland", "Redmond")),
        one("PostalCode", PLACE, make.of("SW1 8JR", "EC2 7JR", "RG1 9SP", "WG2 7LT")),
        one("Country", PLACE, make.of("UK", "USA")),
        one("HomePhone", CONTACT, make.form("(206) 555-9999")),
        one("Extension", CONTACT, make.form("9999"), speaks=False),
        one("Photo", IDENTITY, photo),
        one("Notes", TEXT, make.prose(pools.CALLS)),
        one("ReportsTo", IDENTITY, make.whole(1, 9), speaks=False),
    ]


def listings(rows: int) -> list[Column]:
    make = Make(rows, 37)
    return [
        one("id", IDENTITY, make.serial(2539), speaks=False),
        one("name", TEXT, make.prose(("Clean & quiet apt home by the park", "Skylit midtown castle with a view",
            "Cozy entire floor of a brownstone"))),
        one("host_id", IDENTITY, make.whole(2000, 99999), speaks=False),
        one("host_name", IDENTITY, make.given()),
        one("neighbourhood_group", PLACE, make.of("Brooklyn", "Manhattan", "Queens", "Bronx"), speaks=False),
        one("neighbourhood", PLACE, make.of("Kensington", "Midtown", "Harlem", "Clinton Hill"), speaks=False),
        one("latitude", PLACE, make.real(40.5, 40.9, 5), speaks=False),
        one("longitude", PLACE, make.real(-74.2, -73.7, 5), speaks=False),
        one("room_type", THING, make.of("Private room", "Entire home/apt", "Shared room"), speaks=False),
        one("price", THING, make.whole(30, 900), speaks=False),
        one("minimum_nights", THING, make.whole(1, 30), speaks=False),
        one("number_of_reviews", THING, make.whole(0, 400), speaks=False),
        one("last_review", DATE, make.days(2018, 2020)),
        one("license", IDENTITY, make.form("OSTR-9999999"), speaks=False),
        one("host_url", ("direct", "online"),
            make.each(lambda: f"https://www.airbnb.com/users/show/{make.draw.randint(1000, 99999)}")),
    ]


PUBLIC = {one.__name__: one for one in (synthea, omop, churn, census94, loans, northwind, listings)}
