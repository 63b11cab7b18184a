"""What stands after a label or under a header that says what it is: user names, series and number, last four digits."""

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner


def found(text, header=""):
    rows = Scanner.default().find(pa.array([text]), header=header).to_pylist()
    return {(text[row["start"]:row["end"]], row["entity_type"]) for row in rows}


@pytest.mark.parametrize(("text", "header"), [
    ("username: jsmith42", ""), ("login=jsmith42 ok", ""), ('{"username": "jsmith42"}', ""), ("jsmith42", "username"),
    ("jsmith42", "login"), ("jsmith42", "userName")])
def test_a_user_name(text, header):
    assert ("jsmith42", "USERNAME") in found(text, header)


@pytest.mark.parametrize(("text", "header"), [
    ("login=true", ""), ("user: root", ""), ("username = request.args", ""), ("user=1001", ""), ("login: self.login_id", ""),
    ("2024-02-29", "last_login"), ("true", "login"), ("Mozilla5 Win64", "user_agent"), ("jsmith42", "")])
def test_no_user_name(text, header):
    assert not any(kind == "USERNAME" for _, kind in found(text, header))


@pytest.mark.parametrize(("text", "header"), [
    ("last 4 of SSN: 4399", ""), ("last four of SSN 4399", ""), ("SSN last 4: 4399", ""), ("4399", "ssn_last4")])
def test_the_last_four_of_a_social_security_number(text, header):
    assert ("4399", "US_SSN_LAST4") in found(text, header)


@pytest.mark.parametrize(("text", "header"), [("4399", "last4"), ("the last 4 of 4399", ""), ("4399", "")])
def test_other_last_fours(text, header):
    assert not found(text, header)


@pytest.mark.parametrize("number", ["45 08 номер 123456", "4508 № 123456"])
def test_a_russian_passport_in_words(number):
    assert found(f"Паспорт серия {number}") == {(number, "RU_PASSPORT")}
    assert not found(f"Счёт {number}")


@pytest.mark.parametrize("mark", [", ", ",", "; ", ""])
@pytest.mark.parametrize("address", ["https://x.org/a?visit=7", "https://x.org", "https://x.org/a,b;c=1", "https://x.org/"])
def test_a_mark_after_a_web_address_is_no_part_of_it(address, mark):
    assert found(f"see {address}{mark}") == {(address, "URL")}
