"""The fields of the file: for each kind of value its reader, and its face in the JSON schema.

A scalar reaches its reader as the text that is written (see `document`), so readers know no types
of YAML; an editor does, hence the schemas that admit both `200` and `"200"`.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic.config import JsonDict

from tocsin.config import (
    address,
    catalogue,
    crontab,
    durations,
    questions,
    requests,
    servers,
    sizes,
    values,
    wallclock,
)
from tocsin.config.configuration import LocationKind
from tocsin.domain.monitor import Route
from tocsin.domain.questions import Dnssec
from tocsin.domain.target import MOST_ECHOES, Addresses, Family

_LINE = WithJsonSchema({"type": "string"})
_TEXT = WithJsonSchema({"type": ["string", "number", "boolean"]})
DURATION: JsonDict = {"type": "string", "pattern": "^[0-9]{1,6}(ms|s|m|h|d)$"}
_DURATION = WithJsonSchema(DURATION)
_REFERENCE = WithJsonSchema({"type": "string", "pattern": r"^\$\{ssm:/tocsin/.+\}$"})
_COUNT = WithJsonSchema(
    {"type": ["integer", "string"], "minimum": 0, "maximum": 10, "pattern": "^([0-9]|10)$"}
)
RECORDS_LIMIT = 512
"""Records of an answer that are looked at."""
RECORD_COUNT: JsonDict = {
    "type": ["integer", "string"],
    "minimum": 0,
    "maximum": RECORDS_LIMIT,
    "pattern": "^[0-9]{1,3}$",
}
_TYPE = WithJsonSchema(
    {
        "anyOf": [
            {"enum": list(questions.TYPES)},
            {"type": "string", "pattern": "^TYPE[1-9][0-9]{0,4}$"},
        ]
    }
)
_OFF = (str(Dnssec.OFF), False)
"""What `off` is to those who read YAML 1.1."""
_FEW = PlainValidator(partial(values.whole, least=0, most=10))
LIST = BeforeValidator(values.listing)
SOMETHING = BeforeValidator(values.something)
SHORT = BeforeValidator(values.short)

type Interval = Annotated[timedelta, PlainValidator(durations.interval), _DURATION]
type Timeout = Annotated[timedelta, PlainValidator(durations.timeout), _DURATION]
type Hold = Annotated[timedelta, PlainValidator(durations.hold), _DURATION]
type Retries = Annotated[int, _FEW, _COUNT]
type Redirects = Annotated[int, _FEW, _COUNT]
type Quorum = Annotated[
    str | int,
    PlainValidator(values.quorum),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(values.QUORUM_WORDS)},
                {"type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]*$"},
            ]
        }
    ),
]
type OneRoute = Annotated[
    Route, PlainValidator(values.route), WithJsonSchema({"enum": [str(r) for r in Route]})
]
type Routes = Annotated[
    tuple[OneRoute, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type OneFamily = Annotated[
    Family, PlainValidator(values.family), WithJsonSchema({"enum": ["any", "4", "6", 4, 6]})
]
type HowMany = Annotated[
    Addresses,
    PlainValidator(values.addresses),
    WithJsonSchema({"enum": [str(number) for number in Addresses]}),
]
type Flag = Annotated[bool, PlainValidator(values.flag), WithJsonSchema({"type": "boolean"})]
type OneLocationKind = Annotated[
    LocationKind,
    PlainValidator(values.location_kind),
    WithJsonSchema({"enum": [str(kind) for kind in LocationKind]}),
]
type MonitorName = Annotated[
    str,
    PlainValidator(values.name),
    WithJsonSchema({"type": "string", "pattern": f"^{values.NAME.pattern}$"}),
]
type LocationName = Annotated[
    str,
    PlainValidator(values.location),
    WithJsonSchema({"type": "string", "pattern": f"^{values.LOCATION.pattern}$"}),
]
type LocationNames = Annotated[
    tuple[LocationName, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type Tag = Annotated[str, PlainValidator(values.tag), _TEXT]
type Tags = Annotated[tuple[Tag, ...], LIST, AfterValidator(values.unique)]
type Pattern = Annotated[str | None, PlainValidator(values.pattern), _TEXT]
type Text = Annotated[str | None, PlainValidator(values.text), _TEXT]
type JsonPath = Annotated[
    str, PlainValidator(values.json_path), WithJsonSchema({"type": "string", "pattern": "^\\$"})
]
type JsonValue = Annotated[
    str,
    PlainValidator(values.json_value),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
type ServiceName = Annotated[str, PlainValidator(catalogue.service_name), _LINE]
type Host = Annotated[
    str, PlainValidator(lambda value: address.lone_host(values.text(value))), _LINE
]
type Port = Annotated[
    int | None,
    PlainValidator(lambda value: address.port_number(values.text(value))),
    WithJsonSchema(
        {"type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": "^[0-9]{1,5}$"}
    ),
]
type Endpoint = Annotated[
    tuple[str, int],
    PlainValidator(lambda value: address.endpoint(values.text(value))),
    WithJsonSchema({"type": "string", "pattern": ":[0-9]{1,5}$"}),
]
type Url = Annotated[
    str, PlainValidator(requests.url), WithJsonSchema({"type": "string", "pattern": "^https?://"})
]
type Link = Annotated[
    str | None,
    PlainValidator(requests.url),
    WithJsonSchema({"type": "string", "pattern": "^https?://"}),
]
type Method = Annotated[
    str, PlainValidator(requests.method), WithJsonSchema({"enum": list(requests.METHODS)})
]
type HeaderName = Annotated[str, PlainValidator(requests.header_name), _LINE]
type HeaderValue = Annotated[str, PlainValidator(requests.header_value), _TEXT]
type HeaderRule = Annotated[
    str | None,
    PlainValidator(requests.header_rule),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
type ExpectedHeader = Annotated[str, PlainValidator(requests.header_token), _LINE]
type Authority = Annotated[str | None, PlainValidator(requests.authority), _LINE]
type User = Annotated[str, PlainValidator(requests.user), _LINE]
type Secret = Annotated[str, PlainValidator(requests.secret), _REFERENCE]
type Token = Annotated[str | None, PlainValidator(requests.secret), _REFERENCE]
type Limit = Annotated[
    int,
    PlainValidator(sizes.limit),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}(KiB|MiB)$"}),
]
type Body = Annotated[str | None, PlainValidator(requests.body), _TEXT]
type Status = Annotated[
    tuple[int, int],
    PlainValidator(requests.status),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"},
            ]
        }
    ),
]
type Statuses = Annotated[tuple[Status, ...], LIST, AfterValidator(values.some)]
type QuestionName = Annotated[str, PlainValidator(questions.question_name), _LINE]
type OptionalName = Annotated[str | None, PlainValidator(questions.question_name), _LINE]
type RecordType = Annotated[str, PlainValidator(questions.record_type), _TYPE]
type OptionalType = Annotated[str | None, PlainValidator(questions.record_type), _TYPE]
type RecordClass = Annotated[
    str, PlainValidator(questions.record_class), WithJsonSchema({"enum": list(questions.CLASSES)})
]
type Resolver = Annotated[str | None, PlainValidator(servers.server), _LINE]
type Server = Annotated[str, PlainValidator(servers.server), _LINE]
type _PlainServer = Annotated[str, PlainValidator(servers.plain), _LINE]
type PlainResolver = Annotated[str | None, PlainValidator(servers.plain), _LINE]
type PlainServers = Annotated[
    tuple[_PlainServer, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type Payload = Annotated[
    int,
    PlainValidator(partial(values.whole, least=512, most=4096)),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 512, "maximum": 4096}),
]
type Rcode = Annotated[
    str, PlainValidator(questions.rcode), WithJsonSchema({"enum": list(questions.RCODES)})
]
type Record = Annotated[str, PlainValidator(values.text), _TEXT]
type Records = Annotated[tuple[Record, ...], LIST, AfterValidator(values.unique)]
type SomeRecords = Annotated[
    tuple[Record, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type RecordCount = Annotated[
    int | None,
    PlainValidator(partial(values.whole, least=0, most=RECORDS_LIMIT)),
    WithJsonSchema(RECORD_COUNT),
]
type Ttl = Annotated[int | None, PlainValidator(durations.ttl), _DURATION]
type Validity = Annotated[
    Dnssec,
    PlainValidator(partial(values.signing, known=(Dnssec.VALID, Dnssec.OFF))),
    WithJsonSchema({"enum": [str(Dnssec.VALID), *_OFF]}),
]
type ZoneValidity = Annotated[
    Dnssec,
    PlainValidator(partial(values.signing, known=tuple(Dnssec))),
    WithJsonSchema({"enum": [str(Dnssec.AUTO), str(Dnssec.VALID), *_OFF]}),
]
type Anchor = Annotated[str, PlainValidator(questions.anchor), _LINE]
type Anchors = Annotated[
    tuple[Anchor, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type Aliases = Annotated[
    int,
    PlainValidator(partial(values.whole, least=0, most=16)),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "maximum": 16}),
]
type ZoneName = Annotated[str, PlainValidator(questions.zone_name), _LINE]
type _NameAndType = Annotated[
    str,
    PlainValidator(questions.name_and_type),
    WithJsonSchema({"type": "string", "pattern": r"^\S+\s+\S+$"}),
]
type NamesAndTypes = Annotated[
    tuple[_NameAndType, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
type Lag = Annotated[timedelta, PlainValidator(durations.lag), _DURATION]
type ServerCount = Annotated[
    int | None,
    PlainValidator(values.servers),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "all"},
                {
                    "type": ["integer", "string"],
                    "minimum": 1,
                    "maximum": values.MOST_SERVERS,
                    "pattern": "^[1-9][0-9]?$",
                },
            ]
        }
    ),
]
type EchoHost = Annotated[
    str, PlainValidator(lambda value: address.portless(values.text(value))), _LINE
]
type Echoes = Annotated[
    int,
    PlainValidator(partial(values.whole, least=1, most=MOST_ECHOES)),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "maximum": MOST_ECHOES}),
]
type Percent = Annotated[
    int,
    PlainValidator(values.percent),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "maximum": 99}),
]
type Threshold = Annotated[timedelta | None, PlainValidator(durations.threshold), _DURATION]
type Period = Annotated[timedelta | None, PlainValidator(durations.period), _DURATION]
type Grace = Annotated[timedelta, PlainValidator(durations.grace), _DURATION]
type RunTime = Annotated[timedelta | None, PlainValidator(durations.period), _DURATION]
type Cron = Annotated[str | None, PlainValidator(crontab.line), _LINE]
type TimeZone = Annotated[str, PlainValidator(crontab.zone), _LINE]
type Names = Annotated[
    tuple[Annotated[str, PlainValidator(values.text), _LINE], ...],
    LIST,
    AfterValidator(values.unique),
    AfterValidator(values.some),
]
type FormerName = Annotated[
    str | None,
    PlainValidator(values.former_name),
    WithJsonSchema({"type": "string", "pattern": f"^{values.NAME.pattern}$"}),
]
type LocalTime = Annotated[
    datetime | None,
    PlainValidator(wallclock.local_time),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:00)?$",
        }
    ),
]
type Weekly = Annotated[
    str | None,
    PlainValidator(wallclock.weekly),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]+ +[0-9]{1,2}:[0-9]{2}$"}),
]
type WindowCron = Annotated[str | None, PlainValidator(partial(crontab.line, job=False)), _LINE]
type WindowLength = Annotated[timedelta | None, PlainValidator(durations.window), _DURATION]
type WindowTags = Annotated[
    tuple[Tag, ...], LIST, AfterValidator(values.unique), AfterValidator(values.some)
]
