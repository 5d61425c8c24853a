"""The publisher of the status page; the aggregator imports it only where there is a page."""

from functools import cache, partial

from tocsin.adapters import site
from tocsin.adapters.calendar import next_start
from tocsin.adapters.history import DynamoHistory
from tocsin.adapters.projections import DynamoProjections
from tocsin.adapters.site import DynamoLedger, S3Site
from tocsin.pages import publication
from tocsin.pages.publication import Face
from tocsin.usecases.publish import Publisher
from tocsin.wiring import aggregator, home
from tocsin.wiring.home import told


@cache
def publisher() -> Publisher:
    """Build all that it takes to publish."""
    tables, table, bucket = home.tables(), told("TOCSIN_STATE_TABLE"), told("TOCSIN_SITE_BUCKET")
    face = Face(title=told("TOCSIN_SITE_TITLE", "Status"), url=told("TOCSIN_SITE_URL", ""))
    return Publisher(
        configs=home.configs(),
        states=aggregator.states(),
        past=DynamoProjections(tables, table),
        history=DynamoHistory(tables, table),
        next_start=next_start,
        draw=partial(publication.draw, face),
        site=S3Site(site.connect(told("TOCSIN_HOME_REGION")), bucket),
        ledger=DynamoLedger(tables, table, bucket),
        look=publication.look(face),
    )
