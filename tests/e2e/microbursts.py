"""A microburst for each region, in one process: proxies that inject faults on the way to AWS.

A script: told where AWS is, and on which ports to listen.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from aiohttp import web
from microburst.app import make_app
from microburst.core.pipeline import Microburst
from microburst.detection import host

HOST: Final = "127.0.0.1"


def microburst(upstream: str) -> Microburst:
    """Make a proxy; what is called through it keeps the name of the host that it was signed for."""
    made = Microburst(upstream, resign=False)
    headers = made.upstream._outbound_headers

    def faithful(request: web.Request) -> dict[str, str]:
        return {**headers(request), "host": request.host}

    made.upstream._outbound_headers = faithful
    return made


async def serve(upstream: str, ports: Sequence[int]) -> None:
    """Listen until somebody ends the process."""
    for port in ports:
        runner = web.AppRunner(make_app(microburst(upstream)), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    # Who is called is in the signature. To know the names of AWS's hosts too, it would first read
    # the models of all services, for half a minute.
    host._endpoint_prefix_map = dict
    asyncio.run(serve(sys.argv[1], [int(port) for port in sys.argv[2:]]))
