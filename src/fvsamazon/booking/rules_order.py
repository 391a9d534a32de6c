"""Which tables of a list are never asked, because one above them fits whatever they fit.

In: the rules as read. Out: warnings. Such a table is no fault: the file says what happens. But its
writer meant something by it, and would learn of it from a document that went the wrong way. What
cannot be told from the two matches alone (a country below `EU`, a pattern below a wider one) is not
told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.booking.faults import FaultList
    from fvsamazon.booking.matching import Condition, Match
    from fvsamazon.booking.rule_types import (
        ClientRule,
        OverrideRule,
        Rules,
        SkipRule,
        VatRule,
        WarehouseRule,
    )

    Table = OverrideRule | SkipRule | ClientRule | WarehouseRule | VatRule


def check_order(file: str, rules: Rules, warnings: FaultList) -> None:
    """Warn of tables that are never asked, and of lists that a sale needs and are not there."""
    lists: dict[str, Sequence[Table]] = {
        "[[document.override]]": rules.overrides,
        "[[skip]]": rules.skips,
        "[[client]]": rules.clients,
        "[[warehouse]]": rules.warehouses,
        "[[vat]]": rules.vat,
    }
    for name, tables in lists.items():
        for place, table in enumerate(tables):
            above = next((one for one in tables[:place] if covers(one.match, table.match)), None)
            if above is not None:
                code = "never_reached" if above.match.conditions else "never_asked"
                warnings.add(file, table.line, code, table=name, above=above.line)
    for name in ("[[client]]", "[[warehouse]]", "[[vat]]"):
        if not lists[name]:
            warnings.add(file, 1, "no_tables", table=name)


def covers(wide: Match, narrow: Match) -> bool:
    """Tell whether one match fits whatever another one fits, as far as their words tell."""
    return all(
        any(_implied(asked, given) for given in narrow.conditions) for asked in wide.conditions
    )


def _implied(asked: Condition, given: Condition) -> bool:
    """Tell whether a fact that fits `given` fits `asked` too."""
    if asked.fact != given.fact or asked.negated is not given.negated:
        return False
    if asked.low is not None or asked.high is not None:
        return _within(asked, given)
    wide, narrow = set(asked.values), set(given.values)
    if not narrow:
        return False
    return wide <= narrow if asked.negated else narrow <= wide


def _within(asked: Condition, given: Condition) -> bool:
    low = asked.low is None or (given.low is not None and given.low >= asked.low)
    high = asked.high is None or (given.high is not None and given.high <= asked.high)
    return low and high
