"""Addresses in the settings: none may be taken for this machine, or this network, that is not."""

from __future__ import annotations

from itertools import product

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fvsamazon.settings.fields import _amazon_url, _finvalda_url, address

TRAPS = [
    "http://localhost.evil.example",
    "http://127.0.0.1.nip.io",
    "http://127.0.0.1@evil.example",
    "http://evil.example@127.0.0.1",
    "http://user:password@127.0.0.1",
    "http://[::1]evil.example",
    "http://evil.example[::1]",
    "http://[::1]:80evil",
    "http://[::1%25evil.example]",
    "http://[::1%evil]",
    "http://[::ffff:127.0.0.1]",
    "http://[v1.x]",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://127.1",
    "http://127.0.0.01",
    "http://0.0.0.0",
    "http://localhost.",
    "http://localho\N{LATIN SMALL LETTER LONG S}t",
    "http://\N{SMALL ROMAN NUMERAL FIFTY}ocalhost",
    "http://127\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}1",
    "http://\N{FULLWIDTH DIGIT ONE}27.0.0.1",
    "http://127.0.0.1\\@evil.example",
    "http://127.0.0.1;@evil.example",
    "http://127.0.0.1#@evil.example",
    "http://127.0.0.1?@evil.example",
    "http://127.0.0.1%2f@evil.example",
    "http://127.0.0.1%00.evil.example",
    "http://127.0.0.1\t.evil.example",
]
NO_HOSTS = [
    "https://a..b",
    "https://.a.example",
    "https://-a.example",
    "https://" + "a" * 64,
    "https://[::1]evil.example",
    "https://evil.example[::1]",
    "https://0177.0.0.1",
    "https://127.0.0.01",
    "https://evil.example/\x01",
    "https://evil.example/?",
    "https://evil.example/#",
]


@pytest.mark.parametrize("url", TRAPS)
def test_nothing_but_this_machine_passes_for_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"write|take"):
        _amazon_url(url)


@pytest.mark.parametrize("url", NO_HOSTS)
def test_what_is_no_host_is_refused_before_anything_is_sent(url: str) -> None:
    for check in (_amazon_url, lambda text: _finvalda_url(f"{text}/FvsServicePure.svc")):
        with pytest.raises(ValueError, match="write"):
            check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://LOCALHOST",
        "https://sellingpartnerapi-eu.amazon.com",
        "https://įmonė.example",
        "https://under_score.example:8443/path",
        "https://finvalda",
        "https://10.0.0.5",
        "https://host.example.",
    ],
)
def test_what_is_meant_passes(url: str) -> None:
    assert _amazon_url(url) == url


_PIECES = ["127.0.0.1", "localhost", "evil.example", "[::1]", "@", ":", "80", ".", "//", "%", "0"]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join))
def test_the_client_goes_to_the_very_host_that_was_judged(rest: str) -> None:
    for scheme, tail in product(("http", "https"), ("", "/x")):
        try:
            judged = address(f"{scheme}://{rest}{tail}")
        except ValueError:
            continue
        goes_to = httpx.URL(f"{scheme}://{rest}{tail}/orders")
        assert goes_to.host.lower() == judged.host
        assert goes_to.scheme == judged.scheme
        assert bool(goes_to.userinfo) <= judged.has_credentials
