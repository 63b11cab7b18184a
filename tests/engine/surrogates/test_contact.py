"""Addresses on networks become those that documentation has to itself."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.surrogates.contact import DOMAINS, email, ip, mac, url
from engine.surrogates.keyed import Keyed, fold
from engine.surrogates.people import family_name, given_name, initial

KEYED = Keyed(bytes(range(32)))
GIVEN, FAMILY = (draw(word, KEYED, "en_US").lower() for draw, word in ((given_name, "jane"), (family_name, "roe")))
SMITH = family_name("smith", KEYED, "en_US").lower()
DOCUMENTATION = [ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]


@pytest.mark.parametrize(("mailbox", "expected"), [
    ("jane.roe", f"{GIVEN}.{FAMILY}"), ("Jane.Roe", f"{GIVEN.title()}.{FAMILY.title()}"),
    ("JANE_ROE", f"{GIVEN}_{FAMILY}".upper()),
    ("j.roe", f"{initial('j', KEYED)}.{FAMILY}"), ("jroe", f"{initial('j', KEYED)}{FAMILY}"), ("jane", GIVEN),
    ("janeroe", f"{GIVEN}{FAMILY}"), ("smith.jane", f"{SMITH}.{GIVEN}"), ("jsmith", f"{initial('j', KEYED)}{SMITH}"),
    ("JaneRoe", f"{GIVEN.title()}{FAMILY.title()}"), ("JaneMRoe", f"{GIVEN.title()}{initial('M', KEYED)}{FAMILY.title()}"),
    ("info", "info"), ("no-reply", "no-reply"), ("dr.jane.roe", f"dr.{GIVEN}.{FAMILY}"), ("mr.roe", f"mr.{FAMILY}"),
    ("jane.mueller", f"{GIVEN}.{fold(family_name('Müller', KEYED, 'en_US'))}"),
])
def test_mailboxes_follow_the_person(mailbox, expected):
    found = email(f"{mailbox}@acme.com", KEYED, "en_US")
    assert found.split("@")[0] == expected
    assert found.split("@")[1] in DOMAINS


def test_numbers_in_mailboxes_become_others():
    assert re.fullmatch(rf"{GIVEN}(?!85)\d\d@example\.\w+", email("jane85@acme.com", KEYED, "en_US"))


@pytest.mark.parametrize(("written", "expected"), [
    ("jane at acme dot com", rf"{GIVEN} at example dot \w{{3}}"),
    ("jane (at) acme (dot) com", rf"{GIVEN} \(at\) example \(dot\) \w{{3}}"),
    ("jane dot roe at acme dot com", rf"{GIVEN} dot {FAMILY} at example dot \w{{3}}"),
    ("jane @ acme.com", rf"{GIVEN} @ example\.\w{{3}}"),
    ("jane@acme.com.", rf"{GIVEN}@example\.\w{{3}}\."), ("maría@ñandú.es", r"[a-z]+@example\.\w{3}"),
])
def test_addresses_as_people_write_them(written, expected):
    assert re.fullmatch(expected, email(written, KEYED, "en_US"))


@pytest.mark.parametrize("written", ["", "jane", "@", "a@", "@b", "jane roe"])
def test_what_is_no_address_is_not_made_one(written):
    assert email(written, KEYED, "en_US") is None


def test_a_domain_maps_alike_and_a_reserved_one_to_another():
    one, other = (email(f"{name}@acme.com", KEYED, "en_US").split("@")[1] for name in ("jane", "info"))
    assert one == other
    for domain in DOMAINS:
        assert email(f"info@{domain}", KEYED, "en_US") not in (f"info@{domain}", None)


@pytest.mark.parametrize("written", [
    "https://www.linkedin.com/in/jane-roe-123?x=1#top", "http://acme.com", "acme.com/a", "ftp://user:secret@acme.com/a%20b",
    "http://[::1]/x",
])
def test_web_addresses_keep_their_shape_and_nothing_else(written):
    found = url(written, KEYED)
    scheme = re.match(r"(\w+://)?(www\.)?", written)[0]
    assert re.match(rf"{re.escape(scheme)}example\.\w{{3}}", found)
    assert not set(re.findall(r"\w{4,}", written)) - {"http", "https"} & set(re.findall(r"\w{4,}", found))
    assert "@" not in found


@settings(deadline=None)
@given(st.ip_addresses(), st.sampled_from(["", "/24", ":8080"]))
def test_addresses_of_hosts_become_those_for_documentation(address, rest):
    rest = "" if address.version == 6 and rest.startswith(":") else rest
    found = ip(f"{address}{rest}", KEYED)
    assert found.endswith(rest)
    made = ipaddress.ip_address(found.removesuffix(rest))
    assert made.version == address.version
    assert any(made in network for network in DOCUMENTATION)
    assert made != address


@pytest.mark.parametrize(("written", "expected"), [
    ("[::1]", r"\[2001:db8::[0-9a-f:]+\]"), ("FE80::1", "2001:DB8::[0-9A-F:]+"), ("fe80::1%eth0", "2001:db8::[0-9a-f:]+"),
    ("2a01:0db8:0000:0000:0000:ff00:0042:8329", "2001:db8(:[0-9a-f]{1,4}){6}"),
])
def test_notations_of_hosts(written, expected):
    assert re.fullmatch(expected, ip(written, KEYED))


def test_what_is_no_address_of_a_host():
    assert ip("300.1.1.1", KEYED) is None
    assert ip("", KEYED) is None


@pytest.mark.parametrize(("written", "expected"), [
    ("00:1A:2b:3c:4D:5e", "00:00:5e:00:53:[0-9a-f]{2}"), ("00-1A-2B-3C-4D-5E", "00-00-5E-00-53-[0-9A-F]{2}"),
    ("001a.2b3c.4d5e", r"0000\.5e00\.53[0-9a-f]{2}"),
])
def test_hardware_addresses(written, expected):
    assert re.fullmatch(expected, mac(written, KEYED))
