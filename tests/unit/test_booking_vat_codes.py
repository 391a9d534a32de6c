"""What a log may tell of a code that was made of a buyer's VAT number."""

from __future__ import annotations

import pytest

from fvsamazon.booking.clients import Client
from fvsamazon.booking.vat_numbers import forms, holds_number


@pytest.mark.parametrize(
    ("code", "number", "held"),
    [
        ("B2BDE123456789", "DE123456789", True),
        ("B2BLT1234567890", "LT123456789012", True),  # cut to fifteen characters
        ("123456789", "DE123456789", True),
        ("de-123.456.789", "DE123456789", True),
        ("B2BRO12", "RO12", True),
        ("B2BIE123456W", "IE1+23456W", True),
        ("AMZDE", "DE123456789", False),
        ("LONGENOUGHTOCUT", "DE123456789", False),
        ("12345", "DE123456789", False),
    ],
)
def test_a_code_is_known_to_hold_a_number(code: str, number: str, held: bool) -> None:
    assert holds_number(code, number) is held
    client = Client(code, vat_number=number)
    assert (client.told(code) != code) is held
    assert (code in client.personal) is held
    assert set(forms(number)) <= set(client.personal)


def test_a_client_of_nobody_s_number_is_told_as_it_is() -> None:
    client = Client("B2BDE123456789")
    assert client.told("B2BDE123456789") == "B2BDE123456789"
    assert client.personal == ()


def test_no_repr_shows_a_number() -> None:
    assert "123456789" not in repr(Client("B2BDE123456789", vat_number="DE123456789"))
