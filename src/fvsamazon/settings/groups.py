"""What can be set: frozen groups, every field with its unit, its bounds and its reason.

`settings.env.example` is made of the docstrings here, so they speak to the administrator. What
two settings must agree on stands in `settings/rules.py`; how they are read, in
`settings/sources.py`.
A field that holds a secret is a SecretStr, without exception: its type decides what is ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations at run time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from fvsamazon.keyfile import decode_key
from fvsamazon.regions import LWA_URL, REGIONS, RegionName
from fvsamazon.settings.fields import (
    AmazonUrl,
    Day,
    EncryptionKey,
    FinvaldaUrl,
    Instant,
    Lower,
    Marketplaces,
    PollInterval,
    ProxyUrl,
    address,
)

DAYS_WITHOUT_ACKNOWLEDGEMENT = 30
"""Days that Amazon's Data Protection Policy lets personal data be kept after delivery."""


class Group(BaseModel):
    """Settings that belong together; never changed after they are read."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class AccountSettings(Group):
    """A further selling account of a region, under the region's own application.

    Japan, Australia and Singapore, for instance, are separate accounts, each with a refresh token
    of its own. Put a name of letters, digits and _ in the place of NAME; it is shown in lower
    case, and `main` is taken by the region's own refresh token.
    """

    refresh_token: SecretStr
    """Refresh token of this account, as Seller Central shows it once. Secret. No account may be
    given twice."""

    marketplaces: Marketplaces = ()
    """As the region's MARKETPLACES, for this account."""

    start_from: Instant | None = None
    """As the region's START_FROM, for this account."""


class RegionSettings(Group):
    """One of Amazon's three regions; it is on as soon as its CLIENT_ID is set.

    A region that is on needs a client secret, and a refresh token or at least one account.
    """

    client_id: str | None = None
    """Client id of your application, amzn1.application-oa2-client.… in the Developer Console.
    Setting it turns the region on."""

    client_secret: SecretStr | None = None
    """Client secret of that application. Secret. Amazon lets it expire after 180 days."""

    client_secret_next: SecretStr | None = None
    """The new client secret while a rotation is under way: the program tries it as soon as the
    first is refused. Secret. Move it to CLIENT_SECRET afterwards."""

    refresh_token: SecretStr | None = None
    """Refresh token of the region's own selling account (`main`), shown once when you authorise
    the application. Secret."""

    client_secret_issued: Day | None = None
    """Day on which the client secret was made, as in 2026-01-31; the warning ahead of its end
    counts from here. Default: the day on which the program first saw it."""

    refresh_token_issued: Day | None = None
    """Day on which the refresh token was made, as in 2026-01-31; the warning ahead of its renewal
    counts from here. Default: the day on which the program first saw it."""

    marketplaces: Marketplaces = ()
    """Country codes or marketplace ids with commas between them, as in DE,FR,UK. Default:
    everything that the account sells, orders of other channels included; a list excludes those."""

    start_from: Instant | None = None
    """How far back the first run reaches: an ISO 8601 date or time of the orders' creation, as in
    2026-01-01 or 2026-01-01T08:00:00+02:00 (UTC where no offset is given). Default: 30 days. What
    lies beyond Amazon's own limit is cut off with a warning."""

    poll_interval: PollInterval = Field(default=None, examples=[""])
    """Seconds between two polls of an account of this region, at least 1, or auto. Default: what
    FVSAMAZON_POLL_INTERVAL says."""

    endpoint: AmazonUrl | None = None
    """Address to use in place of Amazon's own, for tests. http:// is accepted for loopback
    addresses only, because an access token travels with each request."""

    sandbox: bool = False
    """true asks Amazon's sandbox, which answers with invented orders, instead of the real
    service; false otherwise."""

    accounts: Annotated[Mapping[str, AccountSettings], AfterValidator(MappingProxyType)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    """Further selling accounts of this region."""

    @property
    def on(self) -> bool:
        """Whether the region is polled at all."""
        return self.client_id is not None


class PersonalDataSettings(Group):
    """Names and addresses of buyers: off unless you turn them on, encrypted always.

    Amazon's Data Protection Policy applies to whoever keeps them; docs/data-protection.md tells
    what it asks of you.
    """

    enabled: bool = False
    """true keeps buyer and delivery address, encrypted; false does not even ask Amazon for them."""

    retention_days: Annotated[int, Field(ge=1, le=3650)] = DAYS_WITHOUT_ACKNOWLEDGEMENT
    """Days after delivery or cancellation before which personal data is erased, from 1 to 3650.
    Amazon allows 30 unless a law demands more."""

    retention_acknowledged: bool = False
    """true says that a law obliges you to keep personal data for more than 30 days; nothing else
    allows a longer RETENTION_DAYS."""

    key: EncryptionKey | None = None
    """Encryption key itself: 32 bytes in base64 or hex. Secret. A key file or a systemd credential
    is the better place."""

    key_file: Path | None = None
    """File that holds the encryption key; `fvsamazon key create` makes it, in a folder that the
    service's user owns. Keep it apart from the database and its backups: who has both can read
    everything."""

    @property
    def key_bytes(self) -> bytes | None:
        """Return the 32 bytes of KEY, where it is set."""
        return decode_key(self.key.get_secret_value()) if self.key else None


class FinvaldaSettings(Group):
    """Finvalda's web service; without a URL orders are recorded and nothing is delivered."""

    url: FinvaldaUrl | None = None
    """Address of the service, as in https://finvalda.example:8088/FvsServicePure.svc. http:// is
    accepted for loopback addresses, and with ALLOW_HTTP for private ones."""

    username: str | None = None
    """Finvalda user in whose name documents are made. Give it no more rights than that needs."""

    password: SecretStr | None = None
    """Password of that user. Secret."""

    company_id: str | None = None
    """Which company, where one service serves several. Default: the service's own choice."""

    conn_string: SecretStr | None = None
    """Connection name, for installations that ask for one. Secret."""

    parameter: str = "FVSAMAZON"
    """Import parameter that decides journals, operation types and accounts; it is made in
    Finvalda's own configuration tool. booking.toml may name another."""

    language: Annotated[Literal["en", "lt"], Lower] | None = None
    """Language of Finvalda's messages, en or lt. Default: what FVSAMAZON_LANGUAGE says."""

    ca_file: Path | None = None
    """Certificate (PEM) of the authority that signed the service's certificate, for a private one.
    Default: the authorities that the system trusts."""

    proxy: ProxyUrl | None = None
    """Proxy for Finvalda, as in http://user:password@proxy.example:3128. Secret. Default: none. A
    plain http:// address of this machine itself goes through no proxy that stands elsewhere."""

    timeout: Annotated[float, Field(ge=1, le=600, allow_inf_nan=False)] = 60.0
    """Seconds to wait for an answer, from 1 to 600. After a sale whose answer did not come, the
    program looks it up no sooner than twice this time."""

    allow_http: bool = False
    """true admits http:// to private addresses, unencrypted, password and all, and warns every
    day. Refused together with personal data. Where a name leads out of the private networks after
    all, nothing is sent."""

    @property
    def plain_http(self) -> bool:
        """Whether what is sent crosses a network unencrypted: worth a warning every day."""
        if self.url is None:
            return False
        target = address(self.url)
        return target.scheme == "http" and not target.loopback


class Settings(BaseSettings):
    """Everything that can be set. Only `daemon` and `cli` see it whole."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    # `examples` is what the example file shows where the default depends on the place
    database: Path = Field(default=Path("fvsamazon.db"), examples=[""])
    """SQLite file with everything recorded. Default: fvsamazon.db in the service's state folder
    ($STATE_DIRECTORY), else in the current folder. A change needs a restart."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lower] = "info"
    """Least level that is logged: debug, info, warning or error. debug adds a line for every
    order recorded."""

    log_format: Annotated[Literal["auto", "json", "console"], Lower] = "auto"
    """auto, json or console. auto writes for people on a terminal and into the journal, JSON
    elsewhere."""

    log_file: Path | None = None
    """File for the daemon's log; logrotate may move it away. Default: standard output."""

    poll_interval: PollInterval = None
    """Seconds between two polls of an account, at least 1, or auto: 1.11 divided by the rate that
    Amazon grants, which is 200 at its published 0.0056 a second. A short interval cannot overrun
    Amazon's quota: the program counts that by itself."""

    lwa_url: AmazonUrl = LWA_URL
    """Address of Login with Amazon, which gives out access tokens. http:// is accepted for
    loopback addresses only, because client secrets travel there."""

    proxy: ProxyUrl | None = None
    """Proxy for everything that goes to Amazon, as in http://user:password@proxy.example:3128.
    Secret. Default: none; HTTPS_PROXY and the like are not read. Plain http:// addresses of this
    machine itself go through no proxy that stands elsewhere."""

    language: Annotated[Literal["en", "lt"], Lower] = "en"
    """Language of what commands print, en or lt. The log is English always."""

    booking_rules: Path = Field(default=Path("booking.toml"), examples=[""])
    """The accountant's rules. Default: booking.toml beside this file."""

    northamerica: RegionSettings = Field(default_factory=RegionSettings)
    """North America: United States, Canada, Mexico, Brazil."""

    europe: RegionSettings = Field(default_factory=RegionSettings)
    """Europe: the marketplaces of Europe, the Middle East, Africa and India."""

    fareast: RegionSettings = Field(default_factory=RegionSettings)
    """Far East: Japan, Australia, Singapore."""

    personal_data: PersonalDataSettings = Field(default_factory=PersonalDataSettings)
    """Personal data"""

    finvalda: FinvaldaSettings = Field(default_factory=FinvaldaSettings)
    """Finvalda"""

    def region(self, name: RegionName) -> RegionSettings:
        """Return the settings of one region, on or off."""
        return {
            "NorthAmerica": self.northamerica,
            "Europe": self.europe,
            "FarEast": self.fareast,
        }[name]

    def regions_on(self) -> dict[RegionName, RegionSettings]:
        """Return the regions that are polled, in Amazon's order."""
        return {name: self.region(name) for name in REGIONS if self.region(name).on}

    def endpoint(self, name: RegionName) -> str:
        """Return where a region's requests go: the override, the sandbox or Amazon's own host."""
        region, amazon = self.region(name), REGIONS[name]
        return region.endpoint or (amazon.sandbox if region.sandbox else amazon.endpoint)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the layers that `settings.load` has read, the strongest first.

        The library's own readers stay out: they interpolate secrets, take whole groups as JSON
        and let misspelt names pass.
        """
        if not isinstance(init_settings, InitSettingsSource):  # pragma: no cover
            raise TypeError(type(init_settings))
        layers = init_settings.init_kwargs.pop("layers", ())
        return (init_settings, *(InitSettingsSource(settings_cls, layer) for layer in layers))
