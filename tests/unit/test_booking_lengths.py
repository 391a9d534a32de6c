"""The lengths that the rules are read by are those of Finvalda's own fields."""

from __future__ import annotations

from fvsamazon.booking import clients, product_table, products, rules_reading
from fvsamazon.finvalda.tables import CARDS, GOODS, OPERATIONS, SERVICES, ItemClass, OperationClass


def test_every_length_is_that_of_its_field() -> None:
    for operation in OperationClass:
        table = OPERATIONS[operation]
        head, goods, services = table.fields, table.groups[GOODS].fields, table.groups[SERVICES]
        assert head["sSerija"].length == rules_reading.SERIES_LIMIT
        assert head["sPavadinimas1"].length == rules_reading.TITLE_LIMIT
        assert head["sPastaba"].length == rules_reading.REMARK_LIMIT
        assert head["sObjektas1"].length == rules_reading.OBJECT_LIMIT
        assert head["sKlientas"].length == rules_reading.CLIENT_LIMIT
        assert goods["sSandelis"].length == rules_reading.WAREHOUSE_LIMIT
        assert services.fields["sKodas"].length == rules_reading.SERVICE_LIMIT
        assert goods["sPvmKodas"].length == rules_reading.VAT_CODE_LIMIT
        assert goods["sKodas"].length == product_table.PRODUCT_LIMIT
        assert head["sAdresas"].length == clients.ADDRESS_CODE_LIMIT
        assert max(map(len, rules_reading.DOCUMENT_KINDS)) == head["sDokRusis"].length
        for stem, count in (
            ("sPavadinimas", rules_reading.TITLE_COUNT),
            ("sObjektas", rules_reading.OBJECT_COUNT),
        ):
            assert f"{stem}{count}" in head
            assert f"{stem}{count + 1}" not in head


def test_every_length_is_that_of_its_card() -> None:
    client = CARDS[ItemClass.CLIENT].fields
    product = CARDS[ItemClass.PRODUCT].fields
    assert client["sKodas"].length == rules_reading.CLIENT_LIMIT
    assert client["sRusis"].length == rules_reading.CLIENT_TYPE_LIMIT
    assert CARDS[ItemClass.SERVICE].fields["sKodas"].length == rules_reading.SERVICE_LIMIT
    assert product["sKodas"].length == product_table.PRODUCT_LIMIT
    assert product["sPavadinimas"].length == products.TITLE_LIMIT
    assert CARDS[ItemClass.ADDRESS].fields["sKodas"].length == clients.ADDRESS_CODE_LIMIT
