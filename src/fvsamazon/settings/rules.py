"""What several settings must agree on, and what must be true of the files they name.

In: settings of which every single value is sound. Out: faults, and warnings for what works but is
hardly meant. The one place for such checks, so that all faults can be told at once.
"""

from __future__ import annotations

import ssl
from collections import defaultdict
from typing import TYPE_CHECKING

from fvsamazon.keyfile import decode_key
from fvsamazon.regions import MARKETPLACES, REGIONS
from fvsamazon.settings.fields import address
from fvsamazon.settings.groups import DAYS_WITHOUT_ACKNOWLEDGEMENT
from fvsamazon.settings.sources import Faults, Setting, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    from fvsamazon.regions import RegionName
    from fvsamazon.settings.groups import (
        AccountSettings,
        FinvaldaSettings,
        PersonalDataSettings,
        RegionSettings,
        Settings,
    )

FINVALDA_NEEDS = "it is missing; every call to Finvalda needs it"

_KEY_FILE_LIMIT = 4096


def check(settings: Settings, now: datetime, faults: Faults, *, secrets: bool = True) -> list[str]:
    """Add to `faults` what contradicts itself; return the warnings.

    Without `secrets` nothing is said of those that are missing.
    """
    for name, region in _regions(settings):
        _check_region(name, region, now, faults)
    _check_refresh_tokens(settings, faults)
    _check_personal_data(settings.personal_data, faults)
    _check_finvalda(settings.finvalda, faults)
    if secrets:
        _check_presence(settings, faults)
    _check_plain_http(settings, faults)
    return list(_idle(settings))


def _regions(settings: Settings) -> Iterator[tuple[RegionName, RegionSettings]]:
    for name in REGIONS:
        yield name, settings.region(name)


def _accounts(
    group: str, region: RegionSettings
) -> Iterator[tuple[Setting, RegionSettings | AccountSettings]]:
    yield (group,), region
    for account, settings in region.accounts.items():
        yield (group, "accounts", account), settings


def _check_region(name: RegionName, region: RegionSettings, now: datetime, faults: Faults) -> None:
    group = REGIONS[name].setting.lower()
    for place, account in _accounts(group, region):
        _check_marketplaces(name, (*place, "marketplaces"), account.marketplaces, faults)
        if account.start_from and account.start_from > now:
            _add(faults, "it lies in the future; write an earlier day", (*place, "start_from"))
    _check_day((group, "client_secret_issued"), region.client_secret_issued, now, faults)
    _check_day((group, "refresh_token_issued"), region.refresh_token_issued, now, faults)


def _check_presence(settings: Settings, faults: Faults) -> None:
    """Say which secrets are missing."""
    for name, region in settings.regions_on().items():
        _check_credentials(REGIONS[name].setting.lower(), region, faults)
    personal, finvalda = settings.personal_data, settings.finvalda
    if personal.enabled and personal.key is None and personal.key_file is None:
        _add(
            faults,
            "personal data is kept encrypted only, and no key is given; name a file here, then "
            "run `fvsamazon key create`",
            ("personal_data", "key_file"),
        )
    if finvalda.url is not None and finvalda.password is None:
        _add(faults, FINVALDA_NEEDS, ("finvalda", "password"))


def _check_credentials(group: str, region: RegionSettings, faults: Faults) -> None:
    why = "is missing, and the region is on because its CLIENT_ID is set"
    if region.client_secret is None:
        _add(faults, f"it {why}; set it, or take CLIENT_ID away", (group, "client_secret"))
    if region.refresh_token is None and not region.accounts:
        account = name_of((group, "accounts", "name", "refresh_token"))
        _add(faults, f"it {why}; set it, or an account ({account})", (group, "refresh_token"))


def _check_marketplaces(
    region: RegionName, setting: Setting, chosen: tuple[str, ...], faults: Faults
) -> None:
    wrong = [m for m in MARKETPLACES if m.id in chosen and m.region != region]
    if wrong:
        where = ", ".join(f"{m.code} to {REGIONS[m.region].setting}" for m in wrong)
        _add(faults, f"these belong to other regions: {where}; move them there", setting)


def _check_day(setting: Setting, day: date | None, now: datetime, faults: Faults) -> None:
    # a day is written in the administrator's time zone, which may be ahead of UTC
    if day and (day - now.date()).days > 1:
        _add(faults, "it lies in the future; write the day on which it was made", setting)


def _check_refresh_tokens(settings: Settings, faults: Faults) -> None:
    # two accounts on one token would draw on one quota and record every order twice
    owners: defaultdict[str, list[Setting]] = defaultdict(list)
    for name, region in _regions(settings):
        for place, account in _accounts(REGIONS[name].setting.lower(), region):
            if account.refresh_token:
                token = account.refresh_token.get_secret_value()
                owners[token].append((*place, "refresh_token"))
    for same in owners.values():
        if len(same) > 1:
            _add(faults, "the same refresh token stands in each; every account has its own", *same)


def _check_personal_data(group: PersonalDataSettings, faults: Faults) -> None:
    if group.retention_days > DAYS_WITHOUT_ACKNOWLEDGEMENT and not group.retention_acknowledged:
        _add(
            faults,
            "more than 30 days are allowed only where a law demands it; write 30 or less, or "
            f"{name_of(('personal_data', 'retention_acknowledged'))}=true",
            ("personal_data", "retention_days"),
        )
    if group.key_bytes and group.key_file:
        in_file = _key_in(group.key_file)
        if in_file and in_file != group.key_bytes:
            _add(
                faults,
                "they hold different keys; keep the one that encrypted the database",
                ("personal_data", "key"),
                ("personal_data", "key_file"),
            )


def _key_in(path: Path) -> bytes | None:
    # a file that is missing or unreadable is told by whoever needs the key: orders must flow on
    try:
        with path.open("rb") as stream:
            return decode_key(stream.read(_KEY_FILE_LIMIT).decode("ascii"))
    except (OSError, ValueError):
        return None


def _check_finvalda(group: FinvaldaSettings, faults: Faults) -> None:
    if group.url is None:
        return
    if group.username is None:
        _add(faults, FINVALDA_NEEDS, ("finvalda", "username"))
    if group.ca_file:
        problem = _certificate_problem(group.ca_file)
        if problem:
            _add(faults, f"{group.ca_file} {problem}", ("finvalda", "ca_file"))


def _certificate_problem(path: Path) -> str | None:
    if not path.is_file():
        return "does not exist; name a file with the authority's certificate"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return "holds no certificate; save the authority's certificate as PEM"
    except OSError as error:
        return f"cannot be read ({error.strerror}); give the service's user the right to"
    return None


def _check_plain_http(settings: Settings, faults: Faults) -> None:
    group = settings.finvalda
    if group.url is None:
        return
    target, allow = address(group.url), name_of(("finvalda", "allow_http"))
    if target.loopback:
        return
    if group.plain_http and not target.private:
        sentence = "write https://; plain http is for loopback and, with ALLOW_HTTP, private ones"
        _add(faults, sentence, ("finvalda", "url"))
    elif group.plain_http and not group.allow_http:
        sentence = f"write https://, or set {allow}=true if nobody else listens on that network"
        _add(faults, sentence, ("finvalda", "url"))
    if group.allow_http and settings.personal_data.enabled:
        enabled = name_of(("personal_data", "enabled"))
        sentence = f"refused together with {enabled}=true; use https:// and take this out"
        _add(faults, sentence, ("finvalda", "allow_http"))


def _idle(settings: Settings) -> Iterator[str]:
    for name, region in _regions(settings):
        if not region.on and (region.client_secret or region.refresh_token or region.accounts):
            client_id = name_of((REGIONS[name].setting.lower(), "client_id"))
            yield f"{client_id}: not set, so the region is off although credentials are given"
    finvalda = settings.finvalda
    if finvalda.url is None and (finvalda.username or finvalda.password):
        yield f"{name_of(('finvalda', 'url'))}: not set, so nothing is delivered although a user is"


def _add(faults: Faults, sentence: str, *settings: Setting) -> None:
    faults.add(f"{' and '.join(map(name_of, settings))}: {sentence}", *settings)
