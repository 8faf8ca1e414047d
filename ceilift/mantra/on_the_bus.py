"""Message fields, queues and exchanges: what one side sends, and what the other needs.

While old and new instances work side by side, and while what was sent waits in a queue, each side
reads what the other has sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.mantra.breach import ERROR, INFO, WARNING, Judged, Models


def fields(old: Models, new: Models) -> Iterator[Judged]:
    """The fields of samples and events, both ways."""
    was, now = old.messages, new.messages
    yield from _samples(old, new)
    gone = sorted({*was.event_sends} - {*now.event_sends})
    for name in gone:
        what = f"{new.version} sends no {name} with events any more"
        yield Judged(f"event.{name}.gone", WARNING, what, "nothing known reads it")
    for name in sorted({*now.event_sends} - {*was.event_sends}):
        yield Judged(f"event.{name}.added", INFO, f"{new.version} sends {name} with events", "")


def _samples(old: Models, new: Models) -> Iterator[Judged]:
    was, now = old.messages, new.messages
    sent_before, sent_now = {*was.sample_sends}, {*now.sample_sends}
    for name in sorted({*now.sample_requires} - sent_before):
        what = f"{new.version} demands {name} of samples, and {old.version} does not send it"
        who = f"notification agents of {new.version} fail on what {old.version} has sent"
        yield Judged(f"sample.{name}.demanded", ERROR, what, who)
    for name in sorted({*was.sample_requires} - sent_now):
        what = f"{old.version} demands {name} of samples, and {new.version} does not send it"
        who = f"notification agents of {old.version} that go on fail on what {new.version} sends"
        yield Judged(f"sample.{name}.missing", ERROR, what, who)
    for name in sorted(sent_before - sent_now - {*was.sample_requires}):
        what = f"{new.version} sends no {name} with samples any more"
        reads = name in {*was.sample_accepts, *now.sample_accepts}
        who = "it is read where it is there" if reads else "nothing known reads it"
        yield Judged(f"sample.{name}.gone", WARNING, what, who)
    for name in sorted({*sent_now, *now.sample_may_send} - sent_before - {*was.sample_may_send}):
        yield Judged(f"sample.{name}.added", INFO, f"{new.version} sends {name} with samples", "")


def queues(old: Models, new: Models) -> Iterator[Judged]:
    """The queues that agents read, where both releases' are known."""
    if old.queues is None or new.queues is None:
        return
    for name in sorted({*old.queues} - {*new.queues}):
        what = f"no agent of {new.version} reads {name}"
        who = f"agents of {old.version} that go on read it; what is left in it then stays"
        yield Judged(f"queue.{name}.gone", WARNING, what, who)
    for name in sorted({*new.queues} - {*old.queues}):
        yield Judged(f"queue.{name}.added", INFO, f"agents of {new.version} read {name}", "")


def exchanges(old: Models, new: Models) -> Iterator[Judged]:
    """The exchanges that agents listen on and publish to, both ways.

    Agents publish to an exchange of Ceilometer's own; services publish to theirs.
    """
    was, now = old.exchanges, new.exchanges
    for name in sorted({*was.publishes} & {*was.listens} - {*now.listens}):
        what = f"no agent of {new.version} listens on the exchange {name}"
        who = f"agents of {old.version} that go on publish there"
        yield Judged(f"exchange.{name}.unheard", ERROR, what, who)
    for name in sorted({*now.publishes} & {*now.listens} - {*was.listens, *was.publishes}):
        what = f"{new.version} publishes to the exchange {name}"
        who = f"agents of {old.version} that go on do not listen there"
        yield Judged(f"exchange.{name}.missing", ERROR, what, who)
    for name in sorted({*was.listens} - {*now.listens} - {*was.publishes}):
        what = f"no agent of {new.version} listens on the exchange {name}, unless it is told to"
        who = "a service that notifies there is not heard; nothing known relies on it"
        yield Judged(f"exchange.{name}.gone", WARNING, what, who)
    for name in sorted({*now.listens} - {*was.listens}):
        what = f"agents of {new.version} listen on the exchange {name}"
        yield Judged(f"exchange.{name}.added", INFO, what, "")
