"""What the log's events and keys mean, as a page for operators.

In: the catalogue of `events`. Out: the text of `docs/log-events.md`. A test holds the file equal
to `render()`, so the page never says something that the program does not do.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from fvsamazon import events

if TYPE_CHECKING:
    from fvsamazon.events import EventDoc

KEYS: dict[str, str] = {
    "account": "`main`, or the account's NAME in lower case",
    "accounts": "names of the region's accounts",
    "at": "when it happened, where the line comes later",
    "attempts": "how often it was tried",
    "backup": "path of the copy",
    "book_from": "orders created earlier are never booked by themselves",
    "booked": "orders booked",
    "change": "new, changed (its content differs) or touched (only its time does)",
    "changed": "orders whose content changed; in `settings.reloaded` the settings that differ",
    "clean": "whether every step under way was finished",
    "client": "code of the client in Finvalda, short where it holds the buyer's VAT number",
    "code": "Amazon's or Finvalda's own error code; of a held or failed delivery the name of"
    " its reason",
    "command": "the command that was used",
    "count": "how many",
    "credential": "name of the setting that holds it; never its value",
    "currency": "ISO 4217",
    "database": "path of the SQLite file",
    "days": "days left; below zero: days past",
    "detail": "what happened, in a sentence without personal data",
    "document": "the document's number as people see it in Finvalda",
    "due": "deliveries that wait for their turn",
    "endpoint": "address of Amazon's API",
    "error": "kind of the error",
    "estimate_seconds": "how long it will take",
    "exception": "traceback without values of variables; texts that may repeat data are withheld",
    "expires": "the day on which Amazon stops accepting it",
    "failed": "deliveries that failed; in `sync.completed` accounts that were not caught up",
    "failures": "failures since the last success",
    "faults": "every fault, a sentence each with its remedy",
    "fields": "encrypted fields",
    "file": "path of the file",
    "finvalda": "whether documents are delivered to Finvalda; in `daemon.heartbeat` off, starting,"
    " ok, failing or attention",
    "held": "deliveries that wait for a person",
    "hint": "what usually helps",
    "host": "host name",
    "in_doubt": "deliveries whose answer never came",
    "journal": "Finvalda's journal",
    "key_id": "which encryption key; never the key",
    "kind": "of a poll: live, history or sweep; of a delivery: sale or reservation; of a failure or"
    " a recovery: what failed (live, history, sweep, token, role); in `sweep.completed` updated or"
    " created, by which time it searched",
    "lag_seconds": "now less the newest instant up to which everything is recorded",
    "last_order_at": "when the account's last order was created",
    "last_purge": "when the purge last went through, though it found nothing",
    "last_updated_time": "Amazon's time of the order version",
    "late": "order versions that were missing until now",
    "late_seconds": "how long after its time the version was seen",
    "limit_seconds": "how long the task may be silent",
    "log_lines_lost": "lines that could not be written since the start",
    "logger": "the library that speaks",
    "login": "the user id that logged in, where another one asks (sudo)",
    "look_up_at": "when it is looked up",
    "look_ups": "how often it was looked up",
    "marketplaces": "ids of marketplaces",
    "message": "the library's text, quoted values masked",
    "names": "names of settings; never their values",
    "new": "orders never seen before",
    "number": "the document's number within its journal",
    "ok": "true while nobody is needed and every account works",
    "operation": "what was asked of the service",
    "order": "Amazon's order id",
    "orders": "how many orders; in `delivery.retried`, `delivery.skipped` and `privacy.accessed`"
    " their ids",
    "personal_data": "whether buyers' data is kept, encrypted",
    "product": "code of the product in Finvalda",
    "rate": "requests a second that Amazon grants",
    "reason": "why, in a sentence",
    "region": "NorthAmerica, Europe or FarEast",
    "regions": "regions concerned; in `daemon.heartbeat` each with its state",
    "remedy": "what a person has to do, in a sentence",
    "request_id": "Amazon's id of the request, for a case with Amazon",
    "requests": "requests sent to Amazon",
    "restarted": "tasks that were started again",
    "retry_in": "seconds until the next try",
    "schema": "version of the database's form",
    "schema_before": "version that was found",
    "seconds": "how long it took or lasted, or by how much",
    "served": "from when on Amazon serves orders",
    "service": "amazon, lwa or finvalda",
    "signal": "name of the signal",
    "silent_seconds": "how long the task said nothing",
    "since": "start of the time span",
    "status": "HTTP status of an answer",
    "store": "`ok`, or why the database cannot be written",
    "task": "name of the task",
    "total": "total of the document",
    "until": "end of the time span",
    "user": "who: the operating system's user id",
    "usual_seconds": "longest gap that is usual",
    "valid_until": "until when the access token serves",
    "version": "version of the program",
    "wanted": "start that was wanted",
    "where": "which part of the program",
    "why": "why, in a word or a sentence",
    "window": "the time span that was searched, `from/to`",
}
"""What each key holds, whatever the event."""

_INTRODUCTION = """\
# Log events

One line is one event. With `FVSAMAZON_LOG_FORMAT=json` a line is a JSON object whose first keys are
`timestamp` (UTC, ISO 8601), `level` and `event`; the event's own keys follow. The console format
shows the same as `key=value`. A key without a value is left out or null. Times are UTC in ISO
8601, durations are seconds.

{watch}

No line holds a token, a secret, or a buyer's name, address, e-mail or phone number: known secrets
are replaced by `***`, values that are no plain data are not shown, and an exception's text is
withheld where it may repeat what was read. Control characters are shown as escapes.

The first failure of a row is logged and then the recovery, not every failure between them.

This page is made from `src/fvsamazon/events.py`; a test holds the two equal.
"""

_GROUPS: dict[str, str] = {
    "The process": "daemon program task library log clock sync",
    "Settings and booking rules": "settings rules",
    "Regions, accounts and credentials": "region marketplaces token credential",
    "Reading orders": "poll history sweep quota order",
    "The database": "store",
    "Deliveries to Finvalda": "delivery",
    "Personal data": "privacy",
}


def render() -> str:
    """Return the page."""
    parts = [_INTRODUCTION.replace("{watch}", _watch())]
    for title, prefixes in _GROUPS.items():
        wanted = prefixes.split()
        members = [(n, d) for n, d in events.EVENTS.items() if n.partition(".")[0] in wanted]
        members.sort(key=lambda member: wanted.index(member[0].partition(".")[0]))
        parts.append(f"\n## {title}\n")
        parts.extend(_entry(name, doc) for name, doc in members)
    parts.append("\n## Keys\n\n| key | holds |\n|---|---|\n")
    parts.extend(f"| `{key}` | {text} |\n" for key, text in KEYS.items())
    return "".join(parts)


def _watch() -> str:
    """Return what alerts should match on: no event that calls for a person can be forgotten."""
    names = (n for n, doc in events.EVENTS.items() if doc.level in {"error", "critical"})
    return textwrap.fill(
        "Names are stable, and the text is English whatever FVSAMAZON_LANGUAGE says: alerts may "
        "match on them. What matters most to watch: `daemon.heartbeat` with `ok` false, "
        "`delivery.held`, `credential.expiring`, and every line at level error or critical: "
        + ", ".join(f"`{name}`" for name in names)
        + ".",
        100,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _entry(name: str, doc: EventDoc) -> str:
    keys = ", ".join(f"`{key}`" for key in doc.keys) or "none of its own"
    return f"\n### {name}\n\n{doc.level}. {doc.meaning}\n\nKeys: {keys}.\n\nTo do: {doc.action}\n"
