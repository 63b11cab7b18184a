"""Eight more tables on which the rules of the classification were made."""

from __future__ import annotations

import base64
import json

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ACCOUNT,
    ADDRESS,
    AGENT,
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
)


def insurance(rows: int) -> list[Column]:
    make = Make(rows, 21, "fr_FR")
    return [
        Column("numero_police", "NUM_POL", INSURED, make.form("POL99999999"), speaks=False),
        Column("nom", "NOM_ASSURE", IDENTITY, make.family()),
        Column("prenom", "PRENOM_ASSURE", IDENTITY, make.given()),
        Column("date_naissance", "DT_NAISS", DATE, make.days(1940, 2004, "%d/%m/%Y")),
        Column("adresse", "ADR_LIGNE1", ADDRESS, make.each(make.fake.street_address)),
        Column("code_postal", "CP", PLACE, make.form("99999"), speaks=False),
        Column("ville", "COMMUNE", PLACE, make.of(*pools.FRENCH_CITIES)),
        Column("telephone", "TEL_PORT", CONTACT, make.form("+33 6 99 99 99 99")),
        Column("courriel", "MEL", CONTACT, make.mail()),
        Column("immatriculation", "IMMAT", IDENTITY, make.form("AA-999-AA"), speaks=False),
        Column("type_contrat", "TYP_CTR", THING, make.of("auto", "habitation", "santé")),
        Column("prime_annuelle", "MT_PRIME", MONEY, make.real(100, 2500), speaks=False),
        Column("situation_familiale", "SIT_FAM", PERSONAL, make.of("célibataire", "marié", "divorcé", "veuf")),
        Column("iban", "RIB_IBAN", ACCOUNT, make.each(make.fake.iban)),
        Column("date_sinistre", "DT_SIN", DATE, make.days(2020, 2024)),
        Column("commentaire", "COMM_GEST", TEXT, make.prose(pools.FRENCH_NOTES)),
        Column("statut", "STAT_DOS", THING, make.of("ouvert", "clos", "en attente"), speaks=False),
    ]


def telecom(rows: int) -> list[Column]:
    make = Make(rows, 22)
    return [
        Column("SUBSCRIBER_ID", "subscriberKey", IDENTITY, make.serial(5_000_001), speaks=False),
        Column("MSISDN", "callingNumber", CONTACT, make.form("+44 7911 123999")),
        Column("IMEI", "handsetImei", ONLINE, make.form("35999999999999"), speaks=False),
        Column("CUST_FULL_NM", "customerName", IDENTITY, make.full("{given} {family}")),
        Column("BILL_ADDR", "billingAddress", ADDRESS, make.each(make.fake.street_address)),
        Column("POSTCODE", "postCode", PLACE, make.of("SW1A 1AA", "M1 1AE", "EC1A 1BB", "B33 8TH", "CR2 6XH", "DN55 1PT")),
        Column("CELL_TOWER_ID", "cellId", THING, make.codes("TWR-9999", 6), speaks=False),
        Column("CALL_START_TS", "callStart", DATE, make.times(2023, 2025)),
        Column("CALL_DURATION_SEC", "durationSeconds", THING, make.whole(1, 4000), speaks=False),
        Column("PLAN_NAME", "tariffName", THING, make.of("Basic 10", "Family Plus", "Unlimited", "Senior"), speaks=False),
        Column("MONTHLY_BILL_AMT", "monthlyCharge", MONEY, make.real(8, 90), speaks=False),
        Column("EMAIL_ID", "contactEmail", CONTACT, make.mail()),
        Column("ROAMING_FLAG", "isRoaming", THING, make.of("Y", "N"), speaks=False),
        Column("HOME_LAT_LON", "homeLocation", PLACE,
               make.each(lambda: f"{make.draw.uniform(50, 55):.5f},{make.draw.uniform(-3, 1):.5f}")),
        Column("CHURN_SCORE", "churnScore", THING, make.real(0, 1, 4), speaks=False),
        Column("AGENT_REMARKS", "agentNotes", TEXT, make.prose(pools.CALLS)),
        Column("DWH_INSERT_DT", "dwhInsertDate", THING, make.loads(), speaks=False),
    ]


def logistics(rows: int) -> list[Column]:
    make = Make(rows, 23)
    return [
        Column("shipmentId", "SHPMT_NO", IDENTITY, make.form("SHP99999999")),
        Column("trackingNumber", "TRK_NBR", IDENTITY, make.form("1Z999AA99999999999")),
        Column("consigneeName", "CNEE_NM", IDENTITY, make.full()),
        Column("consigneePhone", "CNEE_TEL", CONTACT, make.form("(212) 555-9999")),
        Column("deliveryAddress", "DLV_ADDR", ADDRESS, make.each(make.fake.street_address)),
        Column("deliveryZip", "DLV_ZIP", PLACE, make.form("99999-9999")),
        Column("destinationCountry", "DEST_CTRY", PLACE, make.of("US", "DE", "FR", "MX", "CA", "IT", "PL", "BR")),
        Column("weightKg", "WGT_KG", THING, make.real(1, 30), speaks=False),
        Column("carrier", "CARR_CD", THING, make.of("DHL", "UPS", "FedEx"), speaks=False),
        Column("serviceLevel", "SVC_LVL", THING, make.of("express", "standard", "economy")),
        Column("driverLicenseNo", "DRV_LIC", IDENTITY, make.form("A9999999"), speaks=False),
        Column("vehicleVin", "VIN", IDENTITY, make.each(make.fake.vin), speaks=False),
        Column("deliveredAt", "DLVD_TS", DATE, make.times(2023, 2025, "%Y-%m-%d %H:%M:%S")),
        Column("declaredValue", "DECL_VAL", MONEY, make.real(10, 5000), speaks=False),
        Column("signatureImage", "SIGN_IMG", IDENTITY,
               make.each(lambda: base64.b64encode(make.draw.randbytes(150)).decode()), speaks=False),
        Column("deliveryInstructions", "DLV_INSTR_TXT", TEXT, make.prose(pools.CALLS)),
        Column("numPackages", "PKG_CNT", THING, make.whole(1, 12), speaks=False),
    ]


def clickstream(rows: int) -> list[Column]:
    make = Make(rows, 24)
    event = make.each(lambda: json.dumps({"user": {"email": make.fake.email(), "plan": make.draw.choice(["free", "pro"])},
                                          "items": [{"sku": f"S{make.draw.randint(1, 9)}"}]}))
    return [
        Column("event_id", "evt_uuid", IDENTITY, make.uuids()),
        Column("session_id", "sess", ONLINE, make.form("hhhhhhhhhhhhhhhhhhhhhhhh"), speaks=False),
        Column("visitor_cookie", "cookie_id", ONLINE, make.form("GA1.2.999999999.1699999999"), speaks=False),
        Column("user_agent", "ua", AGENT, make.of(*pools.AGENTS)),
        Column("client_ip", "remote_addr", ONLINE, make.each(make.fake.ipv6)),
        Column("page_url", "request_url", ONLINE, make.each(make.fake.uri)),
        Column("event_name", "evt_type", THING, make.of("page_view", "add_to_cart", "login", "purchase")),
        Column("event_time", "evt_ts", DATE, make.times(2024, 2025)),
        Column("username", "login_name", ONLINE, make.each(make.fake.user_name), speaks=False),
        Column("country", "geo_country", PLACE, make.of(*pools.COUNTRIES)),
        Column("screen_width", "scr_w", THING, make.of(1280, 1920, 390, 414), speaks=False),
        Column("browser_language", "lang", PERSONAL, make.of("en-US", "de-DE", "fr-FR", "es-ES"), speaks=False),
        Column("auth_token", "bearer", CREDENTIAL,
               make.each(lambda: "eyJhbGciOiJIUzI1NiJ9." + make.form("hhhhhhhh")[0] + ".s" + make.form("hhhhhhhh")[0]),
                   speaks=False),
        Column("properties", "evt_props", CONTACT, event),
        Column("search_query", "q_text", TEXT, make.prose(pools.POSTS)),
        Column("http_status", "status_code", THING, make.of(200, 302, 404, 500), speaks=False),
        Column("bounce", "is_bounce", THING, make.yes_or_no(), speaks=False),
    ]


def census(rows: int) -> list[Column]:
    make = Make(rows, 25)
    return [
        Column("HouseholdSerialNo", "SERIALNO", IDENTITY, make.form("2024HU9999999")),
        Column("PersonName", "PNAME", IDENTITY, make.full("{family}, {given}")),
        Column("YearOfBirth", "YOB", DATE, make.whole(1930, 2020), speaks=False),
        Column("Sex", "SEX", PERSONAL, make.of("Male", "Female")),
        Column("MaritalStatus", "MARST", PERSONAL, make.of("Never married", "Married", "Separated", "Divorced", "Widowed")),
        Column("RaceEthnicity", "RACETH", PERSONAL, make.of("White", "Black", "Asian", "Hispanic", "Native American")),
        Column("PlaceOfBirth", "POB", PLACE, make.of(*pools.COUNTRIES)),
        Column("StateName", "STNAME", PLACE, make.each(make.fake.state)),
        Column("CountyFips", "FIPS", PLACE, make.form("99999"), speaks=False),
        Column("Occupation", "OCC", PERSONAL, make.of(*pools.TRADES)),
        Column("EducationLevel", "SCHL", PERSONAL, make.of("High school", "Bachelor's degree", "Master's degree", "Doctorate",
            "None")),
        Column("AnnualIncome", "PINCP", MONEY, make.whole(0, 150000), speaks=False),
        Column("HasDisability", "DIS", HEALTH, make.yes_or_no(), speaks=False),
        Column("SocialSecurityNumber", "SSN", IDENTITY, make.each(make.fake.ssn)),
        Column("NumberOfRooms", "RMSP", THING, make.whole(1, 9), speaks=False),
        Column("PersonWeight", "PWGTP", THING, make.whole(5, 200), speaks=False),
        Column("CitizenshipStatus", "CIT", PERSONAL, make.of("born abroad", "naturalized", "not a citizen"), speaks=False),
    ]


def rental(rows: int) -> list[Column]:
    make = Make(rows, 26, "it_IT")
    return [
        Column("numero_contratto", "N_CONTR", IDENTITY, make.form("RNT-999999")),
        Column("cognome", "COGN", IDENTITY, make.family()),
        Column("nome", "NOME_CLI", IDENTITY, make.given()),
        Column("codice_fiscale", "CF", IDENTITY, make.each(make.fake.ssn)),
        Column("data_nascita", "DT_NASC", DATE, make.days(1950, 2004)),
        Column("indirizzo", "IND_RES", ADDRESS, make.each(lambda: f"Via {make.fake.last_name()} {make.draw.randint(1, 99)}")),
        Column("cap", "CAP_RES", PLACE, make.form("99999"), speaks=False),
        Column("citta", "COMUNE", PLACE, make.of(*pools.ITALIAN_CITIES)),
        Column("cellulare", "TEL_CELL", CONTACT, make.form("+39 339 999 9999")),
        Column("patente", "N_PATENTE", IDENTITY, make.form("U19999999A"), speaks=False),
        Column("targa", "TARGA_VEI", IDENTITY, make.form("AA999AA"), speaks=False),
        Column("modello", "MOD_VEI", THING, make.of("Panda", "Golf", "Clio", "Corsa"), speaks=False),
        Column("data_ritiro", "DT_RIT", DATE, make.times(2023, 2025)),
        Column("chilometri", "KM_PERC", THING, make.whole(10, 3000), speaks=False),
        Column("importo", "IMP_TOT", MONEY, make.real(30, 1200), speaks=False),
        Column("carta_credito", "N_CARTA", ACCOUNT, make.each(lambda: make.fake.credit_card_number("visa16"))),
        Column("note_noleggio", "NOTE_OP", TEXT, make.prose(pools.CALLS)),
    ]


def social(rows: int) -> list[Column]:
    make = Make(rows, 27)
    return [
        Column("user_uuid", "uid", IDENTITY, make.uuids()),
        Column("display_name", "dispName", IDENTITY, make.full()),
        Column("handle", "screenName", ONLINE, make.each(lambda: "@" + make.fake.user_name()), speaks=False),
        Column("email", "eMail", CONTACT, make.mail()),
        Column("birthday", "bDay", DATE, make.days(1960, 2010)),
        Column("gender", "sexCode", PERSONAL, make.of("female", "male", "other")),
        Column("relationship_status", "relStatus", PERSONAL, make.of("single", "in a relationship", "married", "divorced")),
        Column("political_views", "polViews", ("sensitive", "demographic"), make.of("liberal", "moderate", "conservative"),
            speaks=False),
        Column("follower_count", "nFollowers", THING, make.whole(0, 90000), speaks=False),
        Column("profile_url", "profLink", ONLINE, make.each(make.fake.uri)),
        Column("password_hash", "pwdHash", CREDENTIAL,
               make.each(lambda: "$2b$12$" + "".join(make.draw.choices("ABCDEFabcdef0123456789./", k=53)))),
        Column("last_login_ip", "lastIp", ONLINE, make.each(make.fake.ipv4_public)),
        Column("post_text", "postBody", TEXT, make.prose(pools.POSTS)),
        Column("hometown", "homeTown", PLACE, make.of(*pools.CITIES)),
        Column("is_verified", "verifiedFlag", THING, make.yes_or_no(), speaks=False),
        Column("created_at", "createdAt", DATE, make.times(2015, 2025), speaks=False),
        Column("likes", "nLikes", THING, make.whole(0, 5000), speaks=False),
    ]


def pharmacy(rows: int) -> list[Column]:
    make = Make(rows, 28, "pt_BR")
    return [
        Column("cpf", "NR_CPF", IDENTITY, make.each(make.fake.cpf)),
        Column("nome_paciente", "NM_PACIENTE", IDENTITY, make.full()),
        Column("data_nascimento", "DT_NASCIMENTO", DATE, make.days(1940, 2015, "%d/%m/%Y")),
        Column("sexo", "CD_SEXO", PERSONAL, make.of("masculino", "feminino")),
        Column("telefone", "NR_TELEFONE", CONTACT, make.form("+55 11 99999-9999")),
        Column("endereco", "DS_ENDERECO", ADDRESS,
            make.each(lambda: f"Rua {make.fake.last_name()}, {make.draw.randint(1, 900)}")),
        Column("cidade", "NM_CIDADE", PLACE, make.of(*pools.PORTUGUESE_CITIES)),
        Column("cep", "NR_CEP", PLACE, make.form("99999-999")),
        Column("medicamento", "DS_MEDICAMENTO", HEALTH, make.of("Losartana", "Metformina", "Omeprazol", "Sinvastatina"),
            speaks=False),
        Column("cid10", "CD_CID", HEALTH, make.of("I10", "E11", "J45.9", "F41.1", "M54.5", "K29.7")),
        Column("crm_medico", "NR_CRM", IDENTITY, make.form("CRM/SP 999999"), speaks=False),
        Column("quantidade", "QT_ITEM", THING, make.whole(1, 6), speaks=False),
        Column("valor_pago", "VL_PAGO", MONEY, make.real(5, 400), speaks=False),
        Column("data_venda", "DT_VENDA", DATE, make.days(2022, 2025)),
        Column("numero_cartao_sus", "NR_CNS", INSURED, make.form("799999999999999"), speaks=False),
        Column("loja", "CD_LOJA", THING, make.codes("L99", 5), speaks=False),
        Column("alergia", "DS_ALERGIA", HEALTH, make.of("nenhuma", "penicilina", "dipirona"), speaks=False),
    ]


MORE = {one.__name__: one for one in (insurance, telecom, logistics, clickstream, census, rental, social, pharmacy)}
