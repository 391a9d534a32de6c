"""Finvalda behind a certificate of the company's own: trusted when named, refused otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fvsamazon.errors import InDoubt, Unavailable
from fvsamazon.finvalda import errors
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.fields import Payload
from fvsamazon.finvalda.http import new_http_client
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.finvalda.transport import Credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BODY = b'{"AccessResult":"Success","error":"","items":[{"kodas":"FBA","pavadinimas":"x"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY


def certificate(folder: Path, host: str) -> Path:
    """Write a key and a certificate that vouches for itself, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "FvsWebService")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def listening(pem: Path) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/FvsServicePure.svc"


async def test_the_companys_own_authority_is_trusted_when_named(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    async with listening(pem) as url, new_http_client(url, timeout=5, ca_file=pem) as http:
        client = FinvaldaClient(http, url, Credentials("A", "secret-word"), timeout=5)
        assert [warehouse.code for warehouse in await client.warehouses()] == ["FBA"]


async def test_no_log_record_has_anything_of_a_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not one of the libraries' most talkative ones, which the log leaves out anyway."""
    for name in ("", "httpx", "httpcore"):
        # A log that another test configured may have told the libraries to be silent.
        caplog.set_level(logging.DEBUG, logger=name or None)
    pem = certificate(tmp_path, "127.0.0.1")
    async with listening(pem) as url, new_http_client(url, timeout=5, ca_file=pem) as http:
        client = FinvaldaClient(http, url, Credentials("A", "secret-word"), timeout=5)
        await client.warehouses()
    talkers = {record.name.partition(".")[0] for record in caplog.records}
    assert "httpcore" in talkers, "nobody watched"
    assert "secret-word" not in caplog.text


@pytest.mark.parametrize("named", ["nobody", "another authority", "another address"])
async def test_any_other_certificate_is_refused_before_the_password_is_sent(
    tmp_path: Path, named: str
) -> None:
    (tmp_path / "other").mkdir()
    host = "127.0.0.2" if named == "another address" else "127.0.0.1"
    pem = certificate(tmp_path, host)
    trusted = {
        "nobody": None,
        "another authority": certificate(tmp_path / "other", host),
        "another address": pem,
    }[named]
    sale = Payload("PardDok", '{"PardDok":{}}')
    async with listening(pem) as url, new_http_client(url, timeout=5, ca_file=trusted) as http:
        client = FinvaldaClient(http, url, Credentials("A", "secret-word"), timeout=5)
        with pytest.raises(Unavailable) as caught:
            await client.insert_operation(OperationClass.SALE, "P", sale)
    assert not isinstance(caught.value, InDoubt)
    assert isinstance(caught.value, errors.Unreachable)
    assert caught.value.text == errors.UNTRUSTED
    assert "secret-word" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("trusts", ["default", "named", "plain"])
async def test_old_tls_is_never_spoken(tmp_path: Path, trusts: str) -> None:
    ca_file = certificate(tmp_path, "127.0.0.1") if trusts == "named" else None
    scheme = "http" if trusts == "plain" else "https"
    async with new_http_client(f"{scheme}://127.0.0.1/x", timeout=5, ca_file=ca_file) as http:
        transport = http._transport
        context = transport._pool._ssl_context  # type: ignore[attr-defined]
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname is True
        assert bool(context.get_ca_certs()) is (trusts != "plain")
