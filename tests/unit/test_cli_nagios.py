"""What monitoring is told: one line, one code, the worst first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fvsamazon import status
from fvsamazon.cli import nagios
from fvsamazon.texts import Text

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELL = status.AccountStatus("Europe", "main", state="ok", lag_seconds=130.0, orders=7, known=True)


def report(*accounts: status.AccountStatus, **deliveries: int) -> status.Report:
    regions = []
    for name in ("NorthAmerica", "Europe", "FarEast"):
        own = tuple(account for account in accounts if account.region == name)
        regions.append(status.RegionStatus(name, own, on=bool(own)))
    base = status.Report(NOW, tuple(regions))
    return replace(base, deliveries={**base.deliveries, **deliveries})


def test_all_well_is_ok_and_says_how_well() -> None:
    verdict = nagios.judge(report(WELL), daemon=True)
    assert verdict.code == nagios.OK
    assert verdict.line == "FVSAMAZON OK - 1 account, 7 orders, lag 2 min 10 s"


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"state": "starting", "lag_seconds": None}, nagios.OK, "1 account,"),
        ({"state": "throttled"}, nagios.OK, "1 account,"),
        ({"state": "throttled", "lag_seconds": 1_801.0}, nagios.WARNING, "30 min 1 s behind"),
        ({"lag_seconds": 1_801.0}, nagios.WARNING, "behind"),
        (
            {"state": "failing", "reason": Text("reset", "")},
            nagios.WARNING,
            "fails, 2 min 10 s behind",
        ),
        ({"state": "failing", "lag_seconds": 5_000.0}, nagios.CRITICAL, "1 h 23 min behind"),
        ({"state": "attention", "reason": Text("revoked", "")}, nagios.CRITICAL, "revoked"),
        ({"quiet_since": NOW}, nagios.WARNING, "no order for much longer"),
        ({"unreadable": 3}, nagios.WARNING, "3 orders could not be read"),
        ({"state": "starting", "known": False}, nagios.WARNING, "reload the daemon"),
    ],
)
def test_an_account_in_trouble(changes: dict[str, object], code: int, word: str) -> None:
    verdict = nagios.judge(report(replace(WELL, **changes)), daemon=True)  # type: ignore[arg-type]
    assert verdict.code == code
    assert word in verdict.line


def test_no_daemon_is_critical_and_stands_before_lesser_trouble() -> None:
    verdict = nagios.judge(report(replace(WELL, unreadable=1)), daemon=False)
    assert verdict.code == nagios.CRITICAL
    assert verdict.text.startswith("the daemon is not running; Europe/main")


@pytest.mark.parametrize("state", ["held", "failed"])
def test_deliveries_that_need_a_person_warn(state: str) -> None:
    verdict = nagios.judge(report(WELL, **{state: 2}), daemon=True)
    assert (verdict.code, verdict.text) == (nagios.WARNING, f"2 deliveries {state}")


REFUSED = Text("access denied", "neleidžia")


@pytest.mark.parametrize(
    ("finvalda", "code", "words"),
    [
        (status.FinvaldaStatus("ok"), nagios.OK, "1 account"),
        (status.FinvaldaStatus("starting"), nagios.OK, "1 account"),
        (
            status.FinvaldaStatus("failing", REFUSED, since=NOW - timedelta(minutes=30)),
            nagios.WARNING,
            "nothing is booked: access denied",
        ),
        (
            status.FinvaldaStatus("failing", since=NOW - timedelta(minutes=31)),
            nagios.CRITICAL,
            "Finvalda fails for 31 min",
        ),
        (
            status.FinvaldaStatus("attention", REFUSED, since=NOW),
            nagios.CRITICAL,
            "Finvalda needs a person: access denied",
        ),
        (
            status.FinvaldaStatus("ok", put_off=2, put_off_reason=REFUSED),
            nagios.WARNING,
            "Finvalda goes on putting off 2 orders: access denied",
        ),
    ],
)
def test_finvalda_s_own_state_counts(
    finvalda: status.FinvaldaStatus, code: int, words: str
) -> None:
    verdict = nagios.judge(replace(report(WELL), finvalda=finvalda), daemon=True)
    assert (verdict.code, words in verdict.text) == (code, True)


def test_no_region_is_worth_a_warning() -> None:
    assert nagios.judge(report(), daemon=True).code == nagios.WARNING


def test_a_region_whose_accounts_are_hidden_and_not_recorded_warns() -> None:
    unseen = status.Report(NOW, (status.RegionStatus("Europe"),))
    verdict = nagios.judge(unseen, daemon=True)
    assert (verdict.code, verdict.text) == (nagios.WARNING, "Europe has not been polled yet")


def test_the_line_is_one_line_and_has_no_bar_but_the_plugin_s_own() -> None:
    reason = "first\nsecond | third\x1b[31m"
    verdict = nagios.judge(
        report(replace(WELL, state="attention", reason=Text(reason, reason))), daemon=True
    )
    assert "\n" not in verdict.line
    assert "|" not in verdict.line
    assert "\x1b" not in verdict.line


def test_figures_are_in_the_form_of_the_plugins_guidelines() -> None:
    assert nagios.figures(report(WELL)) == ("'Europe/main lag'=130s;1800 'Europe/main orders'=7c")


def test_what_is_in_no_report_warns_too() -> None:
    verdict = nagios.judge(report(WELL), daemon=True, warnings=["the key is gone", "and more"])
    assert (verdict.code, verdict.text) == (nagios.WARNING, "the key is gone; and more")
