"""What messages point at, as the template tells it."""

from functools import cache

from tocsin.messages.links import Links
from tocsin.wiring.home import told


@cache
def links() -> Links:
    """Tell what messages point at; whose account and partition it is, the topics say."""
    _, partition, _, region, account, _ = told("TOCSIN_TOPIC_PAGE").split(":")
    return Links(
        partition=partition,
        account=account,
        region=region,
        dashboard=told("TOCSIN_DASHBOARD", ""),
        status_page=told("TOCSIN_SITE_URL", ""),
    )
