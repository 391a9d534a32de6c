"""Access tokens: asked for once, shared, kept encrypted, and told apart when they fail."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.amazon.auth import AccessToken, AccountTokens, LwaClient
from fvsamazon.amazon.secret import Seal, Secret
from fvsamazon.amazon.wire import TokenAnswer
from fvsamazon.errors import (
    RemoteError,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from support.clocks import FakeClock

GOOD = {"access_token": "Atza|1", "token_type": "bearer", "expires_in": 3600}


@dataclass
class Store:
    """Keeps one sealed token, and counts."""

    sealed: bytes | None = None
    until: datetime | None = None
    dropped: int = 0
    broken: bool = False

    async def load(self) -> bytes | None:
        self._check()
        return self.sealed

    async def save(self, sealed: bytes, valid_until: datetime) -> None:
        self._check()
        self.sealed, self.until = sealed, valid_until

    async def drop(self) -> None:
        self._check()
        self.dropped += 1
        self.sealed = None

    def _check(self) -> None:
        if self.broken:
            raise StoreUnavailable("the disk is full")


@dataclass
class Lwa:
    """Login with Amazon: says what it is told to, in turn; the last answer for ever."""

    answers: list[Any] = field(default_factory=lambda: [GOOD])
    forms: list[dict[str, str]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    gate: anyio.Event | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    store: Store = field(default_factory=Store)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.forms.append({k: v[0] for k, v in parse_qs(request.content.decode()).items()})
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content)
        return httpx.Response(200, json=answer)

    def lwa(self, **more: Any) -> LwaClient:
        return LwaClient(
            httpx.AsyncClient(transport=httpx.MockTransport(self.handle)),
            "https://lwa.test/auth/o2/token",
            client_id="amzn1.application-oa2-client.x",
            clock=self.clock,
            user_agent="fvsamazon/1 (x)",
            **({"client_secret": "first-secret&="} | more),
        )

    def tokens(
        self, refresh: str = "Atzr|refresh-token", account: str = "main", **more: Any
    ) -> AccountTokens:
        return AccountTokens(
            self.lwa(**more),
            refresh,
            region="Europe",
            account=account,
            store=self.store,
            clock=self.clock,
        )


def refusal(status: int, code: str | None = None, text: str = "") -> httpx.Response:
    if code is None:
        return httpx.Response(status, content=text.encode())
    return httpx.Response(status, json={"error": code, "error_description": text})


async def test_a_token_is_asked_for_as_amazon_documents_it() -> None:
    lwa = Lwa()
    token = await lwa.tokens().get()
    assert token.value.reveal() == "Atza|1"
    assert token.valid_until == lwa.clock.now() + timedelta(hours=1)
    assert lwa.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "Atzr|refresh-token",
            "client_id": "amzn1.application-oa2-client.x",
            "client_secret": "first-secret&=",
        }
    ]
    (request,) = lwa.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert request.headers["user-agent"] == "fvsamazon/1 (x)"
    assert "secret" not in str(request.url)


async def test_one_request_serves_all_who_wait() -> None:
    lwa = Lwa(gate=anyio.Event())
    tokens = lwa.tokens()
    got: list[AccessToken] = []

    async def want() -> None:
        got.append(await tokens.get())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(want)
        await anyio.wait_all_tasks_blocked()
        assert lwa.gate is not None
        lwa.gate.set()
    assert len(got) == 20
    assert len(set(got)) == 1
    assert len(lwa.requests) == 1


async def test_a_failure_reaches_all_who_wait_and_costs_one_request() -> None:
    lwa = Lwa([refusal(503)], gate=anyio.Event())
    tokens = lwa.tokens()
    failed: list[RemoteError] = []

    async def want() -> None:
        try:
            await tokens.get()
        except Unavailable as error:
            failed.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(want)
        await anyio.wait_all_tasks_blocked()
        assert lwa.gate is not None
        lwa.gate.set()
    assert (len(failed), len(lwa.requests)) == (5, 1)
    lwa.answers = [GOOD]
    assert (await tokens.get()).value.reveal() == "Atza|1"


@pytest.mark.parametrize("cancelled", [0, 2])
async def test_one_who_gives_up_breaks_nobody_else(cancelled: int) -> None:
    lwa = Lwa(gate=anyio.Event())
    tokens = lwa.tokens()
    got: list[int] = []
    scopes = [anyio.CancelScope() for _ in range(4)]

    async def want(number: int) -> None:
        with scopes[number]:
            await tokens.get()
            got.append(number)

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(want, number)
            await anyio.wait_all_tasks_blocked()
        scopes[cancelled].cancel()
        await anyio.wait_all_tasks_blocked()
        assert lwa.gate is not None
        lwa.gate.set()
    assert sorted(got) == sorted({0, 1, 2, 3} - {cancelled})
    assert len(lwa.requests) == (2 if cancelled == 0 else 1)


async def test_a_token_is_used_until_shortly_before_its_end() -> None:
    lwa = Lwa([GOOD, GOOD | {"access_token": "Atza|2"}])
    tokens = lwa.tokens()
    first = await tokens.get()
    lwa.clock.advance(3600 - 20)
    assert await tokens.get() == first
    lwa.clock.advance(10)
    assert (await tokens.get()).value.reveal() == "Atza|2"


@pytest.mark.parametrize(("life", "lead"), [(3600, 300), (400, 100), (8, 2)])
async def test_a_token_is_due_ahead_of_its_end(life: int, lead: float) -> None:
    lwa = Lwa([GOOD | {"expires_in": life}])
    tokens = lwa.tokens()
    assert tokens.next_refresh_at() == lwa.clock.now()
    assert tokens.valid_until is None
    await tokens.get()
    due = lwa.clock.now() + timedelta(seconds=life - lead)
    assert tokens.next_refresh_at() == due
    lwa.clock.advance(life)
    assert tokens.next_refresh_at() == lwa.clock.now()


async def test_a_refresh_ahead_replaces_a_token_that_is_still_good() -> None:
    lwa = Lwa([GOOD, GOOD | {"access_token": "Atza|2"}])
    tokens = lwa.tokens()
    await tokens.get()
    assert (await tokens.refresh()).value.reveal() == "Atza|2"
    assert (await tokens.get()).value.reveal() == "Atza|2"
    assert len(lwa.requests) == 2


async def test_a_wall_clock_set_back_does_not_lengthen_a_token() -> None:
    lwa = Lwa()
    tokens = lwa.tokens()
    await tokens.get()
    lwa.clock.jump(-86_400)
    lwa.clock.advance(3600)
    await tokens.get()
    assert len(lwa.requests) == 2


async def test_a_failed_refresh_leaves_the_token_in_use() -> None:
    lwa = Lwa([GOOD, refusal(500)])
    tokens = lwa.tokens()
    first = await tokens.get()
    lwa.clock.advance(3400)
    with pytest.raises(Unavailable):
        await tokens.refresh()
    assert await tokens.get() == first


async def test_a_token_survives_a_restart_encrypted() -> None:
    lwa = Lwa()
    first = await lwa.tokens().get()
    assert lwa.store.until == first.valid_until
    assert lwa.store.sealed is not None
    assert b"Atza" not in lwa.store.sealed
    lwa.clock.reboot(60)
    again = lwa.tokens()
    await again.load()
    assert again.valid_until == first.valid_until
    assert await again.get() == first
    assert len(lwa.requests) == 1
    assert await lwa.tokens().get() == first
    assert len(lwa.requests) == 1
    lwa.clock.advance(3600 - 60)
    await again.get()
    assert len(lwa.requests) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"refresh": "Atzr|another"},
        {"account": "japan"},
        {"client_secret": "another"},
    ],
)
async def test_a_stored_token_of_other_secrets_or_accounts_is_absent(other: dict[str, Any]) -> None:
    lwa = Lwa()
    await lwa.tokens().get()
    assert (await lwa.tokens(**other).get()).value.reveal() == "Atza|1"
    assert len(lwa.requests) == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "form", "garbage"])
async def test_a_damaged_stored_token_is_absent(damage: str) -> None:
    lwa = Lwa()
    await lwa.tokens().get()
    assert lwa.store.sealed is not None
    sealed = bytearray(lwa.store.sealed)
    sealed[-1] ^= 1
    seal = Seal((Secret("first-secret&="), Secret("Atzr|refresh-token")), ("Europe", "main"))
    lwa.store.sealed = {
        "flip": bytes(sealed),
        "cut": lwa.store.sealed[:5],
        "empty": b"",
        "form": b"\x02" + lwa.store.sealed[1:],
        "garbage": seal.close(b"?"),
    }[damage]
    await lwa.tokens().get()
    assert len(lwa.requests) == 2


async def test_a_stored_token_past_its_end_is_not_used() -> None:
    lwa = Lwa()
    await lwa.tokens().get()
    lwa.clock.reboot(4000)
    await lwa.tokens().get()
    assert len(lwa.requests) == 2


async def test_a_store_that_does_not_answer_costs_no_token() -> None:
    lwa = Lwa(store=Store(broken=True))
    tokens = lwa.tokens()
    first = await tokens.get()
    tokens.invalidate(first)
    await tokens.get()
    assert len(lwa.requests) == 2
    lwa.store.broken = False
    await tokens.get()
    await tokens.refresh()
    assert lwa.store.sealed is not None


async def test_a_refused_token_is_forgotten_and_only_that_one() -> None:
    lwa = Lwa([GOOD, GOOD | {"access_token": "Atza|2"}])
    tokens = lwa.tokens()
    first = await tokens.get()
    tokens.invalidate(first)
    assert tokens.valid_until is None
    second = await tokens.get()
    tokens.invalidate(first)
    assert await tokens.get() == second
    assert lwa.store.dropped == 1


async def test_a_refused_token_does_not_come_back_from_the_store() -> None:
    lwa = Lwa([GOOD, refusal(400, "invalid_grant")])
    tokens = lwa.tokens()
    tokens.invalidate(await tokens.get())
    with pytest.raises(Unauthorized):
        await tokens.get()
    assert lwa.store.sealed is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (403, "access_denied"),
        (400, "invalid_request"),
        (400, "unsupported_grant_type"),
        (400, "invalid_scope"),
    ],
)
async def test_what_only_a_person_can_cure_is_permanent(status: int, code: str) -> None:
    lwa = Lwa([refusal(status, code, "Atzr|refresh-token first-secret&= \x1b[2J no")])
    with pytest.raises(Unauthorized) as caught:
        await lwa.tokens().get()
    error = caught.value
    assert error.permanent
    assert (error.service, error.status, error.code) == ("lwa", status, code)
    assert error.hint
    assert str(error).isprintable()
    for secret in ("refresh-token", "first-secret"):
        assert secret not in str(error) + repr(error) + repr(error.log_fields())


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, "server_error"),
        refusal(503, "temporarily_unavailable"),
        refusal(500, "invalid_client"),
        refusal(429),
        refusal(400, "something_new"),
        refusal(400, None, "<html>bad request</html>"),
        refusal(403, None, "<html>blocked by the firewall</html>"),
        refusal(302),
        refusal(204),
        refusal(200, None, "<html>welcome</html>"),
        refusal(200, None, ""),
        refusal(200, None, "[]"),
        refusal(200, None, '{"access_token": "Atza|1", "expires_in": 36'),
        refusal(200, None, "\xff"),
        refusal(200, "invalid_grant"),
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        GOOD | {"access_token": ""},
        GOOD | {"access_token": None},
        GOOD | {"access_token": 7},
        GOOD | {"access_token": "Atza|\r\nx-evil: 1"},
        GOOD | {"access_token": "Atza|ž"},
        GOOD | {"access_token": "a b"},
        GOOD | {"access_token": "x" * 2049},
        GOOD | {"expires_in": 0},
        GOOD | {"expires_in": -5},
        GOOD | {"expires_in": "soon"},
        GOOD | {"expires_in": None},
        GOOD | {"expires_in": True},
        GOOD | {"expires_in": "nan"},
        GOOD | {"expires_in": {}},
    ],
)
async def test_everything_else_may_pass_by_itself(answer: Any) -> None:
    lwa = Lwa([answer, GOOD])
    tokens = lwa.tokens()
    with pytest.raises(Unavailable) as caught:
        await tokens.get()
    assert caught.value.service == "lwa"
    assert len(lwa.requests) == 1
    await tokens.get()


@pytest.mark.parametrize(("told", "life"), [("3600", 3600), (1e12, 86_400), (1, 1), (59.5, 59.5)])
async def test_a_life_within_reason_is_believed(told: Any, life: float) -> None:
    lwa = Lwa([GOOD | {"expires_in": told}])
    token = await lwa.tokens().get()
    assert token.valid_until == lwa.clock.now() + timedelta(seconds=life)


async def test_the_second_secret_serves_a_rotation_and_is_remembered() -> None:
    lwa = Lwa([refusal(401, "invalid_client"), GOOD, GOOD])
    tokens = lwa.tokens(client_secret_next="second")
    assert not tokens.using_next_secret
    await tokens.get()
    await tokens.refresh()
    assert [form["client_secret"] for form in lwa.forms] == ["first-secret&=", "second", "second"]
    assert tokens.using_next_secret
    lwa.answers = [refusal(401, "invalid_client"), GOOD]
    await tokens.refresh()
    assert lwa.forms[-1]["client_secret"] == "first-secret&="
    assert not tokens.using_next_secret


async def test_two_wrong_secrets_are_permanent_after_one_try_of_each() -> None:
    lwa = Lwa([refusal(401, "invalid_client")])
    with pytest.raises(Unauthorized) as caught:
        await lwa.tokens(client_secret_next="second").get()
    assert caught.value.permanent
    assert len(lwa.requests) == 2


async def test_a_revoked_token_does_not_try_the_second_secret() -> None:
    lwa = Lwa([refusal(400, "invalid_grant")])
    with pytest.raises(Unauthorized):
        await lwa.tokens(client_secret_next="second").get()
    assert len(lwa.requests) == 1


async def test_a_server_that_never_answers_stalls_its_own_account_alone() -> None:
    stuck, fine = Lwa(gate=anyio.Event()), Lwa()
    waiting = stuck.tokens(seconds=0.3)
    done: list[str] = []

    async def want() -> None:
        with pytest.raises(Unavailable, match="in time"):
            await waiting.get()
        done.append("stuck")

    with anyio.fail_after(3):
        async with anyio.create_task_group() as group:
            group.start_soon(want)
            await anyio.wait_all_tasks_blocked()
            await fine.tokens().get()
            done.append("fine")
    assert done == ["fine", "stuck"]


async def test_no_secret_shows_in_any_text() -> None:
    lwa = Lwa()
    tokens = lwa.tokens(client_secret_next="second-secret")
    token = await tokens.get()
    answer = TokenAnswer(access_token="Atza|1")
    shown = " ".join(
        f"{thing!r} {thing}"
        for thing in (token, token.value, tokens, lwa.lwa(), vars(tokens), answer)
    )
    for secret in ("Atza", "Atzr", "first-secret", "second-secret"):
        assert secret not in shown
    assert json.dumps(str(token.value)) == '"Secret(\\u2026)"'


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_the_parts_of_a_seal_cannot_be_shifted() -> None:
    sealed = Seal((Secret("ab"), Secret("c")), ("Europe", "main")).close(b"text")
    assert Seal((Secret("ab"), Secret("c")), ("Europe", "main")).open(sealed) == b"text"
    for secrets, owner in (
        (("a", "bc"), ("Europe", "main")),
        (("abc", ""), ("Europe", "main")),
        (("ab", "c"), ("Europem", "ain")),
    ):
        assert Seal([Secret(s) for s in secrets], owner).open(sealed) is None
    assert sealed != Seal((Secret("ab"), Secret("c")), ("Europe", "main")).close(b"text")


@settings(max_examples=200, deadline=None)
@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=100)
    | st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=9) | st.integers() | st.none() | st.floats(allow_nan=False)
            for name in ("access_token", "expires_in", "error", "error_description")
        },
    ).map(lambda said: json.dumps(said).encode()),
)
def test_whatever_login_with_amazon_says_there_is_a_token_or_an_error(
    status: int, body: bytes
) -> None:
    async def ask() -> None:
        lwa = Lwa([httpx.Response(status, content=body)])
        try:
            token = await lwa.tokens().get()
        except RemoteError as error:
            fault = error
        else:
            assert token.value.reveal().isascii()
            return
        assert str(fault).isprintable()
        assert "first-secret" not in str(fault)

    anyio.run(ask)
