"""Where redirects lead an HTTP check, what each server on the way is given, and what never is."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.integration.checks.certificates import signed
from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    NOW,
    Behaviour,
    answering,
    assert_failed,
    assert_passed,
    closing,
    look,
    naming,
    page,
    response,
    saying,
    serving,
    strict_tls,
    zone,
)
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import Addresses, HttpTarget, Tls, TlsVersion

ALSO_HERE = "127.0.0.2"
KEYED = (("X-Key", "k"),)


def moved(there: str, status: str = "302 Found") -> bytes:
    return response(status, headers=(f"Location: {there}",))


def site(pages: dict[str, bytes], asked: list[bytes] | None = None) -> Behaviour:
    """Serve pages by their path, and keep what was asked."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: list[bytes] = []

        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            noted.extend(heard)
            path = heard[0].split(b" ")[1].decode()
            await saying(pages.get(path, response("404 Not Found")), closing)(reader, writer)

        await answering(reply, heard)(reader, writer)

    noted = [] if asked is None else asked
    return behave


def headers(request: bytes) -> dict[str, str]:
    lines = request.decode().split("\r\n\r\n")[0].split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def visit(pages: dict[str, bytes], **said: object) -> Outcome:
    async with serving(site(pages)) as port:
        return await look(HttpTarget(url=f"http://{HERE}:{port}/", **said))  # type: ignore[arg-type]


async def test_a_circle_is_named_as_one() -> None:
    pages = {"/": moved("/a"), "/a": moved("/b"), "/b": moved("/a")}

    outcome = await visit(pages, redirects=9)

    assert_failed(outcome, Layer.HTTP, Reason.TOO_MANY_REDIRECTS, "redirects in a circle: http://")
    named = [
        text[-2:] for text in outcome.evidence.removeprefix("redirects in a circle: ").split(" -> ")
    ]
    assert named == ["/a", "/b", "/a"]


async def test_a_redirect_to_itself_is_a_circle() -> None:
    outcome = await visit({"/": moved("")}, redirects=5)

    assert_failed(outcome, Layer.HTTP, Reason.TOO_MANY_REDIRECTS, "redirects in a circle: http://")
    assert outcome.evidence.count(" -> ") == 1


async def test_a_long_circle_is_named_from_its_beginning() -> None:
    pages = {f"/{n}": moved(f"/{(n + 1) % 9}") for n in range(9)} | {"/": moved("/0")}

    outcome = await visit(pages, redirects=20)

    assert_failed(outcome, Layer.HTTP, Reason.TOO_MANY_REDIRECTS, "redirects in a circle: http://")


async def test_circles_without_an_end_stop_at_the_limit() -> None:
    outcome = await visit(
        {"/": moved("/?1")} | {f"/?{n}": moved(f"/?{n + 1}") for n in range(20)}, redirects=10
    )

    assert_failed(outcome, Layer.HTTP, Reason.TOO_MANY_REDIRECTS, "more than 10 redirects", "/?11")


async def test_the_same_place_asked_in_another_way_is_no_circle() -> None:
    async def form(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: list[bytes] = []

        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            post = heard[0].startswith(b"POST")
            data = moved("/", "303 See Other") if post else response()
            await saying(data, closing)(reader, writer)

        await answering(reply, heard)(reader, writer)

    async with serving(form) as port:
        target = HttpTarget(url=f"http://{HERE}:{port}/", method="POST", body="a=b", redirects=1)
        assert_passed(await look(target), "status 200 after 1 redirect")


@pytest.mark.parametrize(
    ("there", "phrase"),
    [
        (r"\\localhost\a", "it holds a backslash"),
        (r"/\localhost/a", "it holds a backslash"),
        (r"http:\\localhost/a", "it holds a backslash"),
        (r"http://a\@localhost/", "it holds a backslash"),
        ("/a\tb", "it holds a space or control character"),
        ("/a\x01b", "it holds a space or control character"),
        ("data:text/html,x", "it is neither http nor https"),
        ("https://", "it has no host"),
    ],
)
async def test_a_redirect_that_clients_read_in_different_ways(there: str, phrase: str) -> None:
    outcome = await visit({"/": moved(there)}, redirects=5)

    assert_failed(outcome, Layer.HTTP, Reason.BAD_REDIRECT, "status 302 redirects to", phrase)


@pytest.mark.parametrize(
    ("there", "path"),
    [
        pytest.param(r"/a?q=\b", "/a?q=%5Cb", id="a backslash in a query"),
        pytest.param("/a%0d%0aX-Evil:%20y", "/a%0d%0aX-Evil:%20y", id="line ends, escaped"),
        pytest.param("/größe", "/gr%C3%B6%C3%9Fe", id="UTF-8"),
        pytest.param("/a#part", "/a", id="a fragment"),
        pytest.param(f"/{'a' * 15_000}", f"/{'a' * 15_000}", id="15 KB"),
    ],
)
async def test_a_redirect_is_asked_for_as_it_is_meant(there: str, path: str) -> None:
    asked: list[bytes] = []
    pages = {"/": moved(there), path: response(body=b"well")}
    async with serving(site(pages, asked)) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/", redirects=1, text="well"))

    assert_passed(outcome, "after 1 redirect")
    assert not any("evil" in name for name in headers(asked[1]))


async def test_a_redirect_in_an_old_charset_is_sent_back_as_it_came() -> None:
    asked: list[bytes] = []
    latin = b"HTTP/1.1 302 Found\r\nLocation: /gr\xf6\xdfe\r\nContent-Length: 0\r\n\r\n"
    async with serving(site({"/": latin, "/gr%F6%DFe": response()}, asked)) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/", redirects=1))

    assert_passed(outcome, "after 1 redirect")


async def test_what_fails_behind_a_redirect_is_told_with_where_it_leads() -> None:
    async with naming(zone("a.test. A 127.0.0.1")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        async with serving(page("302 Found", headers=("Location: http://gone.test/x",))) as port:
            target = HttpTarget(url=f"http://{HERE}:{port}/", redirects=1)
            outcome = await look(target, dialer=dialer)

    phrase = 'redirects to "http://gone.test/x": gone.test does not exist'
    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN, phrase)


async def test_a_user_and_password_are_sent_in_utf_8_at_home_only() -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    async with serving(site({"/x": response()}, there)) as other:
        pages = {"/": moved("/a"), "/a": moved(f"http://{HERE}:{other}/x")}
        async with serving(site(pages, here)) as port:
            target = HttpTarget(
                url=f"http://{HERE}:{port}/", basic=("müller", "pä:ß"), redirects=2, headers=KEYED
            )
            assert_passed(await look(target), "status 200 after 2 redirects")

    credential = "Basic " + b64encode("müller:pä:ß".encode()).decode()
    assert [headers(each)["authorization"] for each in here] == [credential, credential]
    assert headers(there[0]).keys() == {
        "host", "user-agent", "accept", "accept-encoding", "connection"
    }  # fmt: skip


async def test_from_https_to_http_nothing_confidential_goes_along(
    issue: Issue, trusting: Dialer
) -> None:
    there: list[bytes] = []
    async with serving(site({"/x": response()}, there)) as plain:
        down = site({"/": moved(f"http://{HERE}:{plain}/x", "307 Temporary Redirect")})
        async with serving(down, tls=issue()) as port:
            target = HttpTarget(
                url=f"https://{HERE}:{port}/",
                method="POST",
                body="token",
                headers=(("Authorization", "Bearer x"),),
                redirects=1,
            )
            assert_passed(await look(target, dialer=trusting), "status 200 after 1 redirect")

    assert there[0].startswith(b"GET /x HTTP/1.1")
    assert "authorization" not in headers(there[0])
    assert b"token" not in there[0]


async def test_who_is_sent_home_by_a_stranger_confides_in_nobody_any_more() -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    pages: dict[str, bytes] = {"/back": response()}
    strangers: dict[str, bytes] = {}
    async with (
        serving(site(strangers, there)) as other,
        serving(site(pages, here)) as port,
    ):
        pages["/"] = moved(f"http://{HERE}:{other}/x")
        strangers["/x"] = moved(f"http://{HERE}:{port}/back")
        target = HttpTarget(
            url=f"http://{HERE}:{port}/",
            host="app.test",
            basic=("me", "secret"),
            headers=KEYED,
            redirects=2,
        )
        assert_passed(await look(target), "status 200 after 2 redirects")

    first, back = map(headers, here)
    assert (first["host"], first["x-key"], "authorization" in first) == ("app.test", "k", True)
    # It is still that server's name, and no secret.
    assert back["host"] == "app.test"
    assert not {"authorization", "x-key"} & back.keys()
    assert headers(there[0])["host"] == f"{HERE}:{other}"


async def test_a_host_of_ones_own_stays_on_its_origin() -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    async with serving(site({"/x": response()}, there)) as other:
        pages = {"/": moved("/a"), "/a": moved(f"//{HERE}:{other}/x")}
        async with serving(site(pages, here)) as port:
            target = HttpTarget(url=f"http://{HERE}:{port}/", host="app.test:8080", redirects=2)
            assert_passed(await look(target))

    assert [headers(each)["host"] for each in here] == ["app.test:8080", "app.test:8080"]
    assert headers(there[0])["host"] == f"{HERE}:{other}"


@asynccontextmanager
async def two_servers(first: ssl.SSLContext, second: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve a redirect to another origin that is good, and give the port of the redirect."""
    async with serving(page(body=b"well"), tls=second) as end:
        there = (f"Location: https://{HERE}:{end}/",)
        async with serving(page("301 Moved", headers=there), tls=first) as port:
            yield port


async def test_a_name_for_the_certificate_is_that_of_the_first_server_alone(
    issue: Issue, authority: trustme.CA
) -> None:
    rules = Tls(name="app.test", authority=authority.cert_pem.bytes().decode())
    async with two_servers(issue("app.test"), issue(HERE)) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules, redirects=1)
        right = await look(target)
    async with two_servers(issue("app.test"), issue("app.test")) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules, redirects=1)
        wrong = await look(target)

    # The authority holds for both: whoever names one trusts no other.
    assert_passed(right, "status 200 after 1 redirect, TLS 1.3, certificate valid for")
    assert_failed(wrong, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, "redirects to", HERE)


async def test_a_certificate_may_have_signed_itself_at_home_only(tmp_path: Path) -> None:
    tls = signed().server(tmp_path)
    rules = Tls(self_signed=True)
    async with serving(page(), tls=tls) as port:
        home = await look(HttpTarget(url=f"https://{HERE}:{port}/", tls=rules))
    async with two_servers(tls, tls) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules, redirects=1)
        away = await look(target)

    assert_passed(home)
    phrase = f'redirects to "https://{HERE}'
    assert_failed(away, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, phrase, "self-signed")


async def test_what_tls_must_be_holds_behind_a_redirect(issue: Issue, trusting: Dialer) -> None:
    old = issue()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with strict_tls(old) as end:
        there = (f"Location: https://{HERE}:{end}/",)
        async with serving(page("301 Moved", headers=there), tls=issue()) as port:
            rules = Tls(minimum=TlsVersion.V1_3)
            target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules, redirects=1)
            weak = await look(target, dialer=trusting)
    async with two_servers(issue(), issue(until=NOW + timedelta(days=5))) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=Tls(fail_days=10), redirects=1)
        short = await look(target, dialer=trusting)

    assert_failed(weak, Layer.TLS, Reason.TLS_TOO_WEAK, "redirects to")
    assert_failed(short, Layer.TLS, Reason.CERTIFICATE_EXPIRES_SOON, "redirects to")


@pytest.mark.parametrize("sound", [True, False], ids=["both answer", "one does not"])
async def test_each_address_gets_the_whole_visit(sound: bool) -> None:  # noqa: FBT001 - a case
    heard: list[bytes] = []
    pages = {"/": moved("/a"), "/a": response(body=b"well", status="200 OK")}
    others = pages if sound else {"/": moved("/a")}
    async with (
        naming(zone("a.test. A 127.0.0.1\na.test. A 127.0.0.2")) as server,
        serving(site(pages, heard)) as port,
        serving(site(others, heard), host=ALSO_HERE, port=port),
    ):
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        target = HttpTarget(
            url=f"http://a.test:{port}/", redirects=1, text="well", addresses=Addresses.ALL
        )
        outcome = await look(target, dialer=dialer)
        either = await look(
            HttpTarget(url=f"http://a.test:{port}/", redirects=1, text="well"), dialer=dialer
        )

    assert_passed(either)
    if sound:
        assert_passed(outcome, "status 200 after 1 redirect; all 2 addresses")
    else:
        assert_failed(outcome, Layer.HTTP, Reason.STATUS_NOT_EXPECTED, "1 of 2 addresses fails")


async def test_an_attempt_has_one_socket_at_a_time() -> None:
    alone = asyncio.Event()

    async def leaving_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def then(*_streams: object) -> None:
            await reader.read()
            alone.set()

        await saying(moved(f"http://{HERE}:{end}/"), then)(reader, writer)

    async def waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await alone.wait()
        await saying(response(), closing)(reader, writer)

    async with serving(answering(waiting)) as end, serving(answering(leaving_first)) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/", redirects=1))

    assert_passed(outcome, "after 1 redirect")
