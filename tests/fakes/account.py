"""An account that is only remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin_cli.deployment.account import (
    Account,
    AccountError,
    Caller,
    Holder,
    Resource,
    Standing,
)


@dataclass
class RememberedAccount(Account):
    """What stands where; `calls` are those that changed something."""

    stacks: dict[tuple[str, str], Standing] = field(default_factory=dict)
    things: dict[tuple[str, str], list[Resource]] = field(default_factory=dict)
    templates: dict[tuple[str, str], str] = field(default_factory=dict)
    tables: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[Holder]] = field(default_factory=dict)
    """By the ARN of a policy, who has it."""
    stuck: set[str] = field(default_factory=set)
    """Regions in which no stack can be deleted."""
    stored: dict[str, int] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    forbidden: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    free: int | None = 1000
    silent: set[tuple[str, str]] = field(default_factory=set)
    """Stacks whose template cannot be read."""
    got: list[str] = field(default_factory=list)
    """Keys of objects that were read."""
    calls: list[str] = field(default_factory=list)

    def caller(self, region: str) -> Caller:
        if region in self.closed:
            raise AccountError(f"{region}: enable the region")
        return Caller(account="111122223333", arn="arn:aws:iam::111122223333:user/me")

    def denied(self, arn: str, region: str, wanted: Mapping[str, str]) -> list[str]:
        self.asked |= wanted
        return [each for each in wanted if each in self.forbidden]

    def unreserved(self, region: str) -> int | None:
        return self.free

    def standing(self, name: str, region: str) -> Standing | None:
        return self.stacks.get((name, region))

    def resources(self, name: str, region: str) -> list[Resource]:
        return self.things.get((name, region), [])

    def template(self, name: str, region: str) -> str:
        if (name, region) in self.silent:
            raise AccountError(f"{region}: you may not look")
        return self.templates[name, region]

    def owner(self, resource: str, region: str) -> str | None:
        return self.owners.get(resource)

    def table(self, name: str, region: str) -> Mapping[str, Any] | None:
        return self.tables.get((name, region))

    def schemas(self, table: str, region: str) -> dict[str, int]:
        return self.stored

    def bucket(self, name: str, region: str, account: str) -> str | None:
        return self.taken.get(name)

    def create_bucket(self, name: str, region: str, caller: Caller) -> None:
        if region in self.closed:
            raise AccountError(f"{region}: enable the region")
        self.calls.append(f"bucket {name}")

    def has_bucket(self, name: str, region: str) -> bool:
        return any(bucket == name for bucket, _ in self.objects)

    def keys(self, bucket: str, prefix: str, region: str) -> list[str]:
        return sorted(k for b, k in self.objects if b == bucket and k.startswith(prefix))

    def get(self, bucket: str, key: str, region: str) -> bytes:
        self.got.append(key)
        return self.objects[bucket, key]

    def put(self, bucket: str, key: str, body: bytes, region: str) -> None:
        self.objects[bucket, key] = body

    def holders(self, policy: str, region: str) -> list[Holder]:
        return self.held.get(policy, [])

    def delete_stack(self, name: str, region: str) -> None:
        if region in self.stuck:
            raise AccountError(f"{region}: stack {name} was not deleted")
        del self.stacks[name, region]
        self.calls.append(f"delete stack {name} {region}")

    def delete_table(self, name: str, region: str) -> None:
        del self.tables[name, region]
        self.calls.append(f"delete table {name}")

    def empty_bucket(self, name: str, prefix: str, region: str) -> None:
        for key in self.keys(name, prefix, region):
            del self.objects[name, key]
        self.calls.append(f"empty {name} of {prefix}")

    def delete_bucket(self, name: str, region: str) -> None:
        if self.keys(name, "", region):
            raise AccountError(f"{region}: {name} is not empty")
        self.calls.append(f"delete bucket {name}")
