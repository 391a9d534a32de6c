"""What several settings must agree on, and what must be true of the files they name.

In: settings of which every single value is sound. Out: faults, and warnings for what works but is
hardly meant. The one place for such checks, so that all faults can be told at once.
"""

from __future__ import annotations

import ssl
from collections import defaultdict
from typing import TYPE_CHECKING

from fvsamazon import files
from fvsamazon.errors import safe_text
from fvsamazon.keyfile import decode_key
from fvsamazon.regions import MARKETPLACES, REGIONS
from fvsamazon.settings import texts
from fvsamazon.settings.faults import Faults, Setting, about, all_of, name_of
from fvsamazon.settings.fields import address
from fvsamazon.settings.groups import DAYS_WITHOUT_ACKNOWLEDGEMENT
from fvsamazon.texts import system_trouble

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
    from fvsamazon.texts import Sayable

_KEY_FILE_LIMIT = 4096


def check(
    settings: Settings, now: datetime, faults: Faults, *, secrets: bool = True
) -> list[Sayable]:
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
            _add(faults, texts.START_IN_FUTURE, (*place, "start_from"))
    _check_day((group, "client_secret_issued"), region.client_secret_issued, now, faults)
    _check_day((group, "refresh_token_issued"), region.refresh_token_issued, now, faults)


def _check_presence(settings: Settings, faults: Faults) -> None:
    """Say which secrets are missing."""
    for name, region in settings.regions_on().items():
        _check_credentials(REGIONS[name].setting.lower(), region, faults)
    personal, finvalda = settings.personal_data, settings.finvalda
    keyless = personal.enabled and personal.key is None and personal.key_file is None
    if keyless and not faults.of(("personal_data", "key")):
        _add(faults, texts.NO_KEY, ("personal_data", "key_file"))
    if finvalda.url is not None and finvalda.password is None:
        _add(faults, texts.NEEDED_BY_FINVALDA, ("finvalda", "password"))


def _check_credentials(group: str, region: RegionSettings, faults: Faults) -> None:
    if region.client_secret is None:
        _add(faults, texts.NEEDED_BY_REGION, (group, "client_secret"))
    # An account whose own setting is at fault was meant to be there.
    tokenless = region.refresh_token is None and not region.accounts
    if tokenless and not faults.beneath((group, "accounts")):
        account = name_of((group, "accounts", "name", "refresh_token"))
        needed = texts.NEEDED_BY_REGION_OR_ACCOUNT.filled(account=account)
        _add(faults, needed, (group, "refresh_token"))


def _check_marketplaces(
    region: RegionName, setting: Setting, chosen: tuple[str, ...], faults: Faults
) -> None:
    wrong = [m for m in MARKETPLACES if m.id in chosen and m.region != region]
    if wrong:
        moves = (
            texts.BELONGS_TO.filled(code=m.code, region=REGIONS[m.region].setting) for m in wrong
        )
        _add(faults, texts.OTHER_REGIONS.filled(moves=all_of(*moves)), setting)


def _check_day(setting: Setting, day: date | None, now: datetime, faults: Faults) -> None:
    # a day is written in the administrator's time zone, which may be ahead of UTC
    if day and (day - now.date()).days > 1:
        _add(faults, texts.ISSUED_IN_FUTURE, setting)


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
            _add(faults, texts.SAME_TOKEN, *same)


def _check_personal_data(group: PersonalDataSettings, faults: Faults) -> None:
    if group.retention_days > DAYS_WITHOUT_ACKNOWLEDGEMENT and not group.retention_acknowledged:
        acknowledged = name_of(("personal_data", "retention_acknowledged"))
        told = texts.LONG_RETENTION.filled(acknowledged=acknowledged)
        _add(faults, told, ("personal_data", "retention_days"))
    if group.key_bytes and group.key_file:
        in_file = _key_in(group.key_file)
        if in_file and in_file != group.key_bytes:
            _add(faults, texts.TWO_KEYS, ("personal_data", "key"), ("personal_data", "key_file"))


def _key_in(path: Path) -> bytes | None:
    # a file that is missing or unreadable is told by whoever needs the key: orders must flow on
    try:
        raw, _ = files.read(path, _KEY_FILE_LIMIT)
        return decode_key(raw.decode("ascii"))
    except (OSError, ValueError):
        return None


def _check_finvalda(group: FinvaldaSettings, faults: Faults) -> None:
    if group.url is None:
        return
    if group.username is None:
        _add(faults, texts.NEEDED_BY_FINVALDA, ("finvalda", "username"))
    if group.ca_file:
        problem = _certificate_problem(group.ca_file)
        if problem:
            _add(faults, problem, ("finvalda", "ca_file"))


def _certificate_problem(path: Path) -> Sayable | None:
    shown = safe_text(str(path))
    try:
        if not path.is_file():
            return texts.NO_CA_FILE.filled(path=shown)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return texts.NO_CERTIFICATE.filled(path=shown)
    except OSError as error:
        return texts.CLOSED_CA_FILE.filled(path=shown, trouble=system_trouble(error))
    return None


def _check_plain_http(settings: Settings, faults: Faults) -> None:
    group = settings.finvalda
    if group.url is None:
        return
    target, allow = address(group.url), name_of(("finvalda", "allow_http"))
    if target.loopback:
        return
    if group.plain_http and not target.private:
        _add(faults, texts.HTTPS_OUTSIDE, ("finvalda", "url"))
    elif group.plain_http and not group.allow_http:
        _add(faults, texts.HTTPS_OR_ALLOW.filled(allow=allow), ("finvalda", "url"))
    if group.allow_http and settings.personal_data.enabled:
        enabled = name_of(("personal_data", "enabled"))
        _add(faults, texts.ALLOW_AND_PERSONAL.filled(enabled=enabled), ("finvalda", "allow_http"))


def _idle(settings: Settings) -> Iterator[Sayable]:
    for name, region in _regions(settings):
        if not region.on and (region.client_secret or region.refresh_token or region.accounts):
            client_id = name_of((REGIONS[name].setting.lower(), "client_id"))
            yield about(client_id, texts.REGION_OFF)
    finvalda = settings.finvalda
    if finvalda.url is None and (finvalda.username or finvalda.password):
        yield about(name_of(("finvalda", "url")), texts.DELIVERY_OFF)


def _add(faults: Faults, told: Sayable, *settings: Setting) -> None:
    faults.add(about(all_of(*map(name_of, settings)), told), *settings)
