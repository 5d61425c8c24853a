"""Authorities of one's own: a file beside monitors.yaml, or PEM in it; never a private key."""

import os
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.files import LOCATIONS, assert_refused, faults, tcp, watching
from tocsin.config.certificates import COUNT_LIMIT, FILE_LIMIT, Fetch, beside, certificates
from tocsin.config.fault import MistakeError
from tocsin.config.reader import read
from tocsin.domain.target import TcpTarget, Tls

AUTHORITY = trustme.CA()
PEM = AUTHORITY.cert_pem.bytes().decode()
KEY = AUTHORITY.private_key_pem.bytes().decode()
OTHER = trustme.CA().cert_pem.bytes().decode()


def holding(text: str | bytes) -> Fetch:
    """Have one file, ca.pem."""

    def fetch(name: str) -> bytes:
        assert name == "ca.pem"
        return text.encode() if isinstance(text, str) else text

    return fetch


def watching_redis(ca: str) -> str:
    return f"{{service: redis, host: a.example.com, tls: {{mode: direct, ca: {ca}}}}}"


def authority(fetch: Fetch) -> str | None:
    rules = tcp(watching_redis("ca.pem"), fetch=fetch).tls
    assert rules is not None
    return rules.authority


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PEM, id="as it is"),
        pytest.param(f"Certificate:\n    Data: é\n{PEM}\n# the end\n", id="with words around it"),
        pytest.param(PEM.replace("\n", "\r\n"), id="with the line ends of Windows"),
        pytest.param(PEM + "\n\n" + PEM, id="twice"),
        pytest.param(PEM.replace("\n", " \n "), id="with spaces"),
    ],
)
def test_an_authority_has_one_form_however_it_is_written(text: str) -> None:
    assert authority(holding(text)) == PEM.strip() + "\n"


def test_a_chain_of_authorities_is_kept_in_its_order() -> None:
    both = authority(holding(OTHER + PEM))

    assert both == OTHER.strip() + "\n" + PEM.strip() + "\n"


def test_an_authority_may_stand_in_the_file_itself() -> None:
    lines = "".join(f"          {line}\n" for line in PEM.splitlines())
    file = f"\n    tcp: 'a.example.com:1'\n    tls:\n      ca: |\n{lines}"

    assert tcp(file).tls == Tls(authority=PEM.strip() + "\n")


@pytest.mark.parametrize(
    ("text", "code", "mend"),
    [
        pytest.param("", "bad_ca", "openssl x509", id="nothing"),
        pytest.param("hello", "bad_ca", "openssl x509", id="words"),
        pytest.param(b"\x30\x82\x01\x00\xff\xfe", "bad_ca", "-inform DER", id="a binary file"),
        pytest.param(PEM[:200], "bad_ca", "openssl x509", id="half a certificate"),
        pytest.param(PEM[:100] + PEM[200:], "bad_ca", "Copy it again", id="a hole in it"),
        pytest.param(PEM.replace("M", "*"), "bad_ca", "openssl x509", id="no base64"),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "bad_ca",
            "Copy it again",
            id="what is no certificate",
        ),
        pytest.param(KEY, "private_key", "see who has the key", id="a private key"),
        pytest.param(PEM + KEY, "private_key", "see who has the key", id="a key behind it"),
        pytest.param(KEY.replace(" EC ", " "), "private_key", "see who has the key", id="PKCS 8"),
        pytest.param(
            KEY.replace(" EC ", " ENCRYPTED "), "private_key", "see who", id="an encrypted key"
        ),
        pytest.param("x" * (FILE_LIMIT + 1), "bad_ca", "alone", id="a large file"),
        pytest.param(
            "".join(trustme.CA().cert_pem.bytes().decode() for _ in range(COUNT_LIMIT + 1)),
            "bad_ca",
            f"at most {COUNT_LIMIT}",
            id="every authority there is",
        ),
    ],
)
def test_a_file_that_is_no_authority_is_refused(text: str | bytes, code: str, mend: str) -> None:
    fault = assert_refused(watching_redis("»ca.pem"), code, mend, fetch=holding(text))

    assert "ca.pem" in fault.message


@pytest.mark.parametrize(
    ("ca", "code", "mend"),
    [
        pytest.param("»ca.pem", "bad_ca", "in PEM", id="a path, where there is no file"),
        pytest.param("»[a]", "wrong_type", "the path", id="a list"),
        pytest.param("»'a\\nb'".replace("'", '"'), "bad_ca", "the path", id="lines"),
        pytest.param(f"»{'./' * 251}", "bad_ca", "the path", id="a path that is none"),
        pytest.param('»""', "bad_ca", "the path", id="an empty path"),
    ],
)
def test_what_is_neither_a_path_nor_pem_is_refused(ca: str, code: str, mend: str) -> None:
    assert_refused(watching_redis(ca), code, mend)


def test_an_authority_and_no_authority_are_not_both() -> None:
    monitor = (
        "{service: redis, host: a.example.com, tls: {mode: direct, ca: ca.pem, self_signed: »true}}"
    )

    assert_refused(monitor, "two_roots", "Remove one", fetch=holding(PEM))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(KEY, id="whole"),
        pytest.param(KEY.replace("-----BEGIN EC", "----BEGIN EC"), id="copied badly"),
        pytest.param("\n".join(KEY.splitlines()[1:]), id="without its first line"),
        pytest.param("\n".join(KEY.splitlines()[1:-1]), id="without its first and last"),
    ],
)
@pytest.mark.parametrize("style", ["|", ">"], ids=["line by line", "in one line"])
def test_no_part_of_a_private_key_is_ever_shown(key: str, style: str) -> None:
    lines = "".join(f"          {line}\n" for line in key.splitlines())
    file = f"\n    tcp: 'a.example.com:1'\n    tls:\n      ca: {style}-\n{lines}"

    shown = "".join(map(str, faults(watching(f"  m: {file}"), fetch=beside(Path("/nowhere")))))
    shown += "".join(
        map(str, faults(watching("  m: " + watching_redis("ca.pem")), fetch=holding(key)))
    )

    assert shown
    assert not [line for line in KEY.splitlines()[1:-1] if line[:16] in shown]


def saved(folder: Path, ca: str) -> Path:
    file = folder / "monitors.yaml"
    file.write_text(f"{LOCATIONS}monitors:\n  m: {watching_redis(ca)}\n", encoding="utf-8")
    return file


def test_a_path_begins_in_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.pem").write_text(PEM)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    for ca in ("pki/ca.pem", "./elsewhere/../pki/ca.pem", str(tmp_path / "pki" / "ca.pem")):
        reading = read(saved(tmp_path, ca))
        assert reading.configuration is not None, reading.faults
        target = reading.configuration.monitors[0].target
        assert isinstance(target, TcpTarget)
        assert target.tls == Tls(authority=PEM.strip() + "\n")


@pytest.mark.parametrize(
    ("ca", "said"),
    [
        pytest.param("none.pem", "no such file", id="nothing"),
        pytest.param("folder", "is not a file", id="a folder"),
        pytest.param(os.devnull, "is not a file", id="what might never end"),
        pytest.param("~nobody-by-this-name/ca.pem", "cannot be read", id="nobody's home"),
    ],
)
def test_what_cannot_be_read_is_a_fault(tmp_path: Path, ca: str, said: str) -> None:
    (tmp_path / "folder").mkdir()

    (fault,) = read(saved(tmp_path, ca)).faults

    assert (fault.code, fault.line) == ("bad_ca", 3)
    assert ca in fault.message
    assert said in fault.message


def test_many_monitors_see_the_same_file_even_as_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    fetch = beside(tmp_path)
    file.write_bytes(b"first")

    assert fetch("ca.pem") == b"first"
    file.write_bytes(b"second")
    assert fetch("ca.pem") == b"first"
    assert beside(tmp_path)("ca.pem") == b"second"


@given(st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_certificates_or_a_mistake(text: str) -> None:
    inside = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"

    for written in (text, inside):
        with pytest.raises(MistakeError):
            certificates(written, "it")
