"""From the outbox to Finvalda: each order's document, once, or visibly held.

    orders ── intents ─▶ outbox ── worker ─▶ evaluating ─▶ lookup ─▶ cards ─▶ sending ─▶ Finvalda
                                     ▲                        │ found: adopting
                                     └── doubts, rechecking ◀─┘ no answer: in doubt

Strangers need `build` (the worker and what feeds it), `intents` (the sink of recorded orders) and
`evaluating` (what becomes of an order now, for a preview).
"""
