"""Where people can look further, and whose account it is: what a home stack knows of itself."""

from dataclasses import dataclass
from urllib.parse import quote

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The home stack as messages point at it; what it does not have is empty."""

    partition: str = "aws"
    account: str = ""
    region: str = ""
    dashboard: str = ""
    status_page: str = ""

    def named(self) -> tuple[tuple[str, str], ...]:
        """Give each link with its name, those that there are."""
        links = (("Dashboard", self._console()), ("Status page", self.status_page))
        return tuple((name, link) for name, link in links if link)

    def _console(self) -> str:
        host = _CONSOLES.get(self.partition)
        if not self.dashboard or host is None:
            return ""
        name = quote(self.dashboard, safe="")
        return f"https://{host}/cloudwatch/home?region={self.region}#dashboards/dashboard/{name}"


NOWHERE = Links()
"""Of a stack that has nothing to show, as the local one."""
