"""What writes to Ceilometer's database: everything that has to be down while it is restored."""

from __future__ import annotations

from ceilift.component import Component
from ceilift.situation import Place, Situation
from ceilift.state import Instance

# DirectPublisher (ceilometer/publisher/direct.py; 8.1.5 and 9.0.7 register it by both names): the
# agent dispatches by itself what collectors else do, to the database unless it is told otherwise.
DIRECT = frozenset({"direct", "database"})


def restores(situation: Situation) -> bool:
    """Whether the plan brings the database back to the dump, too."""
    request = situation.request
    return request.rollback and request.restore_database and request.start_old is None


def writers(situation: Situation) -> tuple[Component, ...]:
    """The components that write to the database, as configured: collectors, API, and others.

    The API stores what is posted to it with `direct` (MeterController.post in
    ceilometer/api/controllers/v2/meters.py), and reads all the time. Notification agents write
    where a pipe of one that runs, or ran, publishes to the database itself.
    """
    found = [Component.COLLECTOR, Component.API]
    if any(_is_direct(one) for one in (*situation.baseline, *situation.state.former)):
        found.append(Component.NOTIFICATION)
    return tuple(found)


def written_by(situation: Situation, component: Component) -> tuple[Place, ...]:
    """The places of that component at which something was when the way back began."""
    return tuple(place for place in situation.places[component] if place.before is not None)


def _is_direct(one: Instance) -> bool:
    pipelines = one.config.pipelines
    if one.component is not Component.NOTIFICATION or pipelines is None:
        return False
    urls = (url for pipe in pipelines.pipes for url in pipe.publishers)
    return any(url.partition("://")[0] in DIRECT for url in urls)
