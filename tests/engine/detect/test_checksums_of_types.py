"""The checks of types against what others say of such numbers: python-stdnum, Faker, and whoever prints examples."""

from __future__ import annotations

import importlib
import random

import pytest
from faker import Faker

from engine.detect.checks import compiled, matrix
from engine.detect.first.pictures import compact
from engine.detect.registry import Registry

REGISTRY = Registry.default()
DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHANUMERIC = DIGITS + LETTERS


def stdnum(module):
    return importlib.import_module(f"stdnum.{module}").is_valid


def passes(one, texts):
    """What the check of a type says of candidates, as a scanner would ask."""
    return compiled(one.check)(*matrix([text if one.pattern else compact(text) for text in texts]))


# types against python-stdnum: nothing that it accepts is missed, beyond the reasons given; nothing it refuses passes, beyond them

SAME = {
    "PL_PESEL": "pl.pesel", "BR_CPF": "br.cpf", "NL_BSN": "nl.bsn", "GR_AMKA": "gr.amka", "CH_AHV": "ch.ssn", "BG_EGN": "bg.egn",
    "TR_NATIONAL_ID": "tr.tckimlik", "RO_CNP": "ro.cnp", "BG_PNF": "bg.pnf", "EE_PERSONAL_CODE": "ee.ik", "HR_OIB": "hr.oib",
    "RS_TAX_ID": "rs.pib", "PL_NIP": "pl.nip", "UK_NHS": "gb.nhs", "AU_TFN": "au.tfn", "AU_ABN": "au.abn", "AU_ACN": "au.acn",
    "CA_SIN": "ca.sin", "IN_AADHAAR": "in_.aadhaar", "IN_VID": "in_.vid", "TH_TNIN": "th.pin", "JP_MY_NUMBER": "jp.in_",
    "CL_RUT": "cl.rut", "FI_BUSINESS_ID": "fi.ytunnus", "NO_BANK_ACCOUNT": "no.kontonr", "LU_VAT_ID": "lu.tva",
    "IL_ID": "il.idnr",
    "FR_SIREN": "fr.siren", "CH_UID": "ch.uid", "LEI": "lei", "ISNI": "isni", "DE_VAT_ID": "de.vat", "ES_BANK_ACCOUNT": "es.ccc",
    "ID_NIK": "id.nik", "MY_NRIC": "my.nric", "CN_USCC": "cn.uscc", "US_EIN": "us.ein", "IMSI": "imsi",
    "AT_POSTAL_CODE": "at.postleitzahl", "CZ_BANK_ACCOUNT": "cz.bankaccount", "PT_NIF": "pt.nif", "RO_FISCAL_CODE": "ro.cui",
    "DK_CVR": "dk.cvr", "GN_NIFP": "gn.nifp",
}
STRICTER = {  # a date, a prefix or a range on top
    "AT_SOCIAL_SECURITY": "at.vnr", "SI_EMSO": "si.emso", "ABA_ROUTING_NUMBER": "us.rtn", "NO_ORGNR": "no.orgnr",
    "SE_ORGANISATIONSNUMMER": "se.orgnr", "IMEI": "imei", "CREDIT_CARD": "luhn", "UK_CHI": "gb.nhs", "KR_RRN": "kr.rrn",
}
WIDER = {  # individual number, citizenship, region or a shorter form are not looked at
    "NO_FODSELSNUMMER": "no.fodselsnummer", "BE_NATIONAL_NUMBER": "be.nn", "IS_KENNITALA": "is_.kennitala",
    "ZA_ID_NUMBER": "za.idnr",
    "ES_NIF": "es.dni",
}


def near(text, rng):
    """Numbers like an example, with every pair of last digits."""
    texts = [text]
    for _ in range(8):
        other = list(text)
        for place in rng.sample(range(len(text)), 2):
            if text[place].isdigit():
                other[place] = rng.choice(DIGITS)
        stem = "".join(other)
        texts += [stem[:-1] + last for last in LETTERS] if text[-1].isalpha() else [f"{stem[:-2]}{two:02}" for two in range(100)]
    return texts


@pytest.mark.slow
@pytest.mark.parametrize(("name", "module"), [*SAME.items(), *STRICTER.items(), *WIDER.items()])
def test_types_as_python_stdnum(name, module):
    one = REGISTRY[name]
    texts = near(one.example if one.pattern else compact(one.example), random.Random(name))  # noqa: S311 - the same on every run
    theirs = {text for text in texts if stdnum(module)(text)}
    ours = {text for text, passed in zip(texts, passes(one, texts).tolist(), strict=True) if passed}
    assert ours
    if name not in STRICTER:
        assert theirs <= ours
    if name not in WIDER:
        assert ours <= theirs


@pytest.mark.slow
@pytest.mark.parametrize(("name", "prefix", "lengths", "last"), [
    ("RO_FISCAL_CODE", "RO", range(5, 11), DIGITS), ("PT_NIF", "PT", range(8, 11), DIGITS),
    ("DK_CVR", "DK", range(7, 10), DIGITS),
    ("ID_NIK", "", (16,), DIGITS), ("MY_NRIC", "", (12,), DIGITS), ("IMSI", "", (14, 15), DIGITS), ("US_EIN", "", (9,), DIGITS),
    ("AT_POSTAL_CODE", "", (4,), DIGITS), ("CN_USCC", "", (18,), ALPHANUMERIC), ("GN_NIFP", "", (9,), DIGITS),
])
def test_random_numbers_as_python_stdnum(name, prefix, lengths, last):
    rng = random.Random(name)  # noqa: S311 - the same on every run
    stems = ["".join(rng.choices(DIGITS, k=rng.choice(lengths) - 1)) for _ in range(120)]
    texts = [start + stem + end for stem in stems for start in {"", prefix, "XX"[:len(prefix)]} for end in last]
    expected = [stdnum(SAME[name])(text) for text in texts]
    assert passes(REGISTRY[name], texts).tolist() == expected
    assert any(expected)


@pytest.mark.parametrize(("name", "locale", "maker"), [
    ("PL_PESEL", "pl_PL", "ssn"), ("AT_SOCIAL_SECURITY", "de_AT", "ssn"), ("EE_PERSONAL_CODE", "et_EE", "ssn"),
    ("FI_PERSONAL_IDENTITY_CODE", "fi_FI", "ssn"), ("FR_NIR", "fr_FR", "ssn"), ("HR_OIB", "hr_HR", "ssn"),
    ("IT_FISCAL_CODE", "it_IT", "ssn"), ("NL_BSN", "nl_NL", "ssn"), ("NO_FODSELSNUMMER", "no_NO", "ssn"), ("BR_CPF", "pt_BR",
                                                                                                           "ssn"),
    ("TW_NATIONAL_ID", "zh_TW", "ssn"), ("CN_RESIDENT_ID", "zh_CN", "ssn"), ("US_SSN", "en_US", "ssn"), ("CA_SIN", "en_CA",
                                                                                                         "ssn"),
    ("CH_AHV", "de_CH", "ssn"), ("TR_NATIONAL_ID", "tr_TR", "ssn"), ("IL_ID", "he_IL", "ssn"), ("MX_NSS", "es_MX", "ssn"),
    ("DE_SOCIAL_SECURITY", "de_DE", "rvnr"), ("PL_ID_CARD", "pl_PL", "identity_card_number"), ("PL_NIP", "pl_PL", "nip"),
    ("PL_REGON", "pl_PL", "regon"),
])
def test_numbers_that_faker_invents(name, locale, maker):
    fake = Faker(locale)
    fake.seed_instance(3)
    one = REGISTRY[name]
    texts = [getattr(fake, maker)() for _ in range(50)]
    assert passes(one, texts).all(), texts[:3]


# numbers that standards, issuers and networks print as examples

PUBLISHED = {
    "CREDIT_CARD": ["4111111111111111", "378282246310005", "30569309025904", "6011111111111117", "3530111333300000",
                    "2223003122003222"],
    "IBAN_CODE": ["GB29NWBK60161331926819", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"],
    "HK_HKID": ["G123456(A)", "L555555(0)", "AB987654(3)", "C123456(9)"], "TW_NATIONAL_ID": ["A123456789"],
    "SG_NRIC_FIN": ["S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K"], "NZ_NHI": ["ZZZ0016", "ZZZ0024"],
    "AU_TFN": ["123456782"], "AU_ABN": ["51824753556"], "AU_MEDICARE": ["2123456701"], "AU_IHI": ["8003608833357361"],
    "IR_NATIONAL_ID": ["0499370899", "0790419904"], "MX_CLABE": ["032180000118359719"], "SV_DUI": ["00016297-5"],
    "RU_SNILS": ["112-233-445 95", "087-654-303 00"], "ES_SOCIAL_SECURITY": ["281234567840"], "UY_CI": ["1.234.567-2"],
    "FR_BANK_ACCOUNT": ["20041 01005 0500013M026 06"], "LU_NATIONAL_ID": ["1893120105732"], "US_NPI": ["1234567893"],
    "MEDICAL_LICENSE": ["BB1388568", "F91234563"], "DE_FUEHRERSCHEIN": ["B072RRE2I55"], "DE_HEALTH_INSURANCE": ["A123456780"],
    "DE_LANR": ["123456601"], "PL_ID_CARD": ["ABA300000"], "PL_PASSPORT": ["ZS0000177"], "PL_PWZ": ["5425740"],
    "SA_NATIONAL_ID": ["1000000008"],
    "BR_CNH": ["02650306461"], "BR_VOTER_ID": ["102385010671"], "KR_BRN": ["116-82-00276"],
    "GT_DPI": ["1234 56789 0101", "9876 54322 0101"], "JP_DRIVER_LICENSE": ["309012345620"], "FR_FINESS": ["750712184",
                                                                                                           "590780193"],
    "VIN": ["1M8GDM9AXKP042788", "5GZCZ43D13S812715"], "ISIN": ["US0378331005"], "SE_BANKGIRO": ["5050-1055"],
    "PASSPORT_MRZ": ["L898902C36UTO7408122F1204159ZE184226B<<<<<10"], "ID_CARD_MRZ": ["7408122F1204159UTO<<<<<<<<<<<6"],
}


@pytest.mark.parametrize(("name", "texts"), PUBLISHED.items())
def test_published_examples(name, texts):
    assert passes(REGISTRY[name], texts).all()
