"""MiniStack whose functions reach AWS through microburst, a proxy that injects faults.

A script, run by `Emulator`. Each region's functions have a proxy of their own, so that one region
can be cut off from AWS while the others are not. The streams of some shards can be deaf: of their
reports the aggregator is told nothing, as where records are lost.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

ROOT: Final = Path(__file__).parents[2]
# Of this process alone: what functions can import is what was deployed.
sys.path[:0] = [str(ROOT), str(ROOT / "cli")]

from ministack.core import lambda_runtime  # noqa: E402
from ministack.services import lambda_svc  # noqa: E402

from tocsin_cli.deployment import tethered  # noqa: E402
from tocsin_cli.local import strict_ministack  # noqa: E402

HOST: Final = "127.0.0.1"
LOST: Final = "lost a stream record of %s at %.3f"
PROXIES: Final = Path(__file__).with_name("microbursts.py")

type Config = dict[str, Any]
type Record = dict[str, Any]


def through(create: Callable[..., None], ports: Mapping[str, int]) -> Callable[..., None]:
    """Tell each function's environment where the proxy of its region is."""

    def extended(worker: object, name: str, config: Config, code: bytes) -> None:
        # arn:aws:lambda:<region>:<account>:function:<name>
        region = config["FunctionArn"].split(":")[3]
        variables = {
            **config.get("Environment", {}).get("Variables", {}),
            "AWS_ENDPOINT_URL": f"http://{HOST}:{ports[region]}",
        }
        create(worker, name, {**config, "Environment": {"Variables": variables}}, code)

    return extended


def deaf_to(
    shards: Collection[str], chosen: Callable[..., list[Record]]
) -> Callable[..., list[Record]]:
    """Lose the stream records of these shards' reports, whatever else a mapping lets through."""

    def extended(records: list[Record], mapping: Config) -> list[Record]:
        kept = chosen(records, mapping)
        for lost in filter(shards.__contains__, map(_shard, kept)):
            lambda_svc.logger.warning(LOST, lost, time.time())
        return [each for each in kept if _shard(each) not in shards]

    return extended


def _shard(record: Record) -> str | None:
    """Read whose report a record is of; those of queues are of none."""
    if "dynamodb" not in record:
        return None
    key: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return key.rpartition("#")[2]


def _listen(ports: Iterable[int]) -> None:
    """Start the proxies, which end with this process."""
    upstream = f"http://{HOST}:{os.environ['GATEWAY_PORT']}"
    subprocess.Popen(  # noqa: S603
        [
            sys.executable, "-P", tethered.__file__,
            sys.executable, "-P", str(PROXIES), upstream, *map(str, ports),
        ],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


if __name__ == "__main__":
    told = json.loads(Path(sys.argv.pop()).read_text())
    worker = cast("Any", lambda_runtime.Worker)
    worker.__init__ = through(worker.__init__, told["ports"])
    lambda_svc._apply_filter_criteria = deaf_to(told["deaf_to"], lambda_svc._apply_filter_criteria)
    _listen(told["ports"].values())
    strict_ministack.main()
