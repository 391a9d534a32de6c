"""Products, clients and the head of a document: who and what stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from fvsamazon.booking.context import BookingContext, Buyer, Need, NoReference
from fvsamazon.booking.outcomes import Hold
from fvsamazon.booking.preview import preview_json
from fvsamazon.cli.preview_text import as_lines
from fvsamazon.texts import Text
from support.booking_cases import PERSONAL, codes, document, item, outcome
from support.booking_orders import (
    CONTEXT,
    ORDER_ID,
    FakeReference,
    make_context,
)

NO_TABLE = 'by = ["table", "code", "barcode", "partner"]'
B2B = {"registrations": [["VAT", "DE123456789", "Musterfirma GmbH"]]}


class TestProducts:
    def test_the_same_code(self) -> None:
        reference = FakeReference(frozenset({"MUG-1"}))
        found = document(items=item(sku="MUG-1"), reference=reference)
        assert [line.code for line in found.lines] == ["MUG-1"]

    def test_a_bar_code_of_the_sku_or_of_the_asin(self) -> None:
        for key in ("MUG-1", "B000000001"):
            reference = FakeReference(frozenset(), barcodes={key: ("PUODELIS01",)})
            found = document(items=item(sku="MUG-1"), reference=reference)
            assert [line.code for line in found.lines] == ["PUODELIS01"]

    def test_two_products_of_one_bar_code_hold(self) -> None:
        reference = FakeReference(frozenset(), barcodes={"MUG-1": ("A", "B")})
        assert codes(outcome(items=item(sku="MUG-1"), reference=reference)) == ["product_ambiguous"]

    def test_the_partner_catalogue(self) -> None:
        reference = FakeReference(frozenset(), partners={"MUG-1": ("PUODELIS01",)})
        found = document(items=item(sku="MUG-1"), reference=reference)
        assert [line.code for line in found.lines] == ["PUODELIS01"]

    def test_a_product_of_the_table_that_finvalda_lacks(self) -> None:
        assert codes(outcome(reference=FakeReference(frozenset()))) == ["product_missing"]

    def test_a_pattern(self) -> None:
        pattern = (
            NO_TABLE,
            'by = ["pattern"]\npattern = [{ sku = "FBA-*-?", product = "P{1}", quantity = 3 }]',
        )
        reference = FakeReference(frozenset({"PCUP"}))
        found = document(pattern, items=item(sku="FBA-CUP-1", ordered=2), reference=reference)
        assert [(line.code, line.quantity) for line in found.lines] == [("PCUP", Decimal(6))]
        held = outcome(pattern, items=item(sku="FBA-MUG-1"), reference=reference)
        assert codes(held) == ["product_missing"]
        long = outcome(pattern, items=item(sku=f"FBA-{'M' * 20}-1"), reference=reference)
        assert codes(long) == ["product_code_too_long"]

    def test_an_unknown_sku_may_be_made(self) -> None:
        create = ('unknown = "hold"', 'unknown = "create"')
        found = document(create, items=item(sku="mug blue/one-and-twenty-one"))
        (card,) = found.new_products
        assert (card.code, card.shortened) == ("MUGBLUEONEANDTWENTYO", True)
        assert found.lines[0].code == card.code
        assert codes(outcome(create, items=item(sku="--"))) == ["product_missing"]

    def test_an_unknown_sku_may_go_on_a_service(self) -> None:
        service = ('unknown = "hold"', 'unknown = "service:KITA"')
        (line,) = document(service, items=item(sku="NEW")).lines
        assert (line.kind, line.code, line.service, line.warehouse) == ("goods", "KITA", True, None)
        assert [one.code for one in document(service, items=item(sku=None)).lines] == ["KITA"]

    def test_no_sku_holds(self) -> None:
        assert codes(outcome(items=item(sku=None))) == ["sku_missing"]


class TestReference:
    def test_without_finvalda_the_document_tells_what_it_could_not_check(self) -> None:
        found = document(reference=NoReference(), currency="GBP", ship_to="CH")
        assert found.unchecked == (
            Need("product", "PUODELIS01"),
            Need("rate", "GBP", date(2026, 12, 10)),
        )
        assert found.rate is None
        assert found.lines[0].net_eur is None
        assert any("not checked" in line for line in as_lines(found, "en"))

    def test_an_unknown_sku_counts_as_a_code_until_finvalda_was_asked(self) -> None:
        found = document(items=item(sku="MUG-1"), reference=NoReference())
        assert found.lines[0].code == "MUG-1"
        assert found.unchecked == (Need("product", "MUG-1"),)

    def test_a_hold_tells_what_to_ask_too(self) -> None:
        held = outcome(items=item(sku="M" * 21), reference=NoReference())
        assert codes(held) == ["product_unknown"]
        assert isinstance(held, Hold)
        assert held.unchecked == (
            Need("barcode", "M" * 21),
            Need("barcode", "B000000001"),
            Need("partner", "M" * 21),
        )

    def test_a_missing_rate_holds(self) -> None:
        held = outcome(currency="CHF", ship_to="CH")
        assert codes(held) == ["exchange_rate_missing"]

    def test_the_rate_may_be_left_to_the_parameter(self) -> None:
        left = ('exchange_rate = "finvalda"', 'exchange_rate = "parameter"')
        found = document(left, currency="CHF", ship_to="CH")
        assert (found.rate, found.lines[0].net_eur, found.unchecked) == (None, None, ())


class TestClients:
    shared = ('code = "AMZPIRKEJAS"', 'code = "AMZPIRKEJAS"\naddress = true')
    natural = (
        '[[client]]\nmatch = { marketplace = ["DE",',
        (
            '[[client]]\nper_buyer = { code = "P{order_id}", type = "FIZ" }\n'
            '[[client]]\nmatch = { marketplace = ["DE",'
        ),
    )

    def test_a_natural_person_waits_for_name_and_street(self) -> None:
        held = outcome(self.natural)
        assert codes(held) == ["client_personal_data"]
        nameless = make_context({"personal": {"street": "Lindenhof 8"}})
        held = outcome(self.natural, context=nameless)
        assert isinstance(held, Hold)
        assert held.reasons[0].words["missing"] == Text("name", "vardas arba pavadinimas")

    def test_a_natural_persons_card_and_address(self) -> None:
        found = document(self.natural, context=make_context({"personal": PERSONAL}))
        client = found.client
        assert (client.code, client.shortened) == ("P30512345677654", True)
        assert client.card is not None
        assert client.card.natural_person
        assert (client.card.name, client.card.type) == ("Greta Beispiel", "FIZ")
        assert (client.card.country, client.card.vat_number) == ("DE", None)
        assert client.address is not None
        assert (client.address.code, client.address.street) == ("2345677654321", "Lindenhof 8")
        assert "Greta" not in repr(found)
        assert "Lindenhof" not in repr(found)

    def test_a_company_needs_no_personal_data(self) -> None:
        found = document(**B2B)
        card = found.client.card
        assert card is not None
        assert (card.name, card.vat_number) == ("Musterfirma GmbH", "DE123456789")
        assert (card.natural_person, card.country, card.street) == (False, "DE", None)
        assert found.client.address is None

    def test_a_company_that_finvalda_has_is_reused(self) -> None:
        reference = FakeReference(clients={"DE123456789": ("MUSTER",)})
        numbers = [["VAT", "DE 123456789", None]]
        found = document(reference=reference, registrations=numbers)
        assert (found.client.code, found.client.card) == ("MUSTER", None)
        held = outcome(reference=NoReference(), registrations=numbers)
        assert codes(held) == ["client_name_missing"]
        assert isinstance(held, Hold)
        assert Need("client", "DE123456789") in held.unchecked

    def test_greece_is_gr_and_northern_ireland_gb_on_a_card(self) -> None:
        greek = document(registrations=[["VAT", "EL123456789", "A"]], ship_to="GR")
        irish = document(registrations=[["VAT", "XI123456789", "A"]], ship_to="XI")
        assert greek.client.card is not None
        assert irish.client.card is not None
        assert (greek.client.card.country, irish.client.card.country) == ("GR", "GB")

    def test_an_address_card_under_the_shared_client(self) -> None:
        rules = (self.shared, ('"SE", "PL", "UK", "US", "JP"]', '"SE"]'))
        assert codes(outcome(*rules, marketplace="PL")) == ["client_personal_data"]
        found = document(*rules, marketplace="PL", context=make_context({"personal": PERSONAL}))
        assert found.client.code == "AMZPIRKEJAS"
        assert found.client.address is not None

    def test_nobody_fits(self) -> None:
        none = ('[[client]]\ncode = "AMZPIRKEJAS"\n', "")
        assert codes(outcome(none, marketplace="TR")) == ["client_none"]

    def test_a_bad_number_makes_no_card(self) -> None:
        anyone = ('match = { buyer_vat_country = "EU" }\nper_buyer', "per_buyer")
        first = (
            'match = { buyer_vat_country = "BAD" }\nhold',
            'match = { buyer = "UNKNOWN" }\nhold',
        )
        held = outcome(anyone, first, registrations=[["VAT", "DE1", "A"]], ship_to="LT")
        assert codes(held) == ["vat_number_bad"]


class TestHeader:
    def test_finvalda_may_number(self) -> None:
        found = document(('number = "order_id"', 'number = "finvalda"'))
        assert found.number is None
        assert found.searched_title == f"AMZ {ORDER_ID}"
        assert preview_json(ORDER_ID, found)["document"] is None

    def test_titles_and_remark_hold_facts(self) -> None:
        found = document()
        assert found.titles == ("DE MERCHANT", "", "", "", f"AMZ {ORDER_ID}")
        assert found.remark == "LT - DE"

    def test_the_order_id_is_never_cut_off_a_searched_title(self) -> None:
        long = ('"AMZ {order_id}"]', '"' + "x" * 32 + '{order_id}"]')
        held = outcome(long, ('number = "order_id"', 'number = "finvalda"'))
        assert codes(held) == ["text_too_long"]

    def test_a_code_with_an_unknown_fact_holds(self) -> None:
        held = outcome(('series = "AMZ"', 'series = "{ship_to}"'), ship_to=None)
        assert "template_unknown" in codes(held)

    def test_a_code_that_grows_too_long_holds(self) -> None:
        held = outcome(('series = "AMZ"', 'series = "A{order_id}"'))
        assert codes(held) == ["text_too_long"]

    def test_the_parameter_has_a_default_and_no_default_holds(self) -> None:
        none = ('parameter = "FVSAMAZON"\n', "")
        assert document(none, context=BookingContext("OTHER")).parameter == "OTHER"
        assert codes(outcome(none, context=BookingContext(""))) == ["parameter_missing"]

    def test_an_empty_series_is_left_to_the_parameter(self) -> None:
        assert document(('series = "AMZ"\n', 'series = ""\n')).series is None

    def test_objects(self) -> None:
        found = document(("objects = []", 'objects = ["", "{marketplace}"]'))
        assert found.objects == ("", "DE")


def test_names_of_buyers_never_reach_a_repr() -> None:
    buyer = Buyer(**PERSONAL)
    assert "Greta" not in repr(buyer)
    assert "Greta" not in repr(replace(CONTEXT, personal=buyer))
