"""Days of birth, ages over 89 and coordinates, as people write them."""

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner


def found(text, header=""):
    rows = Scanner.default().find(pa.array([text]), header=header).to_pylist()
    return {(text[row["start"]:row["end"]], row["entity_type"]) for row in rows}


@pytest.mark.parametrize("day", ["4.3.31", "23.7.54", "23-JUL-54", "7/3/54", "23 Jul 54", "4.3.1931"])
@pytest.mark.parametrize(("before", "header"), [("geb. ", ""), ("Geburtsdatum: ", ""), ("born ", ""), ("", "dob"),
                                                ("", "geburtsdatum")])
def test_a_short_date_of_birth(day, before, header):
    assert (day, "DATE_OF_BIRTH") in found(before + day, header)


@pytest.mark.parametrize(("text", "header"), [
    ("version 4.3.31", ""), ("4.3.31", ""), ("4.3.31", "release"), ("dob 45.3.31", ""), ("dob 4.33.31", "")])
def test_what_is_no_date_of_birth(text, header):
    assert not any(kind == "DATE_OF_BIRTH" for _, kind in found(text, header))


@pytest.mark.parametrize("text", ["51.5074° N, 0.1278° W", "51.5074 N, 0.1278 W", "33.8674°S 151.2093°E"])
def test_coordinates_with_their_sides(text):
    assert (text, "COORDINATES") in found(f"seen at {text}, again")


def test_coordinates_beyond_the_poles_are_none():
    assert not found("51.5074 N, 200.1278 W") | found("95.5074 N, 20.1278 W")


@pytest.mark.parametrize(("value", "header"), [("51.5074", "latitude"), ("-0.1278", "lon"), ("51.5", "home_lat"),
                                             ("0.1278", "startLng")])
def test_coordinates_in_columns_of_them(value, header):
    assert found(value, header) == {(value, "COORDINATE_PAIR_LABELLED")}


@pytest.mark.parametrize(("value", "header"), [("200.5", "latitude"), ("51.5074", "price"), ("51.5074", "plate"),
                                             ("51.5074", "")])
def test_no_coordinates(value, header):
    assert not found(value, header)


@pytest.mark.parametrize(("text", "what", "header"), [
    ("Age 101", "101", ""), ("93 y.o.", "93 y.o.", ""), ("93 y.o. woman", "93 y.o.", ""), ("aged 97", "97", ""),
    ("93", "93", "age"), ("101", "101", "patient_age")])
def test_an_age_over_89(text, what, header):
    assert (what, "AGE") in found(text, header)


@pytest.mark.parametrize(("text", "header"), [("93", "stage"), ("42", "age"), ("93", ""), ("aged 45, pulse 93", "")])
def test_no_age_over_89(text, header):
    assert not any("9" in what for what, _ in found(text, header))


@pytest.mark.parametrize("text", [
    "〒100-0001 東京都千代田区千代田1-1", "北京市朝阳区建国路88号", "大阪府大阪市北区梅田3丁目1番1号",
    "广东省深圳市南山区科技路12号3栋502室"])
def test_addresses_of_east_asia(text):
    assert (text, "STREET_ADDRESS") in found(f"住所:{text}。")


@pytest.mark.parametrize("text", ["東京都では3回", "東京都千代田区で3回", "北京大学有3号楼", "上海2号线"])
def test_no_addresses_of_east_asia(text):
    assert not any(kind == "STREET_ADDRESS" for _, kind in found(text))
