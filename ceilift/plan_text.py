"""A plan in words: sentences for the terminal, markdown for approval forms and artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ceilift.finding import Finding, Severity
from ceilift.plan import ExpectedLoss, Gate, Plan, Stage
from ceilift.plan_nodes import plan_nodes
from ceilift.plan_sentences import NAMED, SHOWN, Node, is_first, stage_sentences
from ceilift.restorable import UNCOUNTED

INDENT = "    "
MINUTE, HOUR = 60, 3600
NEXT = 12  # of what is left that much is shown to whom is asked on the way
TITLES = {
    "database": "Database",
    "collector": "Collectors",
    "notification": "Notification agents",
    "polling": "Polling agents",
    "api": "API",
}
RESTORED = ", the database restored from its dump"
HEADINGS = {
    Severity.BLOCKER: "What refuses this plan",
    Severity.WARNING: "Warnings",
    Severity.INFO: "Worth knowing",
}


def plan_to_sentences(plan: Plan) -> str:
    """The plan as indented sentences: what happens in which order, at what cost, what stands."""
    lines = [title_of(plan)]
    for stage in plan.stages:
        lines.append(f"{INDENT}{TITLES[stage.name]}, about {duration(stage.estimate_s)}")
        lines += [f"{INDENT * 2}{sentence}" for sentence in stage_sentences(plan, stage)]
        lines.append(f"{INDENT * 2}Expected: {loss_in_words(stage.expected_loss)}")
    lines += [f"{INDENT}{line}" for line in finding_lines(plan.findings)]
    return "\n".join(lines) + "\n"


def plan_to_markdown(plan: Plan) -> str:
    """The plan for whoever approves it: what, where, why, at what cost, and what stands against.

    Hosts that act together share a sentence, so that a thousand of them stay readable.
    """
    stages = enumerate(plan.stages, start=1)
    parts = [
        f"# {title_of(plan)}",
        _head(plan),
        *_findings_in_markdown(plan, (Severity.BLOCKER, Severity.WARNING)),
        *(_stage_in_markdown(plan, stage, number) for number, stage in stages),
        *_findings_in_markdown(plan, (Severity.INFO,)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def gate_to_markdown(plan: Plan, gate: str, left: Sequence[str]) -> str:
    """What somebody reads who is asked on the way: what is done, and what comes next."""
    nodes = plan_nodes(plan)
    following = [f"- `{node}`: {nodes[node].why}" for node in left[:NEXT]]
    more = [f"- and {len(left) - NEXT} more"] if len(left) > NEXT else []
    lines = [
        f"# {title_of(plan)}: {gate}",
        "",
        f"Of this run's {len(nodes)} steps and gates {len(nodes) - len(left)} are done.",
        "",
        "Next:",
        "",
        *following,
        *more,
        "",
        "A no leaves everything as it is now; `ceilift resume` goes on later.",
    ]
    return "\n".join(lines)


def title_of(plan: Plan) -> str:
    """From what to what, by which path."""
    if plan.request.start_old:
        kind = TITLES[plan.request.start_old].lower()
        return f"Start the {kind} of {plan.cloud} again as they ran before the upgrade to {plan.to}"
    if plan.request.rollback:
        return _title_of_rollback(plan) + (RESTORED if plan.request.restore_database else "")
    if not plan.stages:
        return f"Nothing to do: {plan.cloud} is at {plan.to}"
    if plan.releases == (plan.to,):
        return f"Complete {plan.cloud} at {plan.to} by the {plan.path} path"
    origin = f" from {' and '.join(plan.releases)}" if plan.releases else ""
    return f"Upgrade {plan.cloud}{origin} to {plan.to} by the {plan.path} path"


def _title_of_rollback(plan: Plan) -> str:
    if not plan.stages:
        return f"Nothing to roll back: {plan.cloud} is at {plan.to}"
    origin = " and ".join(release for release in plan.releases if release != plan.to)
    origin = f" from {origin}" if origin else ""
    return f"Roll {plan.cloud} back{origin} to {plan.to} by the {plan.path} path"


def finding_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """One line a finding; of many alike, the first few and how many more."""
    lines: list[str] = []
    for group in _alike(findings):
        severity = group[0].severity.value.capitalize()
        lines += [f"{severity} {f.id} ({f.where}): {f.what}" for f in group[:SHOWN]]
        if len(group) > SHOWN:
            lines.append(f"{severity} {group[0].id}: and {len(group) - SHOWN} more like these")
    return tuple(lines)


def loss_in_words(loss: ExpectedLoss) -> str:
    """What a stage is expected to cost."""
    if loss.doubled_in_all is not None:
        missed, doubled = loss.missed_in_all, loss.doubled_in_all or "none"
        polls = f"{missed or 'no'} {'poll' if missed == 1 else 'polls'}"
        gap = duration(loss.longest_gap_s)
        return f"{polls} missed, {doubled} doubled, no gap over {gap} ({loss.why})"
    if loss.why == UNCOUNTED:
        return UNCOUNTED
    if loss.stored is not None:
        noun = "sample" if loss.stored == 1 else "samples"
        return f"{loss.stored or 'no'} stored {noun} lost ({loss.why})"
    if not (loss.missed or loss.doubled or loss.longest_gap_s):
        return f"nothing lost ({loss.why})" if loss.why else "nothing lost"
    doubled = f", {loss.doubled} doubled" if loss.doubled else ""
    polls = f"{loss.missed or 'no'} {'poll' if loss.missed <= 1 else 'polls'}"
    gap = f"a pause of up to {duration(loss.longest_gap_s)}"
    return f"{polls} of a resource missed{doubled}, {gap} ({loss.why})"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `2 h 05 min`: for reading, so rounded."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    hours, rest = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {rest:02d} min"


def _head(plan: Plan) -> str:
    lines = [f"- Plan `{plan.hash}`"]
    if plan.stages:
        lines.append(f"- About {duration(plan.estimate_s)} in all, gates included")
    if plan.point_of_no_return:
        lines.append(f"- Point of no return: `{plan.point_of_no_return}`")
    lines += [f"- Set aside: {one.id} ({one.reason})" for one in plan.request.without]
    lines += [f"- Accepted: {one.id} ({one.reason})" for one in plan.request.accept]
    return "\n".join(lines)


def _stage_in_markdown(plan: Plan, stage: Stage, number: int) -> str:
    heading = f"## {number}. {TITLES[stage.name]} (about {duration(stage.estimate_s)})"
    steps = "\n".join(f"1. {sentence}" for sentence in stage_sentences(plan, stage))
    why = "\n".join(f"- {reason}" for reason in _reasons(plan, stage))
    loss = f"Expected loss: {loss_in_words(stage.expected_loss)}."
    return "\n\n".join([heading, steps, f"Why:\n\n{why}", loss])


def _reasons(plan: Plan, stage: Stage) -> tuple[str, ...]:
    """Why the stage's nodes are there: each reason once."""
    nodes = (node for node in plan_nodes(plan).values() if node.stage == stage.name)
    return tuple(dict.fromkeys(f"{_what(node)}: {node.why}" for node in nodes))


def _what(node: Node) -> str:
    if isinstance(node, Gate):
        return f"gate {node.kind.value}" + (" (first)" if is_first(node) else "")
    return node.action.value


def _findings_in_markdown(plan: Plan, severities: Sequence[Severity]) -> Iterator[str]:
    for severity in severities:
        chosen = [finding for finding in plan.findings if finding.severity is severity]
        if chosen:
            lines = [line for group in _alike(chosen) for line in _group_in_markdown(group)]
            yield f"## {HEADINGS[severity]}\n\n" + "\n".join(lines)


def _group_in_markdown(group: Sequence[Finding]) -> Iterator[str]:
    for one in group[:SHOWN]:
        yield f"- **{one.id}** ({one.where}): {one.what}. Why: {one.why}. {one.remedy}."
    if len(group) > SHOWN:
        more = ", ".join(one.where for one in group[SHOWN : SHOWN + NAMED])
        dots = ", ..." if len(group) > SHOWN + NAMED else ""
        yield f"- **{group[0].id}**: {len(group) - SHOWN} more like these ({more}{dots})"


def _alike(findings: Iterable[Finding]) -> tuple[list[Finding], ...]:
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.id), []).append(finding)
    return tuple(groups.values())
