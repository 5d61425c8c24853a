"""What is checked, and what changes of it, in lines for people."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from ssl import PEM_cert_to_DER_cert

import trustme

from tocsin.domain.questions import DnsTarget
from tocsin.domain.script import Expect, Send, StartTls, greeting
from tocsin.domain.target import HttpTarget, TcpTarget, Tls
from tocsin_cli.dialogue import changes, steps

PORT = TcpTarget(host="a.example.com", port=1)


def test_a_dialogue_is_a_line_a_step() -> None:
    script = (
        Send(data="HELLO \u00c3\u00a9\r\n"),
        Send(data="\x00\x01\xff"),
        Expect(pattern=r"\+OK", shown="+OK", timeout=timedelta(seconds=1.5)),
        Expect(pattern="^2", declines="^[45]", wrong="^[^2]"),
        StartTls(),
    )

    assert steps(script) == [
        'send "HELLO é\\r\\n"',
        "send 00 01 ff",
        "expect +OK within 1.5s",
        "expect ^2, declined by ^[45], wrong with ^[^2]",
        "starttls",
    ]


def test_a_step_that_changed_is_shown_before_and_after() -> None:
    before = replace(PORT, script=(*greeting("^220"), Send(data="QUIT\r\n")))
    after = replace(PORT, script=(*greeting("^221"), Send(data="QUIT\r\n")))

    assert changes(before, after) == ["- expect ^220", "+ expect ^221"]


def test_rules_of_tls_are_shown_by_name_and_an_authority_by_its_fingerprint() -> None:
    old, new = (trustme.CA().cert_pem.bytes().decode() for _ in range(2))
    before = replace(PORT, tls=Tls(authority=old, fail_days=7))
    after = replace(PORT, tls=Tls(authority=new, fail_days=14))

    shown = changes(before, after)

    digests = [sha256(PEM_cert_to_DER_cert(pem)).hexdigest()[:16] for pem in (old, new)]
    assert sorted(shown) == [
        f"+ tls authority: sha256 {digests[1]}…",
        "+ tls fail_days: 14",
        f"- tls authority: sha256 {digests[0]}…",
        "- tls fail_days: 7",
    ]


def test_tls_without_a_rule_is_shown_as_well() -> None:
    assert changes(PORT, replace(PORT, tls=Tls())) == ["+ tls"]


def test_another_kind_is_shown_whole() -> None:
    shown = changes(DnsTarget(name="a.example.com"), HttpTarget(url="https://a.example.com/"))

    assert shown == [
        "- name: a.example.com",
        "- kind: dns",
        "+ url: https://a.example.com/",
        "+ kind: http",
    ]


def test_every_field_that_differs_is_shown() -> None:
    before = HttpTarget(url="https://a.example.com/")
    after = replace(before, host="b", status=((200, 204),), header_rules=(("A", None),))

    assert changes(before, after) == [
        "+ host: b",
        "+ status: 200-204",
        "+ header_rules: A: none",
    ]
