"""What the simulated shops sell: invented products with a price in euro cents."""

# ruff: noqa: RUF001 - titles are written as shops write them

from __future__ import annotations

from dataclasses import dataclass

_PER_EURO = {
    "EUR": 1.0, "USD": 1.1, "CAD": 1.5, "MXN": 20.0, "BRL": 6.0, "GBP": 0.85, "SEK": 11.0,
    "ZAR": 20.0, "PLN": 4.3, "EGP": 50.0, "TRY": 45.0, "SAR": 4.0, "AED": 4.0, "INR": 95.0,
    "SGD": 1.5, "AUD": 1.7, "JPY": 1.6,
}  # fmt: skip
"""Minor units of a currency for one euro cent: rough, and constant."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something on sale."""

    sku: str
    asin: str
    title: str
    cents: int
    kind: str = "plain"

    def price(self, currency: str) -> int:
        """Unit price in the currency's minor units, ending on 9 where prices do."""
        rough = int(self.cents * _PER_EURO[currency])
        return rough // 10 * 10 + 9


PRODUCTS: tuple[Product, ...] = (
    Product("LINEN-TOWEL-001", "B0SIM00001", "Linen towel, 70×140 cm, natural", 2490),
    Product("LINEN-TOWEL-002", "B0SIM00002", "Lininis rankšluostis „Pajūris“, žalias", 2690),
    Product("WOOD-TOY-TRAIN", "B0SIM00003", "Holzeisenbahn für Kinder – 24 Teile", 3950, "gift"),
    Product("AMBER-PENDANT", "B0SIM00004", "Amber pendant on a silver chain", 5900, "gift"),
    Product("HONEY-500G", "B0SIM00005", "Miel de tilleul 500 g", 890, "food"),
    Product("CANDLE-SOY-SET3", "B0SIM00006", "大豆キャンドル 3個セット", 1990, "gift"),
    Product("BOOK-FAIRY-TALES", "B0SIM00007", "Lithuanian fairy tales (hardback)", 1590, "book"),
    Product("CABLE-USB-C-2M", "B0SIM00008", 'Cable "USB-C", 2 m; black & white', 799),
    Product("DESK-OAK-140", "B0SIM00009", "Oak desk 140 cm, oiled", 38900, "bulky"),
    Product("SOCKS-WOOL-39/42", "B0SIM00010", "Wool socks, size 39/42", 1190),
    Product("MUG-ENGRAVED", "B0SIM00011", "Mug, engraved with your name", 1750, "custom"),
    Product("PHONE-REFURB-64", "B0SIM00012", "Phone 64 GB, refurbished", 14900, "serial"),
    Product("TEA-HERBS-20", "B0SIM00013", "شاي أعشاب ٢٠ كيس", 490, "food"),
    Product("SAUNA-HAT", "B0SIM00014", "Saunamütze aus Filz 🧖", 1650),
    Product("KNIFE-CHEF-20", "B0SIM00015", "Chef's knife 20 cm", 4490, "age"),
    Product("STICKER-SHEET", "B0SIM00016", "Sticker sheet", 99),
    Product("LAMP-PINE", "B0SIM00017", "Lampa sosnowa, ręcznie robiona", 7400, "serial"),
    Product("ŽAISLAS-ĖŽYS", "B0SIM00018", "Minkštas žaislas „Ežys“", 1290, "gift"),
)


def convert(cents: int, currency: str) -> int:
    """Return euro cents in another currency's minor units."""
    return max(1, int(cents * _PER_EURO[currency]))
