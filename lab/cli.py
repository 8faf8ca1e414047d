"""The local test cloud: real Ceilometer on loopback hosts, with traffic and faults."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from lab import accountant, cloud, faults, readiness, report, traffic
from lab.accountant import accounted
from lab.clouds import cloud_named
from lab.errors import LabError, TimeUpError
from lab.nspawn import commands as nspawn
from lab.phases import align, seeded
from lab.progress import Progress
from lab.settings import the_lab
from lab.waiting import until

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
traffic_app = typer.Typer(no_args_is_help=True, help="Real notifications at a steady rate.")
app.add_typer(traffic_app, name="traffic")


class Hosts(StrEnum):
    """What the hosts are."""

    LOOPBACK = "loopback"
    NSPAWN = "nspawn"


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"


def main() -> None:
    """Run a command; a LabError ends it with its message and exit code 1."""
    try:
        app(prog_name="lab")
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        sys.exit(1)


@app.command()
def up(
    kind: Annotated[
        str,
        typer.Option(
            "--cloud",
            help="classic, coordinated or single; nspawn hosts: standin or classic; "
            "by default what it was.",
        ),
    ] = "",
    releases: Annotated[str, typer.Option(help="Comma-separated, oldest first.")] = "",
    partitioned: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--partitioned", help="Notification agents share their work.")
    ] = False,
    hosts: Annotated[
        Hosts, typer.Option(help="nspawn: with a systemd of their own.")
    ] = Hosts.LOOPBACK,
    count: Annotated[int, typer.Option(help="How many nspawn hosts; by default ten.")] = 0,
) -> None:
    """Bring the lab up or repair it; returns when data flows through all of it."""
    if hosts is Hosts.NSPAWN:
        if partitioned:
            raise LabError("nspawn hosts do not share their work: leave --partitioned")
        nspawn.up(count, kind, releases)
        return
    progress, lab = Progress(), the_lab()
    if kind or releases or partitioned:
        wanted = cloud_named(kind or lab.cloud.name, releases, partitioned=partitioned)
        lab = cloud.chosen(lab, wanted)
    cloud.up(lab, lab.cloud.releases, progress)
    progress.say("the lab is up")


@app.command()
def status(
    output: Annotated[Format, typer.Option("--format")] = Format.TEXT,
) -> None:
    """What runs where, and whether data flows; exit 1 when something does not."""
    found = report.status(the_lab())
    typer.echo(json.dumps(found.plain()) if output is Format.JSON else found.text())
    if not found.healthy:
        raise typer.Exit(1)


@app.command()
def reset(
    hosts: Annotated[Hosts, typer.Option(help="Which hosts are meant.")] = Hosts.LOOPBACK,
) -> None:
    """Back to every service on the first release, with nothing stored and no faults."""
    if hosts is Hosts.NSPAWN:
        nspawn.reset()
        return
    progress, lab = Progress(), the_lab()
    cloud.reset(lab, progress)
    progress.say(f"every service is on {lab.cloud.old}")


@app.command()
def down(
    purge: Annotated[bool, typer.Option("--purge", help="Delete the lab's folder too.")] = False,  # noqa: FBT002
    hosts: Annotated[
        Hosts | None, typer.Option(help="Only these hosts, and what serves them.")
    ] = None,
) -> None:
    """Stop everything; no process is left behind."""
    progress = Progress()
    if hosts is not Hosts.LOOPBACK:
        nspawn.down(purge=purge)
    if hosts is not Hosts.NSPAWN:
        cloud.down(the_lab(), progress, purge=purge)
    progress.say("the lab is down")


@app.command()
def account(
    output: Annotated[Format, typer.Option("--format")] = Format.TEXT,
    wait: Annotated[float, typer.Option(help="Wait this long for what is still on its way.")] = 0,
    since: Annotated[float, typer.Option(help="Judge polls from this time (epoch).")] = 0,
) -> None:
    """Compare what was sent and what was due to be polled with the database."""
    lab = the_lab()

    now = readiness.now()

    def look() -> accountant.Account:
        return accounted(lab, before=now, since=since)

    with contextlib.suppress(TimeUpError):
        until(lambda: look().complete, "every notification stored", wait, every=1)
    found = look()
    plain = json.dumps(dataclasses.asdict(found))
    typer.echo(plain if output is Format.JSON else report.account_text(found))
    if not found.complete:
        raise typer.Exit(1)


@app.command("break")
def break_(
    fault: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join(faults.FAULTS)}; nspawn hosts: {', '.join(nspawn.FAULTS)}."
        ),
    ],
    host: Annotated[str | None, typer.Argument(help="Default: a host that suits it.")] = None,
    when: Annotated[
        faults.When, typer.Option(help="now restarts the service; restart waits for the next.")
    ] = faults.When.NOW,
) -> None:
    """Break something, so that it can be mended again."""
    if fault in nspawn.FAULTS:
        typer.echo(nspawn.break_(fault, host))
        return
    lab = the_lab()
    cloud.running(lab)
    typer.echo(faults.inflict(lab, fault, host, when))


@app.command()
def mend(
    fault: Annotated[str, typer.Argument(help="The fault that was given to break.")],
    host: Annotated[str | None, typer.Argument(help="As it was given to break.")] = None,
) -> None:
    """Undo a fault."""
    if fault in nspawn.FAULTS:
        typer.echo(nspawn.mend(fault, host))
        return
    lab = the_lab()
    cloud.running(lab)
    typer.echo(faults.mend(lab, fault, host))


@app.command()
def phases(
    seed: Annotated[int, typer.Option(help="The same seed gives the same phases.")] = 1,
    aligned: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option("--aligned/--random", help="Within a fifth of it, or anywhere."),
    ] = True,
) -> None:
    """Restart the polling agents so that they tick at phases drawn by a seed."""
    lab = the_lab()
    cloud.running(lab)
    align(lab, seeded(seed, lab, aligned=aligned), Progress())


@traffic_app.command("start")
def traffic_start(
    rate: Annotated[float, typer.Option(min=0.1, help="Notifications a second.")] = 20.0,
) -> None:
    """Start sending; returns when the first notification is out."""
    lab = the_lab()
    traffic.start(lab, rate)
    typer.echo(report.traffic_text(lab))


@traffic_app.command("stop")
def traffic_stop() -> None:
    """Stop sending."""
    lab = the_lab()
    traffic.stop(lab)
    typer.echo(report.traffic_text(lab))


@traffic_app.command("status")
def traffic_status() -> None:
    """What has been sent so far."""
    typer.echo(report.traffic_text(the_lab()))
