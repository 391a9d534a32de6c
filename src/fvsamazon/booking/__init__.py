"""The accountant's rules: an order becomes a Finvalda document, or a hold that says why.

    rules (booking.toml, products.csv) ─┐
    orders.Order ── facts, money ───────┼─▶ documents.decide ─▶ Document | Hold | Nothing | Skip
    Finvalda's reference data ──────────┘

Pure but for `rules.load`, which reads the two files: no clock, no network, no database, no
settings. Strangers to this folder need `rules`, `documents`, `outcomes`, `context`, `comparison`,
`preview` and `zones`.
"""
