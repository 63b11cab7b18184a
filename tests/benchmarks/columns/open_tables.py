"""Eight tables on which the rules of the classification were made; their score is not the one that is reported."""

from __future__ import annotations

import json

import pyarrow as pa

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ACCOUNT,
    ADDRESS,
    BELIEF,
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


def hospital(rows: int) -> list[Column]:
    make = Make(rows, 11)
    return [
        Column("patient_id", "PAT_NO", IDENTITY, make.form("P9999999")),
        Column("mrn", "MED_REC_NUM", INSURED, make.form("99999999"), speaks=False),
        Column("first_name", "PAT_FST_NM", IDENTITY, make.given()),
        Column("last_name", "PAT_LST_NM", IDENTITY, make.family()),
        Column("birth_date", "DOB", DATE, make.days(1930, 2015)),
        Column("sex", "SEX_CD", PERSONAL, make.of("M", "F")),
        Column("ssn", "PAT_SSN", IDENTITY, make.each(make.fake.ssn)),
        Column("street_address", "ADDR_LN_1", ADDRESS, make.each(make.fake.street_address)),
        Column("zip", "ZIP_CD", PLACE, make.form("99999"), speaks=False),
        Column("phone_home", "HOME_PHN", CONTACT, make.form("(415) 555-9999")),
        Column("race", "RACE_DESC", PERSONAL, make.of("White", "Black or African American", "Asian", "American Indian", "Other")),
        Column("marital_status", "MARITAL_STAT", PERSONAL, make.of("Married", "Single", "Divorced", "Widowed")),
        Column("admitted_at", "ADM_DTTM", DATE, make.times(2021, 2024)),
        Column("diagnosis_code", "PRIM_DX_CD", HEALTH, make.of("I10", "E11.9", "J45.909", "K21.9", "M54.5", "F32.9", "N39.0")),
        Column("attending_physician", "ATTND_PHYS_NM", IDENTITY, make.full("Dr. {given} {family}")),
        Column("ward", "UNIT_CD", THING, make.of("A1", "B2", "ICU", "ER"), speaks=False),
        Column("readmitted", "READMIT_FLG", HEALTH, make.yes_or_no(), speaks=False),
        Column("total_charges", "TOT_CHRG_AMT", MONEY, make.real(300, 90000), speaks=False),
        Column("progress_note", "NOTE_TXT", TEXT, make.prose(pools.NOTES)),
        Column("_loaded_at", "ETL_LOAD_DTTM", THING, make.loads(), speaks=False),
    ]


def bank(rows: int) -> list[Column]:
    make = Make(rows, 12, "de_DE")
    return [
        Column("kundennummer", "KDNR", IDENTITY, make.serial(), speaks=False),
        Column("nachname", "NAME1", IDENTITY, make.family()),
        Column("vorname", "VNAME", IDENTITY, make.given()),
        Column("geburtsdatum", "GEBDAT", DATE, make.days(1935, 2006, "%d.%m.%Y")),
        Column("strasse", "STRAS", ADDRESS, make.each(make.fake.street_address)),
        Column("plz", "PSTLZ", PLACE, make.form("99999"), speaks=False),
        Column("ort", "ORT01", PLACE, make.of(*pools.GERMAN_CITIES)),
        Column("telefon", "TELF1", CONTACT, make.form("+49 30 9999999")),
        Column("email", "SMTP_ADDR", CONTACT, make.mail()),
        Column("iban", "IBAN_KTO", ACCOUNT, make.each(make.fake.iban)),
        Column("kontostand", "SALDO", MONEY, make.real(-2000, 40000), speaks=False),
        Column("familienstand", "FAMST", PERSONAL, make.of("ledig", "verheiratet", "geschieden", "verwitwet")),
        Column("beruf", "BERUF", PERSONAL, make.of("Lehrer", "Arzt", "Ingenieur", "Rentner", "Student", "Kaufmann", "Koch"),
            speaks=False),
        Column("monatsgehalt", "GEHALT", MONEY, make.whole(1500, 9000), speaks=False),
        Column("kreditkarte", "KKNR", ACCOUNT, make.each(lambda: make.fake.credit_card_number("visa16"))),
        Column("filiale", "FILNR", THING, make.codes("999", 6), speaks=False),
        Column("waehrung", "WAERS", THING, make.of("EUR", "EUR", "EUR", "USD", "CHF"), speaks=False),
        Column("bemerkung", "BEMERK", TEXT, make.prose(pools.GERMAN_NOTES)),
        Column("erstellt_am", "ERDAT", DATE, make.days(2015, 2024), speaks=False),
    ]


def payroll(rows: int) -> list[Column]:
    make = Make(rows, 13)
    return [
        Column("employeeId", "EMPL_ID", IDENTITY, make.form("E99999")),
        Column("fullName", "EMP_NAME", IDENTITY, make.full("{family}, {given}")),
        Column("workEmail", "EMAIL_ADDR", CONTACT, make.mail()),
        Column("dateOfBirth", "BIRTHDATE", DATE, make.days(1960, 2004, "%m/%d/%Y")),
        Column("gender", "GENDER_CD", PERSONAL, make.of("male", "female", "non-binary")),
        Column("jobTitle", "JOB_TTL", PERSONAL, make.of(*pools.TRADES)),
        Column("department", "DEPT_NM", THING, make.of("Finance", "Sales", "Engineering", "Legal", "Operations"), speaks=False),
        Column("baseSalary", "BASE_SAL_AMT", MONEY, make.whole(30000, 180000), speaks=False),
        Column("bankAccountNumber", "ACCT_NBR", ACCOUNT, make.form("9999999999"), speaks=False),
        Column("nationality", "CITIZENSHIP", PLACE, make.of(*pools.COUNTRIES)),
        Column("religion", "RELIGION_CD", BELIEF, make.of("Catholic", "Protestant", "Muslim", "Jewish", "Hindu", "None")),
        Column("hiredOn", "HIRE_DT", DATE, make.days(2005, 2024)),
        Column("managerName", "MGR_NM", IDENTITY, make.full()),
        Column("unionMember", "UNION_FLG", BELIEF, make.yes_or_no(), speaks=False),
        Column("sickDays", "SICK_DAYS", HEALTH, make.whole(0, 25), speaks=False),
        Column("ethnicity", "ETHNIC_GRP", PERSONAL, make.of("Hispanic or Latino", "White", "Asian", "Black",
            "Two or more races")),
        Column("costCenter", "COST_CTR", THING, make.codes("CC-9999", 5), speaks=False),
        Column("performanceReview", "PERF_RVW_TXT", TEXT, make.prose(pools.CALLS)),
    ]


def shop(rows: int) -> list[Column]:
    make = Make(rows, 14)
    return [
        Column("order_id", "ord_no", IDENTITY, make.uuids()),
        Column("customer_id", "cust_ref", IDENTITY, make.form("CUS-99999")),
        Column("customer_name", "ship_to_nm", IDENTITY, make.full()),
        Column("customer_email", "cust_eml", CONTACT, make.mail()),
        Column("shipping_address", "shp_addr", ADDRESS, make.each(lambda: make.fake.address().replace("\n", ", "))),
        Column("shipping_city", "shp_city", PLACE, make.of(*pools.CITIES)),
        Column("shipping_state", "shp_st", PLACE, make.each(make.fake.state_abbr)),
        Column("product_name", "prod_nm", THING, make.of("Steel kettle", "Desk lamp", "Wool scarf", "Garden hose", "Notebook")),
        Column("sku", "item_cd", THING, make.codes("SK-9999", 8), speaks=False),
        Column("quantity", "qty", THING, make.whole(1, 9), speaks=False),
        Column("unit_price", "prc", THING, make.real(2, 300), speaks=False),
        Column("card_number", "cc_num", ACCOUNT, make.each(lambda: make.fake.credit_card_number("mastercard"))),
        Column("card_type", "cc_typ", THING, make.of("visa", "mastercard", "amex"), speaks=False),
        Column("order_status", "ord_stat", THING, make.of("shipped", "pending", "cancelled", "delivered"), speaks=True),
        Column("ip_address", "clnt_ip", ONLINE, make.each(make.fake.ipv4_public)),
        Column("ordered_at", "ord_ts", DATE, make.times(2022, 2025, "%Y-%m-%dT%H:%M:%SZ")),
        Column("gift_message", "gft_msg", TEXT, make.prose(pools.POSTS)),
        Column("email_opt_in", "eml_optin_flg", THING, make.yes_or_no(), speaks=False),
    ]


def telemetry(rows: int) -> list[Column]:
    make = Make(rows, 15)
    payload = make.each(lambda: json.dumps({"fw": f"2.{make.draw.randint(0, 9)}.1", "volt": round(make.draw.uniform(3, 4), 2),
                                            "ok": make.draw.random() < 0.9}))  # fmt: skip
    return [
        Column("device_id", "DevEUI", ONLINE, make.form("hhhhhhhhhhhhhhhh"), speaks=False),
        Column("mac_address", "HwAddr", ONLINE, make.each(make.fake.mac_address)),
        Column("reading_at", "ts", DATE, make.times(2024, 2025)),
        Column("temperature", "tempC", THING, make.real(-10, 40)),
        Column("humidity", "rhPct", THING, make.real(10, 95), speaks=False),
        Column("battery_level", "batt", THING, make.whole(0, 100), speaks=False),
        Column("latitude", "lat", PLACE, make.real(40, 48, 6), speaks=False),
        Column("longitude", "lon", PLACE, make.real(5, 15, 6), speaks=False),
        Column("firmware_version", "fwVer", THING, make.of("2.3.1", "2.4.0", "3.0.0"), speaks=False),
        Column("sensor_type", "sType", THING, make.of("thermo", "hygro", "combo")),
        Column("signal_strength", "rssi", THING, make.whole(-120, -40), speaks=False),
        Column("payload", "raw", THING, payload),
        Column("owner_email", "ownerMail", CONTACT, make.mail()),
        Column("error_code", "errCd", THING, make.codes("E99", 6), speaks=False),
        Column("is_online", "online", THING, make.yes_or_no(), speaks=False),
        Column("ingested_at", "ingestTs", THING, make.loads(), speaks=False),
    ]


def school(rows: int) -> list[Column]:
    make = Make(rows, 16, "es_ES")
    return [
        Column("matricula", "NUM_EXP", IDENTITY, make.form("A-99999")),
        Column("nombre", "NOM_ALU", IDENTITY, make.given()),
        Column("apellidos", "APE_ALU", IDENTITY, make.family()),
        Column("dni", "NIF_TUTOR", IDENTITY, make.each(make.fake.nif)),
        Column("fecha_nacimiento", "FEC_NAC", DATE, make.days(2005, 2016, "%d/%m/%Y")),
        Column("sexo", "SEXO", PERSONAL, make.of("H", "M"), speaks=False),
        Column("direccion", "DOMICILIO", ADDRESS, make.each(lambda: f"Calle {make.fake.last_name()} {make.draw.randint(1, 90)}")),
        Column("codigo_postal", "COD_POST", PLACE, make.form("99999"), speaks=False),
        Column("municipio", "LOCALIDAD", PLACE, make.of(*pools.SPANISH_CITIES)),
        Column("telefono_tutor", "TLF_TUT", CONTACT, make.form("+34 699 999 999")),
        Column("correo_tutor", "MAIL_TUT", CONTACT, make.mail()),
        Column("curso", "CURSO", THING, make.of("1A", "1B", "2A", "2B"), speaks=False),
        Column("nota_media", "NOTA_MED", PERSONAL, make.real(3, 10, 1), speaks=False),
        Column("faltas", "NUM_FALTAS", THING, make.whole(0, 20), speaks=False),
        Column("beca", "BECA", MONEY, make.yes_or_no(), speaks=False),
        Column("alergias", "ALERGIAS", HEALTH, make.of("ninguna", "polen", "frutos secos", "lactosa"), speaks=False),
        Column("observaciones", "OBSERV", TEXT, make.prose(pools.SPANISH_NOTES)),
    ]


def crm(rows: int) -> list[Column]:
    make = Make(rows, 17)
    contact = pa.array([{"phone": phone, "email": mail} for phone,
        mail in zip(make.form("+1 212-555-9999"), make.mail(), strict=True)])
    return [
        Column("Id", "rec_id", IDENTITY, make.form("003A9999AA9A9999AA")),
        Column("FirstName", "contact_fname", IDENTITY, make.given()),
        Column("LastName", "contact_lname", IDENTITY, make.family()),
        Column("Account.Name", "company_nm", THING,
            make.each(lambda: f"{make.draw.choice(['Nord', 'Blue', 'Apex'])} Holdings Inc"),
               speaks=False),
        Column("Title", "position", PERSONAL, make.of(*pools.TRADES)),
        Column("Birthdate", "bday", DATE, make.days(1950, 2003)),
        Column("MailingStreet", "addr1", ADDRESS, make.each(make.fake.street_address)),
        Column("MailingCountry", "ctry", PLACE, make.of(*pools.COUNTRIES)),
        Column("Contact__c", "channels", CONTACT, contact),
        Column("LeadSource", "lead_src", THING, make.of("web", "fair", "referral", "call")),
        Column("Stage__c", "pipeline_stage", THING, make.of("new", "qualified", "proposal", "won", "lost")),
        Column("HasOptedOutOfEmail", "no_mail_flag", THING, make.yes_or_no(), speaks=False),
        Column("LinkedIn__c", "social_url", ONLINE, make.each(lambda: f"https://www.linkedin.com/in/{make.fake.user_name()}")),
        Column("Annual_Revenue__c", "cust_income", MONEY, make.whole(10000, 900000), speaks=False),
        Column("Description", "call_notes", TEXT, make.prose(pools.CALLS)),
        Column("SystemModstamp", "sys_mod_ts", THING, make.loads("%Y-%m-%dT%H:%M:%S.000Z"), speaks=False),
        Column("EmailHash__c", "email_sha256", IDENTITY, make.form("h" * 64)),
    ]


def lab(rows: int) -> list[Column]:
    make = Make(rows, 18)
    return [
        Column("USUBJID", "subject_no", IDENTITY, make.form("STUDY1-999-99999")),
        Column("SITEID", "site_no", THING, make.codes("999", 5), speaks=False),
        Column("BRTHDTC", "birth_dt", DATE, make.days(1940, 2000, "%Y-%m-%d")),
        Column("AGE", "age_years", PERSONAL, make.whole(18, 85), speaks=False),
        Column("SEX", "subject_sex", PERSONAL, make.of("M", "F", "U")),
        Column("RACE", "subject_race", PERSONAL, make.of("WHITE", "ASIAN", "BLACK OR AFRICAN AMERICAN")),
        Column("COUNTRY", "country_cd", PLACE, make.of("USA", "DEU", "FRA", "ESP", "ITA", "POL", "JPN")),
        Column("LBTESTCD", "test_code", THING, make.of("ALT", "AST", "GLUC", "HGB"), speaks=False),
        Column("LBORRES", "lab_result_value", HEALTH, make.real(1, 200), speaks=False),
        Column("LBDTC", "sample_taken_at", DATE, make.times(2022, 2024, "%Y-%m-%dT%H:%M")),
        Column("specimen_barcode", "specimen_id", IDENTITY, make.form("SP99999999")),
        Column("investigator", "investigator_name", IDENTITY, make.full()),
        Column("blood_type", "abo_group", HEALTH, make.of("A+", "O+", "B-", "AB+", "O-")),
        Column("pregnant", "pregnancy_flag", HEALTH, make.yes_or_no(), speaks=False),
        Column("AETERM", "adverse_event_text", TEXT, make.prose(pools.NOTES)),
        Column("VISITNUM", "visit_no", THING, make.whole(1, 12), speaks=False),
        Column("weight_kg", "body_weight", HEALTH, make.real(45, 120, 1), speaks=False),
    ]


OPEN = {one.__name__: one for one in (hospital, bank, payroll, shop, telemetry, school, crm, lab)}
