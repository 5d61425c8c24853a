"""MiniStack, made able to judge our policies and unable to outlive who started it.

A script, run by `emulator`. MiniStack evaluates the conditions of policies, but is silent on some
of what they ask: it never says which partition keys a DynamoDB request names, so of the guards on
`dynamodb:LeadingKeys`, `Null` would refuse every call and `ForAllValues` none. It does not say
either under which path parameters are listed. And it takes loopback for an insecure wire, so
nothing could be published to a topic that insists on TLS. Of a role it gives the session for
`aws:PrincipalArn`, where AWS gives the role itself. It expands SAM's part of a template
without the values of the parameters, by which that decides what there is. And it does not tell a
function when its schedule was due.
"""

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, engine, handlers
from samtranslator.translator import transform as sam

type Request = dict[str, Any]
type Context = dict[str, Any]

_values: ContextVar[dict[str, str]] = ContextVar("values", default={})  # noqa: B039 - never changed

_SESSION = re.compile(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+")

# Of every table that we have.
PARTITION_KEY = "pk"
DUE = "<aws.scheduler.scheduled-time>"
"""What AWS puts the time in place of."""


def partition_keys(request: Request) -> list[str]:
    """Name the partition keys that a DynamoDB request is about; a Scan is about none."""
    keyed = (request.get("Item"), request.get("Key"), _queried(request), *_batched(request))
    return [key[PARTITION_KEY]["S"] for key in keyed if key and PARTITION_KEY in key]


def _queried(request: Request) -> Request:
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    equalities = re.findall(r"([#\w]+)\s*=\s*(:\w+)", request.get("KeyConditionExpression") or "")
    return {names.get(name, name): values[value] for name, value in equalities if value in values}


def _batched(request: Request) -> Iterator[Request]:
    """Yield each key or item of a BatchGetItem or a BatchWriteItem."""
    for wanted in (request.get("RequestItems") or {}).values():
        if isinstance(wanted, dict):
            yield from wanted.get("Keys", ())
            continue
        for write in wanted:
            yield write.get("PutRequest", {}).get("Item") or write["DeleteRequest"]["Key"]


def with_leading_keys(context_of: Callable[[bytes], Context]) -> Callable[[bytes], Context]:
    """Add the partition keys to what MiniStack knows of a DynamoDB request."""

    def extended(body: bytes) -> Context:
        context = context_of(body)
        keys = partition_keys(cast("Request", json.loads(body or b"{}")))
        return {**context, "dynamodb:LeadingKeys": keys} if keys else context

    return extended


def with_paths(resource_of: Callable[..., str]) -> Callable[..., str]:
    """Add the path to what MiniStack knows of a request for all parameters under one."""

    def extended(service: str, *request: Any) -> str:  # noqa: ANN401 - MiniStack's own
        _method, _path, _headers, body, _query, region, account = request
        path = cast("Request", json.loads(body or b"{}")).get("Path") if service == "ssm" else None
        known = resource_of(service, *request)
        return known if path is None else f"arn:aws:ssm:{region}:{account}:parameter{path}"

    return extended


def with_roles(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Give the role itself where a condition asks who calls, and not its session."""

    def extended(key: str, context: Any) -> Any:  # noqa: ANN401 - MiniStack's own
        known = resolve(key, context)
        session = _SESSION.fullmatch(known) if key.lower() == "aws:principalarn" else None
        return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else known

    return extended


def with_parameters(apply: Callable[..., Any], values_of: Callable[..., Any]) -> Callable[..., Any]:
    """Tell SAM what the parameters are, as AWS does."""

    def extended(template: Any, provided_params: Any = None, previous_params: Any = None) -> Any:  # noqa: ANN401 - MiniStack's own
        known = _values.set(values_of(template, provided_params, previous_params))
        try:
            return apply(template, provided_params, previous_params)
        finally:
            _values.reset(known)

    return extended


def expanded(expand: Callable[..., Any]) -> Callable[..., Any]:
    """Expand with the values that are known, in place of none."""

    def extended(template: Any, _none: Any, loader: Any) -> Any:  # noqa: ANN401 - SAM's own
        return expand(template, _values.get(), loader)

    return extended


def with_times(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Fill in when a schedule was due, and note it in the log."""

    def extended(target: Any, event: Any, *rest: Any) -> Any:  # noqa: ANN401 - MiniStack's own
        said = target.get("Input") or ""
        if DUE in said:
            due = f"{datetime.fromtimestamp(event['Time'], UTC):%Y-%m-%dT%H:%M:%SZ}"
            print(f"due at {due}: {target['Arn']}", flush=True)
            target = {**target, "Input": said.replace(DUE, due)}
        return invoke(target, event, *rest)

    return extended


def _pin_secure_origin(source_ip: str, _secure: bool) -> None:  # noqa: FBT001 - MiniStack's own
    iam_evaluator.pin_request_origin(source_ip, True)


def _end_with_the_parent() -> None:
    """Wait until standard input closes, which happens however the parent ends."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run it until the parent has ended."""
    iam_actions.dynamodb_service_context = with_leading_keys(iam_actions.dynamodb_service_context)
    iam_actions.extract_resource_arn = with_paths(iam_actions.extract_resource_arn)
    iam_evaluator._resolve_condition_key = with_roles(iam_evaluator._resolve_condition_key)  # noqa: SLF001 - as above
    app.pin_request_origin = _pin_secure_origin
    sam.transform = expanded(sam.transform)
    eventbridge._invoke_target = with_times(eventbridge._invoke_target)  # noqa: SLF001 - as above
    applied = with_parameters(engine._apply_transforms, engine._transform_parameters)  # noqa: SLF001 - as above
    for module in (changesets, handlers):
        module._apply_transforms = applied  # noqa: SLF001 - as above
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    app.main()


if __name__ == "__main__":
    main()
