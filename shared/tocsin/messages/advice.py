"""What each reason usually means, and what to try first: for a person who was just woken."""

from dataclasses import dataclass

from tocsin.domain.outcome import Layer, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence or two on the usual cause, and the steps to try, in order."""

    means: str
    tries: tuple[str, ...]


ADVICE = {
    Reason.NXDOMAIN: Advice(
        means="DNS says that this name does not exist. The record was removed or renamed, or the "
        "domain expired or lost its delegation.",
        tries=(
            "Look at the domain's registration: is it paid for, are its name servers right?",
            "Look for a recent change of the zone, and put the record back.",
            "The service itself may be well: connect to its address to find out.",
        ),
    ),
    Reason.NO_ADDRESS: Advice(
        means="The name exists but leads to no address that can be reached from here: it has none "
        "(A or AAAA), or only private, loopback or reserved ones.",
        tries=(
            "Look for a recent change of the zone: was the A or AAAA record deleted?",
            "If it is an alias (CNAME), look at the name that it points to.",
        ),
    ),
    Reason.SERVFAIL: Advice(
        means="The resolver could not get an answer: the zone's own servers are broken or "
        "unreachable, or its DNSSEC signatures are wrong or expired.",
        tries=(
            "Ask each name server of the zone directly (dig @server name).",
            "Ask with and without validation (dig +cd): if only +cd answers, it is DNSSEC.",
        ),
    ),
    Reason.DNS_REFUSED: Advice(
        means="The DNS server answers, but will not serve this question to this asker.",
        tries=(
            "Does the server still serve this zone? Has its access list changed?",
            "Ask it from elsewhere (dig @server name) to compare.",
        ),
    ),
    Reason.DNS_TIMEOUT: Advice(
        means="No DNS server answered in time: it is down or overloaded, or a firewall drops "
        "port 53.",
        tries=(
            "Is the DNS server's process running, and does it answer on its own machine?",
            "Look for a changed firewall rule on UDP and TCP port 53.",
        ),
    ),
    Reason.DNS_MALFORMED: Advice(
        means="Something answers on the DNS port, but not in valid DNS.",
        tries=(
            "Does something else listen on that port, or does a middlebox rewrite answers?",
            "Capture one exchange (tcpdump port 53) and read it.",
        ),
    ),
    Reason.REFUSED: Advice(
        means="The machine is up and answers, but nothing listens on this port: the service has "
        "stopped, or listens on another address or port. Some firewalls refuse like this too.",
        tries=(
            "On the machine: is the service running (systemctl status), does it listen (ss -ltn)?",
            "Read the service's last log lines: it may have crashed, or fail to start.",
            "If it runs, look for a firewall rule that rejects.",
        ),
    ),
    Reason.UNREACHABLE: Advice(
        means="A router says that there is no way to this machine: it is off, its network is down, "
        "or a route is missing.",
        tries=(
            "Is the machine (or instance) on, and its network interface up?",
            "Look at routes and gateways, and at the provider's status page.",
        ),
    ),
    Reason.CONNECT_TIMEOUT: Advice(
        means="Nothing answers at all: the machine is off or hangs, or a firewall drops the "
        "packets.",
        tries=(
            "Is the machine on? Does it answer on another port, or on its console?",
            "Look for a changed firewall rule or security group.",
            "Look at the provider's status page.",
        ),
    ),
    Reason.RESET: Advice(
        means="The connection was opened, then broken off by the other side: the service crashed "
        "while answering, or a load balancer or firewall has no healthy server behind it.",
        tries=(
            "Read the service's log at this time: does it crash or restart?",
            "Look at the load balancer's list of healthy servers.",
        ),
    ),
    Reason.CLOSED: Advice(
        means="The service accepted the connection and closed it before it had answered: it is "
        "overloaded or starting, has reached its limit of clients, or does not allow this one.",
        tries=(
            "Look at the number of connections and at the limit for them.",
            "Read the service's log for refused clients.",
        ),
    ),
    Reason.SILENT: Advice(
        means="The port accepts connections, but nobody speaks: the service hangs (a full disk, a "
        "lock, no free worker), or what accepts is a firewall or proxy with nothing behind it.",
        tries=(
            "On the machine: does the service itself listen, and does it answer there?",
            "Look at disk space, memory and load of the machine.",
            "Take a stack or thread dump if you can, then restart the service.",
        ),
    ),
    Reason.TIMEOUT: Advice(
        means="The service began to answer and did not finish in time: it is overloaded, or waits "
        "for something behind it.",
        tries=(
            "Look at load and latency of the service, then of the database behind it.",
            "The phase times show where the time went.",
        ),
    ),
    Reason.TLS_HANDSHAKE: Advice(
        means="The connection opens, but TLS cannot be agreed on: a server without a certificate "
        "or with a broken one, or a port that does not speak TLS.",
        tries=(
            "Look for a recent change of certificates or of the TLS settings.",
            "Run openssl s_client -connect HOST:PORT -servername HOST and read its errors.",
        ),
    ),
    Reason.CERTIFICATE_EXPIRED: Advice(
        means="The certificate has run out. Every client that checks it now refuses to connect.",
        tries=(
            "Renew it now, and reload the service: a renewed file is often not yet in use.",
            "Then find out why the renewal did not run (its timer, its DNS or HTTP challenge).",
        ),
    ),
    Reason.CERTIFICATE_NOT_YET_VALID: Advice(
        means="The certificate becomes valid only later: it was installed too early, or the clock "
        "of the machine that issued it is wrong.",
        tries=("Put the previous certificate back.", "Look at the clock of the issuing machine."),
    ),
    Reason.CERTIFICATE_WRONG_NAME: Advice(
        means="The server shows a certificate for another name: the wrong site answers, or the new "
        "certificate lacks this name.",
        tries=(
            "Look at the names in the certificate, and at the server's choice of site (SNI).",
            "Does the name still point to the right machine?",
        ),
    ),
    Reason.CERTIFICATE_UNTRUSTED: Advice(
        means="The certificate's chain leads to no trusted authority: the intermediate certificate "
        "is missing, it is self-signed, or somebody intercepts the connection.",
        tries=(
            "Install the full chain, not the server's certificate alone.",
            "Compare the fingerprint with the certificate that you issued.",
            "If the authority is your own, give it to the monitor: `tls: {ca: FILE}`.",
        ),
    ),
    Reason.CERTIFICATE_EXPIRES_SOON: Advice(
        means="The certificate still works but will expire soon: its renewal did not happen, or "
        "the renewed one is not in use. On that day every client will refuse to connect.",
        tries=(
            "Run the renewal by hand and read its error.",
            "If it was renewed, reload the service: it still shows the old certificate.",
            "Seen from some locations only: look for the server or edge that was left out.",
        ),
    ),
    Reason.TLS_TOO_WEAK: Advice(
        means="The server offers only versions, ciphers or keys of TLS that are no longer safe, or "
        "an older version than the monitor's `minimum`.",
        tries=("Enable TLS 1.2 or 1.3 on the server.", "Look for a recent change or downgrade."),
    ),
    Reason.NO_STARTTLS: Advice(
        means="The service answers in clear, but does not agree to begin TLS: it is not set up, "
        "its certificate could not be loaded, or something between strips the offer.",
        tries=(
            "Look into the service's log for a certificate or key that could not be read.",
            "Ask it from a host beside it: if TLS is offered there, look at what lies between.",
        ),
    ),
    Reason.DECLINED: Advice(
        means="The service itself answers, and says that it cannot serve now: too many clients, "
        "still starting, shutting down, or this one is not let in.",
        tries=(
            "Read the evidence above: it is what the service said.",
            "Look at its load, its limits of connections and its log.",
        ),
    ),
    Reason.UNEXPECTED_REPLY: Advice(
        means="Something answers, but not as this service does: another program on the port, an "
        "error message instead of a greeting, or a new version with another banner.",
        tries=(
            "Read the evidence above: it is what the service said.",
            "If the new answer is right, change `expect` in monitors.yaml.",
        ),
    ),
    Reason.MALFORMED_REPLY: Advice(
        means="The answer breaks the rules of its protocol: another program on the port, TLS where "
        "plain text is expected (or the other way round), or a broken proxy.",
        tries=("Read the evidence above.", "Look for a changed port, proxy or TLS setting."),
    ),
    Reason.TOO_MUCH_DATA: Advice(
        means="The answer is longer than Tocsin reads, and what it looks for was not in the "
        "beginning.",
        tries=("Is this the right page or service?", "Point the check at a smaller answer."),
    ),
    Reason.STATUS_NOT_EXPECTED: Advice(
        means="The web server answers with another status than expected. 5xx: the application or "
        "what it needs has failed; 4xx: the path, or the access to it, has changed.",
        tries=(
            "502, 503, 504: is the application behind the proxy running?",
            "500: read the application's log. 401, 403, 404: look for a recent deployment.",
        ),
    ),
    Reason.CONTENT_NOT_EXPECTED: Advice(
        means="The web server answers, but the page does not say what it should: an error page, a "
        "part that failed, or a new version of the page.",
        tries=(
            "Read the evidence above, and open the page.",
            "If the new content is right, change `expect` in monitors.yaml.",
        ),
    ),
    Reason.TOO_MANY_REDIRECTS: Advice(
        means="The pages redirect to each other, or further than the check may follow.",
        tries=(
            "Look for a loop between http and https, or with and without www.",
            "If the redirects are right, raise `redirects` in monitors.yaml.",
        ),
    ),
    Reason.BAD_REDIRECT: Advice(
        means="The redirect leads to no valid or allowed address.",
        tries=("Look at the Location header in the evidence above.",),
    ),
    Reason.WRONG_ANSWER: Advice(
        means="DNS answers, but with other records than expected: a change that was not announced, "
        "an old server with an old zone or, at worst, a hijacked domain.",
        tries=(
            "Compare the evidence above with what you expect. Who changed the zone?",
            "If nobody did, look at the registrar's account now.",
            "If the new answer is right, change `expect` in monitors.yaml.",
        ),
    ),
    Reason.WRONG_RCODE: Advice(
        means="DNS answers with another response code than expected.",
        tries=("NXDOMAIN: the name is gone. REFUSED: the server no longer serves the zone.",),
    ),
    Reason.NOT_AUTHORITATIVE: Advice(
        means="The server answers, but no longer speaks for this zone: the zone is not loaded, or "
        "the secondary server has lost its primary.",
        tries=("Look at the server's log for the zone, and at its transfers.",),
    ),
    Reason.NOT_AUTHENTICATED: Advice(
        means="The resolver answers without vouching for it: the zone is no longer signed, or the "
        "resolver has stopped to validate.",
        tries=(
            "Is there still a DS record (dig DS zone)? If not, who removed it at the registrar?",
            "Ask another validating resolver (dig +dnssec) and look for the flag `ad`.",
        ),
    ),
    Reason.TTL_TOO_LOW: Advice(
        means="The records may be kept for less time than expected: somebody prepares a move, or "
        "left the short time in place after one. Short times make every outage of DNS felt.",
        tries=("Look at the zone's last change, and put the usual TTL back when it is done.",),
    ),
    Reason.NO_DELEGATION: Advice(
        means="The parent no longer leads to this zone: the domain expired, was put on hold, or "
        "lost its name servers at the registrar.",
        tries=(
            "Look at the registration (whois): its status, its end, its name servers.",
            "Sign in at the registrar now: answers fade as caches run out.",
        ),
    ),
    Reason.DELEGATION_DIFFERS: Advice(
        means="The parent names other servers than the zone itself: one side was changed and the "
        "other was not. Resolvers use both.",
        tries=(
            "Decide which list is right; change the NS records, or the registrar's entry.",
            "A server that is named only at one side may be retired, or not yet set up.",
        ),
    ),
    Reason.GLUE_DIFFERS: Advice(
        means="The parent has another address for a name server than the zone itself: the server "
        "moved and the registrar was not told.",
        tries=("Correct the host record (glue) at the registrar, or the A and AAAA records.",),
    ),
    Reason.ANSWERS_DIFFER: Advice(
        means="Servers with the same serial give different answers: a zone file was edited without "
        "a new serial, or a server is fed from somewhere else.",
        tries=(
            "Raise the serial and reload the primary (knotc zone-reload, rndc reload).",
            "Look at where the odd server gets its zone from.",
        ),
    ),
    Reason.SERIAL_BEHIND: Advice(
        means="A secondary serves an old copy of the zone: its transfers fail, the notification "
        "does not reach it, or one site of an anycast server is cut off.",
        tries=(
            "Read its log for the transfer; force one (rndc retransfer, knotc zone-retransfer).",
            "Is TCP port 53 from it to the primary open, and its TSIG key and address allowed?",
            "Seen from some locations only: tell the operator which sites (see NSID).",
        ),
    ),
    Reason.HIJACKED: Advice(
        means="The resolver makes up answers for names that do not exist: a provider's search "
        "page, a captive portal, a filter. What relies on NXDOMAIN breaks.",
        tries=("Switch it off at the provider, or use another resolver.",),
    ),
    Reason.NOT_VALIDATING: Advice(
        means="The resolver gives out what has a wrong signature: validation is off, or an "
        "upstream that does not validate answers for it.",
        tries=(
            "Look at its settings (unbound: module-config, BIND: dnssec-validation) and anchor.",
            "Was a negative trust anchor set, and forgotten?",
            "Is the name under `bogus` itself in order again? Then name another one.",
        ),
    ),
    Reason.UNSIGNED: Advice(
        means="The answer should be signed and is not: the DS record was removed, or the zone is "
        "served without its signatures.",
        tries=(
            "Is there a DS record at the parent (dig DS zone)?",
            "Is the signer running, and does this server get the signed zone?",
        ),
    ),
    Reason.BOGUS: Advice(
        means="The signatures do not hold. Every resolver that validates, and that is many, gives "
        "SERVFAIL: for their users the domain is gone.",
        tries=(
            "A new key? The DS at the registrar must name it: put the old key back, or the new DS.",
            "If it cannot be mended soon, remove the DS: unsigned is better than bogus.",
            "Look at it with delv or dnsviz.net.",
        ),
    ),
    Reason.SIGNATURE_EXPIRED: Advice(
        means="Signatures have run out: the signer stopped, or this server no longer gets the "
        "zone. Resolvers that validate refuse its answers.",
        tries=(
            "Is the signer running (knotc zone-status, rndc signing -list)? Sign again.",
            "At one server only: it serves an old copy; look at its transfers.",
            "Are the clocks of signer and server right?",
        ),
    ),
    Reason.SIGNATURE_EXPIRES_SOON: Advice(
        means="Signatures will soon run out and have not been renewed: the signer has stopped, or "
        "its changes do not reach this server.",
        tries=("Look at the signer's log and its next run.", "Sign by hand, and raise the serial."),
    ),
    Reason.WEAK_ALGORITHM: Advice(
        means="The zone rests on an algorithm or digest that is no longer held to be safe; some "
        "resolvers already treat it as unsigned.",
        tries=("Plan an algorithm rollover to ECDSA P-256 (13), or a DS of SHA-256.",),
    ),
    Reason.NO_ECHO: Advice(
        means="No echo request was answered: the machine or the way to it is down, or something "
        "has begun to drop ICMP.",
        tries=(
            "Does it answer on a port? Then only ICMP is dropped: look at the firewall.",
            "Follow the way with mtr from the agent's machine.",
        ),
    ),
    Reason.PACKET_LOSS: Advice(
        means="Too many packets are lost: a line is overloaded or faulty, or a router limits ICMP.",
        tries=(
            "Follow the way with mtr for some minutes: from which hop on does it lose?",
            "Look at the load and the error counters of the interfaces on the way.",
        ),
    ),
    Reason.TOO_SLOW: Advice(
        means="Packets take longer than they may: a queue is full, or the way has changed.",
        tries=("Follow the way with mtr, and compare it with a good day.", "Look at its load."),
    ),
    Reason.LATE: Advice(
        means="The job has not reported success in time: it did not run, it hangs, or it could not "
        "reach the endpoint.",
        tries=(
            "Did it start? journalctl -u JOB, systemctl list-timers, cron's log.",
            "Is the machine on, and its clock and time zone right?",
            "Does `curl` from that machine reach the URL?",
        ),
    ),
    Reason.JOB_FAILED: Advice(
        means="The job ran and said itself that it failed.",
        tries=(
            "Read what it sent: the command below shows all of it.",
            "Run it by hand; the next success ends this incident.",
        ),
    ),
    Reason.TOO_LONG: Advice(
        means="The job said that it began and has not ended in its time: it hangs, waits for a "
        "lock, or has more to do than before. It may have been killed.",
        tries=(
            "Is it still running? What does it wait for (ps, strace, its log)?",
            "If it grows with the data, raise `run_time` in monitors.yaml.",
        ),
    ),
    Reason.NEVER_SEEN: Advice(
        means="The job has never reported since its URL was made: it was not set up, has another "
        "URL, or cannot reach the endpoint.",
        tries=(
            "Is the URL in the job's script, and the script installed?",
            "Call the URL from that machine: curl -fsS URL answers OK.",
        ),
    ),
    Reason.NO_URL: Advice(
        means="Nobody has made a URL for this job yet, so it cannot report.",
        tries=("Run tocsin heartbeat url NAME, and let the job call that URL.",),
    ),
    Reason.ENDPOINT_OUT: Advice(
        means="The job was due while our own endpoint could not be reached: whether it ran is not "
        "known. Nothing is wrong with the job as far as anybody knows.",
        tries=(
            "Look on the job's machine whether it ran.",
            "Look at the heartbeat function: its log, errors and throttles.",
        ),
    ),
    Reason.FORBIDDEN_ADDRESS: Advice(
        means="The configuration itself names a private or local address, which public locations "
        "do not connect to.",
        tries=("A private service is watched by an agent in its own network.",),
    ),
    Reason.NO_ROUTE_FAMILY: Advice(
        means="The location has no network of this family (most often IPv6), so it cannot judge.",
        tries=("Set `family: 4`, or choose locations that have the other family.",),
    ),
    Reason.NOT_CAPABLE: Advice(
        means="The location cannot run this kind of check, so it does not vote.",
        tries=("Choose other `locations` for this monitor in monitors.yaml.",),
    ),
    Reason.OUT_OF_TIME: Advice(
        means="The probe had no time left in its minute for this check, or was too busy to judge.",
        tries=("Lower timeouts or retries, or spread the monitors over longer intervals.",),
    ),
    Reason.OUT_OF_SOCKETS: Advice(
        means="The probe ran into its limit of open connections.",
        tries=("Lower timeouts, or spread the monitors over longer intervals.",),
    ),
    Reason.NO_SECRET: Advice(
        means="A secret that the check needs could not be read from Parameter Store.",
        tries=(
            "Does the parameter exist in the home region?",
            "May the probe's role read and decrypt it?",
        ),
    ),
    Reason.PROBE_ERROR: Advice(
        means="The probe itself failed: this is a fault of Tocsin, not of what it watches.",
        tries=("Read the probe's log in that region, and report it.",),
    ),
    Reason.SUSPECT: Advice(
        means="This location fails what the others see passing, or its own canaries: its network "
        "is broken, so its failures are not counted.",
        tries=("Look at that region's network, or at the agent's own line.",),
    ),
}

_BROKEN_OFF_IN_TLS = Advice(
    means="The port opens, but the other side breaks off while TLS is agreed on: a firewall or "
    "proxy that refuses this name, or a server that has no certificate for it.",
    tries=(
        "Run openssl s_client -connect HOST:PORT -servername HOST and see where it ends.",
        "Read the server's log at this time; does it want a certificate of the client?",
        "Seen from some locations only: look for a filter on their way.",
    ),
)
_BROKEN_OFF_IN_HTTP = Advice(
    means="The web server took the request and broke off without an answer: the application "
    "crashed while it worked on it, or a proxy has no healthy server behind it.",
    tries=(
        "Read the application's log at this time: does it crash or restart?",
        "Look at the load balancer's list of healthy servers.",
    ),
)
_NO_WAY_TO_A_NAME_SERVER = Advice(
    means="A name server could not be reached: its machine or network is down, or a route is "
    "missing. Lookups that go to it wait, and may fail.",
    tries=(
        "Is its machine on, and its address still the right one?",
        "Ask the other servers of the zone (dig @server name): do they answer?",
    ),
)

AT_LAYER = {
    (Layer.DNS, Reason.REFUSED): Advice(
        means="A name server's machine is up, but nothing listens on its DNS port: the server has "
        "stopped, or listens on another address. Lookups that go to it fail.",
        tries=(
            "On its machine: is the server running, does it listen on port 53 (ss -lntu)?",
            "Read its log: it may have crashed, or refused a broken zone file.",
            "Ask the other servers of the zone (dig @server name): do they answer?",
        ),
    ),
    (Layer.DNS, Reason.UNREACHABLE): _NO_WAY_TO_A_NAME_SERVER,
    (Layer.DNS, Reason.CONNECT_TIMEOUT): _NO_WAY_TO_A_NAME_SERVER,
    (Layer.TLS, Reason.RESET): _BROKEN_OFF_IN_TLS,
    (Layer.TLS, Reason.CLOSED): _BROKEN_OFF_IN_TLS,
    (Layer.TLS, Reason.SILENT): Advice(
        means="The port opens, but nobody answers when TLS is to begin: the service hangs, or what "
        "listens there does not speak TLS.",
        tries=(
            "Is this the port for TLS? Has its `tls` setting or its proxy changed?",
            "On the machine: does the service answer there (openssl s_client)?",
            "Look at disk space, memory and load of the machine.",
        ),
    ),
    (Layer.TLS, Reason.TIMEOUT): Advice(
        means="The port opens, but TLS was not agreed on in time: the server is overloaded, or "
        "large packets (its certificates) get lost on the way.",
        tries=(
            "Look at the load of the server: handshakes are what an overload hits first.",
            "If small answers arrive and large ones do not, look for a wrong MTU on the way.",
        ),
    ),
    (Layer.HTTP, Reason.RESET): _BROKEN_OFF_IN_HTTP,
    (Layer.HTTP, Reason.CLOSED): _BROKEN_OFF_IN_HTTP,
    (Layer.HTTP, Reason.SILENT): Advice(
        means="The web server took the request and sends nothing: the application behind it hangs, "
        "has no free worker, or waits for its database.",
        tries=(
            "Look at the application's workers and queue, then at its database.",
            "Does a static page of the same server answer? Then it is the application.",
            "Take a stack or thread dump if you can, then restart the application.",
        ),
    ),
    (Layer.HTTP, Reason.TIMEOUT): Advice(
        means="The answer began and was not complete in time: the application is slow, or the page "
        "is large and the way narrow.",
        tries=(
            "The phase times show where: first_byte (the application), transfer (the way).",
            "Look at load and latency of the application, then of its database.",
        ),
    ),
}
"""Where a reason means something else at one layer than at the others."""


def advised(reason: Reason, layer: Layer | None) -> Advice:
    """Give the advice for a reason, as it is at the layer where it was met."""
    return ADVICE[reason] if layer is None else AT_LAYER.get((layer, reason), ADVICE[reason])


BLIND_LOCATION = Advice(
    means="This location does not see: it reports nothing, or fails what all others see passing. "
    "Its votes are not counted, and monitors may be left with too few to judge.",
    tries=(
        "Look at its probe: the function's schedule, log, errors and throttles, or the agent.",
        "Look at the AWS Health Dashboard for its region.",
        "If it is to be gone for long, take it out of `locations` in monitors.yaml.",
    ),
)

SILENT_LOCATIONS = Advice(
    means="Too few locations report. The services may be well: it is the watcher that does not see "
    "them, and nothing else can be announced about them until it does.",
    tries=(
        "Run tocsin status: which locations are silent, and since when?",
        "Look at the probe function in their regions: its schedule, log, errors and throttles.",
        "Look at the AWS Health Dashboard for these regions.",
    ),
)

ONE_SIDED = Advice(
    means="Some locations fail and the others do not, so the service runs. The fault lies on the "
    "way, or in a part that serves only some places: a firewall, a route, a CDN's edge, DNS by "
    "region.",
    tries=(
        "Compare the addresses: do the failing locations reach another server?",
        "Look for rules that block by country or address.",
    ),
)

SLOW = Advice(
    means="The service answers, but in the median of the locations more slowly than its limit in "
    "monitors.yaml.",
    tries=(
        "The phase times show where: dns, connect (the way), tls, first_byte (the service).",
        "Look at load, then at what the service itself waits for.",
    ),
)
