"""Twelve tables whose score is the one that is reported. They were scored before anything was changed for them.

See ``tests/engine/detect/test_column_score.py`` for how they were used. The truth is what a careful person would say who sees a
column's name and its cells; ``also`` is what another one could say.
"""

from __future__ import annotations

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
    one,
)


def vaccinations(rows: int) -> list[Column]:
    make = Make(rows, 151)
    return [
        one("recip_id", IDENTITY, make.form("R99999999")),
        one("recip_first_name", IDENTITY, make.given()),
        one("recip_last_name", IDENTITY, make.family()),
        one("recip_dob", DATE, make.days(1930, 2022)),
        one("recip_sex", PERSONAL, make.of("F", "M")),
        one("recip_address_zip", PLACE, make.form("99999"), speaks=False),
        one("admin_date", DATE, make.days(2021, 2025)),
        one("vaccine_code", HEALTH, make.of("207", "208", "212"), speaks=False, also=THING),
        one("lot_number", THING, make.form("AA9999"), speaks=False, also=IDENTITY),
        one("dose_number", HEALTH, make.whole(1, 4), speaks=False, also=THING),
        one("provider_name", IDENTITY, make.full(), also=THING),
    ]


def brokerage(rows: int) -> list[Column]:
    make = Make(rows, 152)
    return [
        one("trade_id", IDENTITY, make.serial(900_001), speaks=False),
        one("client_name", IDENTITY, make.full()),
        one("client_tax_id", IDENTITY, make.each(make.fake.ssn)),
        one("account_number", ACCOUNT, make.form("99999999"), speaks=False),
        one("ticker", THING, make.of("AAPL", "MSFT", "SAP", "BNP"), speaks=False),
        one("side", THING, make.of("buy", "sell"), speaks=False),
        one("quantity", THING, make.whole(1, 900), speaks=False),
        one("trade_value", MONEY, make.real(100, 90000), speaks=False),
        one("executed_at", DATE, make.times(2023, 2025)),
        one("advisor", IDENTITY, make.full()),
    ]


def travel_insurance(rows: int) -> list[Column]:
    make = Make(rows, 153, "de_DE")
    return [
        one("Versicherungsnummer", INSURED, make.form("RV-99999999"), speaks=False),
        one("Versicherungsnehmer", IDENTITY, make.full()),
        one("Geburtsdatum", DATE, make.days(1940, 2006, "%d.%m.%Y")),
        one("Strasse", ADDRESS, make.each(make.fake.street_address)),
        one("Ort", PLACE, make.of(*pools.GERMAN_CITIES)),
        one("Reiseziel", PLACE, make.of("Spanien", "Italien", "Griechenland", "Türkei"), speaks=False),
        one("Reisebeginn", DATE, make.days(2023, 2025), also=DATE),
        one("Praemie", MONEY, make.real(10, 300), speaks=False),
        one("IBAN", ACCOUNT, make.each(make.fake.iban)),
        one("Schadenbeschreibung", TEXT, make.prose(pools.GERMAN_NOTES)),
        one("Status", THING, make.of("offen", "erledigt", "abgelehnt"), speaks=False),
    ]


def broadband(rows: int) -> list[Column]:
    make = Make(rows, 154)
    return [
        one("AccountNo", IDENTITY, make.form("BB9999999"), speaks=False, also=ACCOUNT),
        one("CustomerName", IDENTITY, make.full()),
        one("ServiceAddress", ADDRESS, make.each(make.fake.street_address)),
        one("ContactEmail", CONTACT, make.mail()),
        one("RouterMac", ONLINE, make.each(make.fake.mac_address)),
        one("StaticIp", ONLINE, make.each(make.fake.ipv4_public)),
        one("PackageName", THING, make.of("Fibre 100", "Fibre 500", "Basic"), speaks=False),
        one("MonthlyFee", MONEY, make.real(15, 80), speaks=False),
        one("InstallDate", DATE, make.days(2016, 2025)),
        one("DownloadMbps", THING, make.real(10, 500)),
        one("TicketNotes", TEXT, make.prose(pools.CALLS)),
    ]


def volunteers(rows: int) -> list[Column]:
    make = Make(rows, 155, "en_GB")
    return [
        one("volunteer_ref", IDENTITY, make.form("V99999")),
        one("known_as", IDENTITY, make.given()),
        one("surname", IDENTITY, make.family()),
        one("mobile_phone", CONTACT, make.form("+44 7911 123999")),
        one("dob", DATE, make.days(1945, 2007)),
        one("dietary_needs", HEALTH, make.of("none", "vegan", "gluten free"), speaks=False),
        one("next_of_kin", IDENTITY, make.full()),
        one("skills", PERSONAL, make.of("driving", "cooking", "first aid"), speaks=False, also=THING),
        one("availability", THING, make.of("weekends", "evenings", "weekdays"), speaks=False),
        one("home_postcode", PLACE, make.of("NE1 4ST", "L1 8JQ", "S1 2HE", "PL1 2AA")),
        one("dbs_check_date", DATE, make.days(2018, 2025)),
    ]


def used_cars(rows: int) -> list[Column]:
    make = Make(rows, 156)
    return [
        one("sale_ref", IDENTITY, make.form("S-99999999")),
        one("buyer_name", IDENTITY, make.full()),
        one("buyer_address", ADDRESS, make.each(make.fake.street_address)),
        one("vin", IDENTITY, make.each(make.fake.vin), speaks=False),
        one("make", THING, make.of("Toyota", "Honda", "Kia", "Mazda"), speaks=False),
        one("model_year", THING, make.whole(2008, 2024), speaks=False),
        one("odometer", THING, make.whole(100, 180000), speaks=False),
        one("sale_price", MONEY, make.whole(2000, 40000), speaks=False, also=THING),
        one("sale_date", DATE, make.days(2022, 2025)),
        one("salesperson", IDENTITY, make.full()),
        one("colour", THING, make.of("red", "blue", "grey"), speaks=False),
    ]


def furniture(rows: int) -> list[Column]:
    make = Make(rows, 157, "es_ES")
    return [
        one("num_pedido", IDENTITY, make.form("PED-999999")),
        one("nombre_cliente", IDENTITY, make.full()),
        one("nif", IDENTITY, make.each(make.fake.nif)),
        one("direccion_entrega", ADDRESS, make.each(lambda: f"Calle {make.fake.last_name()}, {make.draw.randint(1, 90)}")),
        one("poblacion", PLACE, make.of(*pools.SPANISH_CITIES)),
        one("telefono", CONTACT, make.form("+34 699 999 999")),
        one("articulo", THING, make.of("mesa", "silla", "armario"), speaks=False),
        one("importe_total", MONEY, make.real(20, 2000), speaks=False),
        one("fecha_entrega", DATE, make.days(2024, 2025)),
        one("estado_pedido", THING, make.of("enviado", "entregado", "pendiente"), speaks=False),
        one("comentarios", TEXT, make.prose(pools.SPANISH_NOTES)),
    ]


def water(rows: int) -> list[Column]:
    make = Make(rows, 158, "pt_BR")
    return [
        one("matricula_cliente", IDENTITY, make.form("99999999"), speaks=False),
        one("nome", IDENTITY, make.full()),
        one("cpf", IDENTITY, make.each(make.fake.cpf)),
        one("endereco", ADDRESS, make.each(lambda: f"Rua {make.fake.last_name()}, {make.draw.randint(1, 900)}")),
        one("cidade", PLACE, make.of(*pools.PORTUGUESE_CITIES)),
        one("consumo_m3", THING, make.whole(1, 60), speaks=False),
        one("valor_fatura", MONEY, make.real(20, 400), speaks=False),
        one("data_leitura", DATE, make.days(2024, 2025)),
        one("celular", CONTACT, make.form("+55 11 99999-9999")),
        one("observacoes", TEXT, make.prose(pools.SPANISH_NOTES)),
    ]


def impressions(rows: int) -> list[Column]:
    make = Make(rows, 159)
    context = make.each(lambda: json.dumps({"page": make.draw.choice(["home", "news"]), "ip": make.fake.ipv4_public()}))
    return [
        one("impression_id", IDENTITY, make.uuids()),
        one("ad_id", THING, make.codes("AD9999", 9), speaks=False),
        one("user_agent", AGENT, make.of(*pools.AGENTS)),
        one("idfa", ONLINE, make.uuids(), speaks=False),
        one("geo_city", PLACE, make.of(*pools.CITIES)),
        one("bid_price", THING, make.real(0, 9), speaks=False, also=MONEY),
        one("context", ONLINE, context),
        one("served_at", DATE, make.times(2024, 2025)),
        one("clicked", THING, make.yes_or_no(), speaks=False),
        one("landing_page", ONLINE, make.each(make.fake.uri)),
    ]


def permits(rows: int) -> list[Column]:
    make = Make(rows, 160)
    return [
        one("PermitNumber", IDENTITY, make.form("P24-999999")),
        one("ApplicantName", IDENTITY, make.full()),
        one("ApplicantPhone", CONTACT, make.form("(720) 555-9999")),
        one("SiteAddress", ADDRESS, make.each(make.fake.street_address)),
        one("ParcelNumber", IDENTITY, make.form("99-99-999-999"), speaks=False, also=PLACE),
        one("PermitType", THING, make.of("building", "electrical", "plumbing"), speaks=False),
        one("EstimatedCost", MONEY, make.whole(500, 90000), speaks=False, also=THING),
        one("IssueDate", DATE, make.days(2020, 2025, "%m/%d/%Y")),
        one("InspectorName", IDENTITY, make.full()),
        one("WorkDescription", TEXT, make.prose(pools.CALLS)),
        one("Status", THING, make.of("issued", "closed", "expired"), speaks=False),
    ]


def leads(rows: int) -> list[Column]:
    make = Make(rows, 161)
    return [
        one("LeadId", IDENTITY, make.form("00Q9999999AA999")),
        one("ContactFirstName", IDENTITY, make.given()),
        one("ContactLastName", IDENTITY, make.family()),
        one("WorkEmail", CONTACT, make.mail()),
        one("DirectDial", CONTACT, make.form("+1 512-555-9999")),
        one("JobTitle", PERSONAL, make.of(*pools.TRADES)),
        one("CompanyName", THING, make.each(lambda: f"{make.draw.choice(pools.FAMILY)} Group"), speaks=False),
        one("LeadScore", THING, make.whole(0, 100), speaks=False),
        one("OptedIn", THING, make.yes_or_no(), speaks=False),
        one("PortalPassword", CREDENTIAL, make.each(lambda: make.fake.password(length=12)), speaks=False),
        one("LastContacted", DATE, make.times(2023, 2025)),
        one("Notes", TEXT, make.prose(pools.CALLS)),
    ]


def blood_pressure(rows: int) -> list[Column]:
    make = Make(rows, 162)
    return [
        one("user_id", IDENTITY, make.uuids()),
        one("nickname", ONLINE, make.each(make.fake.user_name), speaks=False, also=IDENTITY),
        one("birth_year", DATE, make.whole(1930, 2005), speaks=False),
        one("systolic", HEALTH, make.whole(90, 180), speaks=False),
        one("diastolic", HEALTH, make.whole(50, 110), speaks=False),
        one("pulse", HEALTH, make.whole(45, 120), speaks=False),
        one("measured_at", DATE, make.times(2024, 2025)),
        one("medication", HEALTH, make.of("Lisinopril", "Amlodipine", "none", "Metoprolol"), speaks=False),
        one("gps", PLACE, make.each(lambda: f"{make.draw.uniform(40, 50):.5f},{make.draw.uniform(-5, 15):.5f}")),
        one("app_version", THING, make.of("3.1.0", "3.2.1"), speaks=False),
        one("comment", TEXT, make.prose(pools.POSTS)),
    ]


KEPT = {made.__name__: made for made in (
    vaccinations, brokerage, travel_insurance, broadband, volunteers, used_cars, furniture, water, impressions, permits, leads,
    blood_pressure)}
