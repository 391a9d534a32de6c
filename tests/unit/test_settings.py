"""What the settings mean: values, bounds, sources, what must agree, and what a reload tells."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from fvsamazon.errors import ConfigError
from fvsamazon.settings import (
    Loaded,
    RegionSettings,
    Settings,
    changed,
    decode_key,
    find_env_file,
    load,
    newly_hidden,
    secret_values,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
P = "FVSAMAZON_"
EUROPE = {
    f"{P}EUROPE__CLIENT_ID": "amzn1.application-oa2-client.e",
    f"{P}EUROPE__CLIENT_SECRET": "eu-secret",
    f"{P}EUROPE__REFRESH_TOKEN": "eu-token",
}
FINVALDA = {
    f"{P}FINVALDA__URL": "https://fin.example:8088/FvsServicePure.svc",
    f"{P}FINVALDA__USERNAME": "robot",
    f"{P}FINVALDA__PASSWORD": "fin-pass",
}
KEY = base64.b64encode(bytes(range(32))).decode()
PERSONAL = {f"{P}PERSONAL_DATA__ENABLED": "true", f"{P}PERSONAL_DATA__KEY": KEY}


def env(**settings: str) -> Settings:
    """Load settings from the environment alone, named without the prefix."""
    return load(None, {P + name: value for name, value in settings.items()}, now=NOW).settings


def faults(environ: dict[str, str], env_file: Path | None = None) -> Sequence[str]:
    with pytest.raises(ConfigError) as caught:
        load(env_file, environ, now=NOW)
    return caught.value.faults


def one_fault(environ: dict[str, str]) -> str:
    found = faults(environ)
    assert len(found) == 1, found
    return found[0]


def env_file(folder: Path, text: str, mode: int = 0o640) -> Path:
    path = folder / "settings.env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


# values


def test_nothing_given_is_a_sound_configuration_that_polls_nothing() -> None:
    loaded = load(None, {}, now=NOW)
    settings = loaded.settings
    assert settings.regions_on() == {}
    assert settings.database == Path("fvsamazon.db")
    assert settings.booking_rules == Path("booking.toml")
    assert (settings.log_level, settings.log_format, settings.log_file) == ("info", "auto", None)
    assert settings.poll_interval is None
    assert settings.lwa_url == "https://api.amazon.com/auth/o2/token"
    assert settings.language == "en"
    assert settings.finvalda.parameter == "FVSAMAZON"
    assert settings.finvalda.timeout == 60
    assert not settings.finvalda.plain_http
    assert settings.personal_data.retention_days == 30
    assert loaded == Loaded(settings, None, (), (), (), {})


def test_the_database_lies_in_the_state_folder_under_systemd() -> None:
    settings = load(None, {"STATE_DIRECTORY": "/var/lib/fvsamazon:/srv/x"}, now=NOW).settings
    assert settings.database == Path("/var/lib/fvsamazon/fvsamazon.db")
    chosen = load(None, {"STATE_DIRECTORY": "/var/lib/x", f"{P}DATABASE": "/data/a.db"}, now=NOW)
    assert chosen.settings.database == Path("/data/a.db")


def test_the_rules_lie_beside_the_env_file_unless_named(tmp_path: Path) -> None:
    path = env_file(tmp_path, "")
    assert load(path, {}, now=NOW).settings.booking_rules == tmp_path / "booking.toml"
    named = load(path, {f"{P}BOOKING_RULES": "/etc/rules.toml"}, now=NOW)
    assert named.settings.booking_rules == Path("/etc/rules.toml")


def test_a_region_is_on_when_its_client_id_is_set() -> None:
    settings = load(None, EUROPE, now=NOW).settings
    assert list(settings.regions_on()) == ["Europe"]
    assert settings.regions_on()["Europe"] is settings.europe
    assert not settings.region("FarEast").on
    assert settings.europe.refresh_token == SecretStr("eu-token")


@pytest.mark.parametrize(
    ("extra", "address"),
    [
        ({}, "https://sellingpartnerapi-eu.amazon.com"),
        ({"EUROPE__SANDBOX": "true"}, "https://sandbox.sellingpartnerapi-eu.amazon.com"),
        ({"EUROPE__ENDPOINT": "http://127.0.0.1:8080/eu/"}, "http://127.0.0.1:8080/eu"),
        (
            {"EUROPE__ENDPOINT": "http://localhost:8080", "EUROPE__SANDBOX": "true"},
            "http://localhost:8080",
        ),
    ],
)
def test_endpoint_is_amazons_own_the_sandbox_or_the_override(
    extra: dict[str, str], address: str
) -> None:
    assert env(**extra).endpoint("Europe") == address


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("DE,FR", ("A13V1IB3VIYZZH", "A1PA6795UKMFR9")),
        ("A1PA6795UKMFR9, fr", ("A13V1IB3VIYZZH", "A1PA6795UKMFR9")),
        ("UK,GB,", ("A1F83G8C2ARO7P",)),
    ],
)
def test_marketplaces_are_kept_as_sorted_ids(text: str, ids: tuple[str, ...]) -> None:
    settings = env(EUROPE__MARKETPLACES=text)
    assert settings.europe.marketplaces == ids


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00+02:00", datetime(2026, 1, 31, 6, tzinfo=UTC)),
    ],
)
def test_start_from_is_an_aware_moment_in_utc(text: str, moment: datetime) -> None:
    start = env(EUROPE__START_FROM=text).europe.start_from
    assert start == moment
    assert start is not None
    assert start.tzinfo is UTC


def test_poll_interval_of_a_region_falls_back_to_the_general_one() -> None:
    settings = env(POLL_INTERVAL="300", EUROPE__POLL_INTERVAL="AUTO", FAREAST__POLL_INTERVAL="1.5")
    assert settings.poll_interval == 300
    assert settings.northamerica.poll_interval == 300
    assert settings.europe.poll_interval is None
    assert settings.fareast.poll_interval == 1.5


def test_finvaldas_language_falls_back_to_the_general_one() -> None:
    assert env(LANGUAGE="lt").finvalda.language == "lt"
    assert env(LANGUAGE="lt", FINVALDA__LANGUAGE="EN").finvalda.language == "en"


def test_accounts_are_known_by_their_name_in_lower_case() -> None:
    settings = env(
        FAREAST__ACCOUNTS__JAPAN__REFRESH_TOKEN="jp",
        FAREAST__ACCOUNTS__JAPAN__MARKETPLACES="JP",
        FAREAST__ACCOUNTS__A__B_2__REFRESH_TOKEN="ab",
        FAREAST__ACCOUNTS__A__B_2__START_FROM="2026-01-01",
    )
    assert set(settings.fareast.accounts) == {"japan", "a__b_2"}
    assert settings.fareast.accounts["japan"].marketplaces == ("A1VC38T7YXB528",)
    assert settings.fareast.accounts["a__b_2"].start_from == datetime(2026, 1, 1, tzinfo=UTC)


def test_dates_of_issue_are_days() -> None:
    settings = env(
        EUROPE__CLIENT_SECRET_ISSUED="2026-06-01", EUROPE__REFRESH_TOKEN_ISSUED="2026-11-24"
    )
    assert settings.europe.client_secret_issued == date(2026, 6, 1)
    assert settings.europe.refresh_token_issued == date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [KEY, KEY.rstrip("="), base64.urlsafe_b64encode(b"\xff" * 32).decode(), bytes(32).hex()],
)
def test_a_key_is_32_bytes_in_base64_or_hex(text: str) -> None:
    key = env(PERSONAL_DATA__KEY=text).personal_data.key_bytes
    assert key is not None
    assert len(key) == 32
    assert key == decode_key(text + "\n")


@pytest.mark.parametrize("text", ["short", KEY[:-4], bytes(31).hex(), "é" * 44, "*" * 44])
def test_anything_else_is_no_key(text: str) -> None:
    assert decode_key(text) is None
    assert "base64 or hex" in one_fault({f"{P}PERSONAL_DATA__KEY": text})


def test_settings_cannot_be_changed_at_any_depth() -> None:
    settings = env(EUROPE__ACCOUNTS__UK__REFRESH_TOKEN="x")
    with pytest.raises(ValidationError):
        settings.log_level = "debug"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.europe.sandbox = True  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.europe.accounts["uk"].marketplaces = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.europe.accounts["fr"] = settings.europe.accounts["uk"]  # type: ignore[index]


def test_settings_made_by_hand_read_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("FVSAMAZON_LOG_LEVEL", "debug")
    settings = Settings(europe=RegionSettings(client_id="x"))
    assert settings.log_level == "info"
    assert list(settings.regions_on()) == ["Europe"]


def test_groups_made_by_hand_take_values_as_they_are() -> None:
    group = RegionSettings(
        client_secret_issued=date(2026, 1, 31),
        start_from=datetime(2026, 1, 31, tzinfo=UTC),
        marketplaces=("A1PA6795UKMFR9",),
    )
    assert group.client_secret_issued == date(2026, 1, 31)
    assert group.start_from == datetime(2026, 1, 31, tzinfo=UTC)
    assert group.marketplaces == ("A1PA6795UKMFR9",)


# refusals of single values


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("LOG_LEVEL", "loud", "write 'debug', 'info', 'warning' or 'error'"),
        ("LOG_FORMAT", "xml", "write 'auto', 'json' or 'console'"),
        ("LANGUAGE", "de", "write 'en' or 'lt'"),
        ("POLL_INTERVAL", "0.5", "write a number of at least 1"),
        ("POLL_INTERVAL", "nan", "write a number"),
        ("POLL_INTERVAL", "often", "write a number"),
        ("EUROPE__SANDBOX", "maybe", "write true or false"),
        ("EUROPE__START_FROM", "yesterday", "ISO 8601 date or time"),
        ("EUROPE__START_FROM", "0001-01-01T00:00:00+14:00", "ISO 8601 date or time"),
        ("EUROPE__START_FROM", "2026-11-24", "lies in the future"),
        ("EUROPE__CLIENT_SECRET_ISSUED", "1700000000", "ISO 8601 date"),
        ("EUROPE__CLIENT_SECRET_ISSUED", "2026-12-01", "lies in the future"),
        ("EUROPE__MARKETPLACES", "DE,GE", "GE is no marketplace; the codes are US, CA, MX"),
        ("EUROPE__MARKETPLACES", "A1PA6795UKMFR", "did you mean A1PA6795UKMFR9?"),
        ("EUROPE__MARKETPLACES", ",", "write country codes"),
        ("EUROPE__MARKETPLACES", "DE,US,JP", "US to NORTHAMERICA and JP to FAREAST"),
        ("PERSONAL_DATA__RETENTION_DAYS", "0", "at least 1"),
        ("PERSONAL_DATA__RETENTION_DAYS", "4000", "at most 3650"),
        ("PERSONAL_DATA__RETENTION_DAYS", "soon", "write a whole number"),
        ("FINVALDA__TIMEOUT", "0", "at least 1"),
        ("FINVALDA__TIMEOUT", "inf", "write a number"),
        ("FINVALDA__LANGUAGE", "2", "write 'en' or 'lt'"),
        ("PROXY", "proxy.example:3128", "write a full http:// or https:// address"),
        ("PROXY", "socks5://proxy.example", "write a full http:// or https:// address"),
        ("PROXY", "http://proxy.example/path", "without a path"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_a_remedy(
    name: str, value: str, remedy: str
) -> None:
    fault = one_fault({P + name: value})
    assert fault.startswith(P + name)
    assert remedy in fault


@pytest.mark.parametrize("name", ["LWA_URL", "EUROPE__ENDPOINT"])
@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://amazon.example/x", "loopback"),
        ("http://10.0.0.1/x", "loopback"),
        ("http://127.0.0.1.example/x", "loopback"),
        ("http://localhost.example/x", "loopback"),
        ("http://127.1/x", "loopback"),
        ("http://127.0.0.1\\@amazon.example/x", "backslash"),
        ("http://127.0.0.1@amazon.example/x", "loopback"),
        ("https://user:pass@amazon.example/x", "take user and password out"),
        ("https://amazon.example/x?a=1", "without query"),
        ("https://amazon.example/x#a", "without query"),
        ("https://amazon.example:port/", "full"),
        ("https://[::1/", "full"),
        ("https:///x", "full"),
        ("ftp://127.0.0.1/x", "full"),
        ("amazon.example", "full"),
    ],
)
def test_an_address_for_secrets_is_https_and_plain(name: str, url: str, remedy: str) -> None:
    assert remedy in one_fault({P + name: url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://127.9.9.9/x", "http://[::1]:8/x", "http://LOCALHOST/x"]
)
def test_plain_http_is_accepted_for_loopback(url: str) -> None:
    assert env(LWA_URL=url, EUROPE__ENDPOINT=url).lwa_url == url


# what must agree


def test_a_region_that_is_on_needs_its_secret_and_an_account() -> None:
    found = faults({f"{P}EUROPE__CLIENT_ID": "x"})
    assert [fault.partition(":")[0] for fault in found] == [
        f"{P}EUROPE__CLIENT_SECRET",
        f"{P}EUROPE__REFRESH_TOKEN",
    ]
    settings = env(
        FAREAST__CLIENT_ID="x", FAREAST__CLIENT_SECRET="y", FAREAST__ACCOUNTS__JP__REFRESH_TOKEN="z"
    )
    assert list(settings.regions_on()) == ["FarEast"]


def test_credentials_of_a_region_that_is_off_are_worth_a_warning() -> None:
    loaded = load(None, {f"{P}EUROPE__REFRESH_TOKEN": "x"}, now=NOW)
    assert len(loaded.warnings) == 1
    assert loaded.warnings[0].say().startswith(f"{P}EUROPE__CLIENT_ID: not set")


def test_an_account_needs_its_refresh_token() -> None:
    fault = one_fault({f"{P}EUROPE__ACCOUNTS__UK__MARKETPLACES": "UK"})
    assert fault.startswith(f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN: it is missing")


def test_main_is_the_regions_own_account() -> None:
    fault = one_fault({f"{P}EUROPE__ACCOUNTS__MAIN__REFRESH_TOKEN": "x"})
    assert "the account name main belongs to" in fault


def test_one_refresh_token_serves_one_account_across_all_regions() -> None:
    fault = one_fault(
        {
            f"{P}EUROPE__REFRESH_TOKEN": "same-token",
            f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN": "same-token",
            f"{P}FAREAST__ACCOUNTS__JP__REFRESH_TOKEN": "same-token",
        }
    )
    for account in ("EUROPE", "EUROPE__ACCOUNTS__UK", "FAREAST__ACCOUNTS__JP"):
        assert f"{P}{account}__REFRESH_TOKEN" in fault
    assert "same-token" not in fault


def test_marketplaces_and_start_of_an_account_are_checked_as_the_regions_are() -> None:
    found = faults(
        {
            f"{P}FAREAST__ACCOUNTS__JP__REFRESH_TOKEN": "x",
            f"{P}FAREAST__ACCOUNTS__JP__MARKETPLACES": "DE",
            f"{P}FAREAST__ACCOUNTS__JP__START_FROM": "2027-01-01",
        }
    )
    assert len(found) == 2
    assert "DE to EUROPE" in found[0]
    assert "lies in the future" in found[1]


def test_long_retention_needs_the_acknowledgement() -> None:
    days = {f"{P}PERSONAL_DATA__RETENTION_DAYS": "31"}
    assert "RETENTION_ACKNOWLEDGED=true" in one_fault(days)
    settings = load(None, days | {f"{P}PERSONAL_DATA__RETENTION_ACKNOWLEDGED": "true"}).settings
    assert settings.personal_data.retention_days == 31


def test_personal_data_needs_a_key_or_a_key_file(tmp_path: Path) -> None:
    fault = one_fault({f"{P}PERSONAL_DATA__ENABLED": "true"})
    assert fault.startswith(f"{P}PERSONAL_DATA__KEY_FILE")
    missing = str(tmp_path / "key")  # `key create` makes it from these very settings
    settings = env(PERSONAL_DATA__ENABLED="true", PERSONAL_DATA__KEY_FILE=missing)
    assert settings.personal_data.enabled


def test_key_and_key_file_must_not_differ(tmp_path: Path) -> None:
    path = tmp_path / "key"
    both = PERSONAL | {f"{P}PERSONAL_DATA__KEY_FILE": str(path)}
    path.write_text(bytes(32).hex(), encoding="ascii")
    fault = one_fault(both)
    assert fault.startswith(f"{P}PERSONAL_DATA__KEY and {P}PERSONAL_DATA__KEY_FILE: ")
    assert KEY not in fault
    for same in (bytes(range(32)).hex() + "\n", "no key at all", "\xff"):
        path.write_text(same, encoding="latin-1")
        assert load(None, both, now=NOW).settings.personal_data.enabled
    path.unlink()
    assert load(None, both, now=NOW).settings.personal_data.enabled


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_finvalda_needs_user_and_password(missing: str) -> None:
    given = {name: value for name, value in FINVALDA.items() if not name.endswith(missing)}
    assert one_fault(given).startswith(f"{P}FINVALDA__{missing}: it is missing")


def test_a_finvalda_user_without_an_address_is_worth_a_warning() -> None:
    loaded = load(None, {f"{P}FINVALDA__USERNAME": "robot"}, now=NOW)
    assert "nothing is delivered" in loaded.warnings[0].say()


@pytest.mark.parametrize(
    "url",
    [
        "https://fin.example",
        "https://fin.example/FvsServicePure.svc/InsertNewItem",
        "https://fin.example/FvsServiceR.svc",
        "https://fin.example/FvsService.asmx",
        "https://FvsServicePure.svc",
    ],
)
def test_finvaldas_address_ends_in_the_service_path(url: str) -> None:
    fault = one_fault(FINVALDA | {f"{P}FINVALDA__URL": url})
    assert "must end in the service path /FvsServicePure.svc" in fault


def test_finvaldas_address_may_end_in_a_slash_and_have_a_folder() -> None:
    url = {f"{P}FINVALDA__URL": "https://fin.example:87/a/FvsServiceP.svc/"}
    settings = load(None, FINVALDA | url, now=NOW).settings
    assert settings.finvalda.url == "https://fin.example:87/a/FvsServiceP.svc"
    assert not settings.finvalda.plain_http


def finvalda_at(host: str, **more: str) -> dict[str, str]:
    url = {f"{P}FINVALDA__URL": f"http://{host}/FvsServicePure.svc"}
    return FINVALDA | url | {P + name: value for name, value in more.items()}


@pytest.mark.parametrize(
    "host",
    [
        "10.1.2.3:8088",
        "172.31.0.1",
        "192.168.1.10:87",
        "169.254.1.1",
        "[fd00::1]:8088",
        "[fe80::1]",
        "finserver:8088",
        "fin.company.local",
    ],
)
def test_plain_http_to_a_private_address_needs_allow_http(host: str) -> None:
    assert f"{P}FINVALDA__ALLOW_HTTP=true" in one_fault(finvalda_at(host))
    allowed = load(None, finvalda_at(host, FINVALDA__ALLOW_HTTP="true"), now=NOW).settings
    assert allowed.finvalda.plain_http


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "172.32.0.1",
        "192.0.2.1",
        "fin.example.com",
        "10.0.0.1.example.com",
        "134744072",
        "0x08080808",
        "[2001:db8::1]",
        "[::ffff:8.8.8.8]",
    ],
)
@pytest.mark.parametrize("allow", ["true", "false"])
def test_plain_http_to_any_other_address_is_refused_always(host: str, allow: str) -> None:
    assert "write https://" in one_fault(finvalda_at(host, FINVALDA__ALLOW_HTTP=allow))


@pytest.mark.parametrize("host", ["10.1.2.3", "finserver"])
def test_plain_http_is_refused_together_with_personal_data(host: str) -> None:
    fault = one_fault(finvalda_at(host, FINVALDA__ALLOW_HTTP="true") | PERSONAL)
    assert fault.startswith(f"{P}FINVALDA__ALLOW_HTTP: refused together with")


def test_allow_http_is_refused_together_with_personal_data_even_beside_https() -> None:
    fault = one_fault(FINVALDA | PERSONAL | {f"{P}FINVALDA__ALLOW_HTTP": "true"})
    assert "take this out" in fault


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:9", "[::1]:9"])
@pytest.mark.parametrize("allow", ["true", "false"])
def test_loopback_may_have_plain_http_and_personal_data(host: str, allow: str) -> None:
    environ = finvalda_at(host, FINVALDA__ALLOW_HTTP=allow) | PERSONAL
    assert not load(None, environ, now=NOW).settings.finvalda.plain_http


def test_the_certificate_file_must_exist_and_hold_a_certificate(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    environ = FINVALDA | {f"{P}FINVALDA__CA_FILE": str(path)}
    assert "does not exist" in one_fault(environ)
    path.write_text("not a certificate", encoding="ascii")
    assert "holds no certificate" in one_fault(environ)
    path.write_text(ssl.DER_cert_to_PEM_cert(_certificate()), encoding="ascii")
    assert load(None, environ, now=NOW).settings.finvalda.ca_file == path


def _certificate() -> bytes:
    from cryptography import x509  # noqa: PLC0415 - slow to import, for this one test
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW.replace(year=2027))
        .sign(key, None)
        .public_bytes(serialization.Encoding.DER)
    )


# every fault at once


def test_every_fault_is_told_at_once_with_its_name_and_place(tmp_path: Path) -> None:
    path = env_file(
        tmp_path,
        "\n".join(
            [
                f"{P}LOG_LEVEL=loud",
                f"{P}LOG_LEVEL=info",
                "OTHER=2",
                f"{P}EUROPE__CLIENT_ID=x",
                f"{P}EUROPE__REFRESH_TOKEN=t",
                f"{P}FAREAST__SANDBOX=perhaps",
            ]
        ),
        mode=0o644,
    )
    found = faults({f"{P}POLL_INTERVAL": "0", f"{P}PERSONAL_DATA__ENABLED": "1"}, path)
    beginnings = [
        f"{P}LOG_LEVEL ({path} line 2): given twice",
        f"OTHER ({path} line 3): only names that begin with",
        f"{path}: it holds secrets",
        f"{P}LOG_LEVEL ({path} line 1): write",
        f"{P}POLL_INTERVAL (the environment): write a number",
        f"{P}FAREAST__SANDBOX ({path} line 6): write true or false",
        f"{P}EUROPE__CLIENT_SECRET: it is missing",
        f"{P}PERSONAL_DATA__KEY_FILE: personal data is kept encrypted only",
    ]
    for beginning in beginnings:
        assert [fault for fault in found if fault.startswith(beginning)], (beginning, found)
    assert len(found) == len(beginnings)


def test_a_refused_value_draws_no_second_fault_after_it() -> None:
    found = faults(
        EUROPE
        | {
            f"{P}EUROPE__CLIENT_SECRET": "broken\nin two",
            f"{P}PERSONAL_DATA__ENABLED": "true",
            f"{P}PERSONAL_DATA__KEY_FILE": "a\0b",
        }
    )
    assert len(found) == 2
    assert all("control character" in fault for fault in found)


# the env file


def test_the_env_file_of_the_folder_goes_before_the_systems(tmp_path: Path) -> None:
    local, system = tmp_path / "local.env", tmp_path / "system.env"
    assert find_env_file(local, system) is None
    assert find_env_file(local / "under a file that is none", system) is None
    system.touch()
    assert find_env_file(local, system) == system
    local.touch()
    assert find_env_file(local, system) == local
    assert find_env_file(local / "under a file", system) == system


def test_an_env_file_that_cannot_be_seen_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert find_env_file(tmp_path / "a", tmp_path / "b") == tmp_path / "a"


def test_a_file_named_but_missing_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults({}, tmp_path / "none.env")
    assert "cannot be read (No such file or directory)" in fault
    (fault,) = faults({}, tmp_path)
    assert "cannot be read (Is a directory)" in fault


@pytest.mark.parametrize(("mode", "refused"), [(0o600, False), (0o640, False), (0o660, False)])
@pytest.mark.parametrize("others", [0, 1, 2, 4, 7])
def test_a_file_with_secrets_is_closed_to_others(
    tmp_path: Path, mode: int, refused: bool, others: int
) -> None:
    path = env_file(tmp_path, f"{P}EUROPE__REFRESH_TOKEN=tok-3n", mode | others)
    if others or refused:
        (fault,) = faults({}, path)
        assert f"chmod o= {path}" in fault
        assert "tok-3n" not in fault
    else:
        assert load(path, {}, now=NOW).settings.europe.refresh_token


def test_a_file_without_secrets_may_be_open(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"{P}LANGUAGE=lt\n{P}EUROPE__REFRESH_TOKEN=\n", 0o644)
    assert load(path, {}, now=NOW).settings.language == "lt"


# reload


def test_changed_names_what_differs_and_nothing_else() -> None:
    old = env(LOG_LEVEL="info", EUROPE__ACCOUNTS__UK__REFRESH_TOKEN="a", FINVALDA__TIMEOUT="5")
    assert changed(old, old) == frozenset()
    new = env(LOG_LEVEL="debug", EUROPE__ACCOUNTS__UK__REFRESH_TOKEN="b", FINVALDA__TIMEOUT="5.0")
    assert changed(old, new) == {"log_level", "europe.accounts.uk.refresh_token"}
    gone = env(LOG_LEVEL="info", FINVALDA__TIMEOUT="5", DATABASE="other.db")
    assert "database" in changed(old, gone)
    assert "europe.accounts.uk.refresh_token" in changed(old, gone)
    assert "europe.accounts.uk.refresh_token" in changed(gone, old)


def test_a_new_general_interval_changes_the_regions_that_take_it() -> None:
    old = env(EUROPE__POLL_INTERVAL="60")
    new = env(EUROPE__POLL_INTERVAL="60", POLL_INTERVAL="100")
    assert changed(old, new) == {
        "poll_interval",
        "northamerica.poll_interval",
        "fareast.poll_interval",
    }


def test_an_edit_that_the_environment_hides_is_told(tmp_path: Path) -> None:
    environ = {f"{P}LOG_LEVEL": "debug", f"{P}LANGUAGE": "lt"}
    text = f"{P}LOG_LEVEL={{level}}\n{P}LANGUAGE=lt\n{P}LOG_FORMAT=json\n"
    first = load(env_file(tmp_path, text.format(level="info")), environ, now=NOW)
    assert first.settings.log_level == "debug"
    assert first.hidden == (f"{P}LOG_LEVEL",)
    same = load(first.file, environ, now=NOW)
    assert newly_hidden(first, same) == ()
    edited = load(env_file(tmp_path, text.format(level="error")), environ, now=NOW)
    assert edited.settings.log_level == "debug"
    assert newly_hidden(first, edited) == (f"{P}LOG_LEVEL",)
    agreed = load(env_file(tmp_path, text.format(level="debug")), environ, now=NOW)
    assert newly_hidden(edited, agreed) == ()


def test_the_file_is_read_again_at_each_load(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"{P}EUROPE__ENDPOINT=https://a.example\n")
    first = load(path, {}, now=NOW).settings
    env_file(tmp_path, f"{P}EUROPE__ENDPOINT=https://b.example\n")
    second = load(path, {}, now=NOW).settings
    assert changed(first, second) == {"europe.endpoint"}


def test_a_repr_shows_no_secret() -> None:
    settings = load(
        None, EUROPE | {f"{P}PROXY": "http://u:proxy-pass@proxy.example:3128"}, now=NOW
    ).settings
    for secret in secret_values(settings):
        assert secret not in repr(settings)


def test_secret_values_hold_every_secret_and_the_passwords_of_proxies() -> None:
    settings = load(
        None, EUROPE | {f"{P}PROXY": "http://u:p%40ss@proxy.example:3128"}, now=NOW
    ).settings
    assert set(secret_values(settings)) == {
        "eu-secret",
        "eu-token",
        "http://u:p%40ss@proxy.example:3128",
        "p%40ss",
        "p@ss",
    }


def test_load_takes_the_time_from_the_clock_where_none_is_given() -> None:
    with pytest.raises(ConfigError, match="lies in the future"):
        load(None, {f"{P}EUROPE__START_FROM": "2999-01-01"})
