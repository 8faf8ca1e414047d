"""A plan in words: sentences for the terminal, markdown for approval forms and artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ceilift.component import Component
from ceilift.finding import Finding, Severity
from ceilift.plan import Action, ExpectedLoss, Gate, GateKind, Plan, Stage, Step
from ceilift.plan_files import Origin
from ceilift.progress import plan_nodes
from ceilift.situation import AGENT

NAMED = 8  # hosts named in one sentence; beyond, the first, the last and the number
SHOWN = 4  # findings of one kind shown in full
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
HEADINGS = {
    Severity.BLOCKER: "What refuses this plan",
    Severity.WARNING: "Warnings",
    Severity.INFO: "Worth knowing",
}

TOGETHER = (GateKind.PIPELINE, GateKind.HEARD)  # gates about all their agents

Node = Step | Gate


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
    if not plan.stages:
        return f"Nothing to do: {plan.cloud} is at {plan.to}"
    if plan.releases == (plan.to,):
        return f"Complete {plan.cloud} at {plan.to} by the {plan.path} path"
    origin = f" from {' and '.join(plan.releases)}" if plan.releases else ""
    return f"Upgrade {plan.cloud}{origin} to {plan.to} by the {plan.path} path"


def stage_sentences(plan: Plan, stage: Stage) -> tuple[str, ...]:
    """One sentence for all nodes that do the same, wave after wave."""
    nodes = plan_nodes(plan)
    groups: list[list[list[Node]]] = []
    for wave in stage.batches:
        for alike in _by_kind(nodes[node_id] for node_id in wave):
            if groups and _kind(groups[-1][-1][0]) == _kind(alike[0]):
                groups[-1].append(alike)
            else:
                groups.append([alike])
    return tuple(_sentence(batches) for batches in groups)


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


def _kind(node: Node) -> object:
    if isinstance(node, Gate):
        return (node.kind, _is_first(node), node.meters)
    return (node.action, _held_to(node))


def _by_kind(nodes: Iterable[Node]) -> Iterable[list[Node]]:
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        alike.setdefault(_kind(node), []).append(node)
    return alike.values()


def _is_first(node: Node) -> bool:
    return node.id.startswith("polling/first/")


def _sentence(batches: Sequence[Sequence[Node]]) -> str:
    nodes = [node for batch in batches for node in batch]
    node = nodes[0]
    hosts = _places(nodes) + (f" in {len(batches)} batches" if len(batches) > 1 else "")
    agent = AGENT.get(node.targets[0].component, "")
    if _are_several(nodes) and node.targets[0].component is not Component.API:
        agent += "s"
    if isinstance(node, Gate):
        return _gate_sentence(node, agent, hosts)
    sentences = {
        Action.BACKUP: f"Save the database on {hosts}",
        Action.VERIFY_BACKUP: f"Restore it into the scratch database, on {hosts}, and compare",
        Action.REHEARSE: f"Rehearse the migration on that copy, from {hosts}",
        Action.DBSYNC: f"Migrate the database to {node.release} on {hosts} (no return from here)",
        Action.STOP: f"Stop the {agent} on {hosts} and prevent a restart",
        Action.START: f"Start the {agent} of {node.release} on {hosts}{_held_to(node)}",
        Action.ENABLE: f"Allow the restart of the {agent} on {hosts}",
        Action.BESIDE: f"Start the {agent} of {node.release} on {hosts} beside the old, as a unit "
        f"of its own{_held_to(node)}",
        Action.REMOVE: f"Stop the {agent} beside on {hosts} and take its unit away",
        Action.MERGE: f"Restart the {agent} on {hosts} with the whole polling file",
        Action.WARM_API: f"Load the API of {node.release} beside the serving one on {hosts}",
        Action.SWITCH_API: f"Switch the API to {node.release} on {hosts}, all in one step",
        Action.WRITE: f"Write the new pipeline for the {agent} on {hosts}, not loaded yet",
        Action.RELOAD: f"Reload the {agent} on {hosts}, all at the same moment",
    }
    if any(file.origin is Origin.FORMER for file in node.files) and node.action is Action.WRITE:
        return f"Give the {agent} on {hosts} the former pipeline back, not loaded yet"
    if node.targets[0].drains and node.action is Action.BESIDE:
        return f"Start an agent of {node.release} on {hosts} that reads only the pipes that go"
    if node.targets[0].drains:
        return f"Stop that agent on {hosts} and take its unit away"
    return sentences[node.action]


def _are_several(nodes: Sequence[Node]) -> bool:
    """Whether a sentence is about more agents than one; no agent at all counts as one."""
    together = isinstance(nodes[0], Step) or nodes[0].kind in TOGETHER
    return len(nodes) > 1 or (together and len(nodes[0].targets) > 1)


def _gate_sentence(gate: Gate, agent: str, hosts: str) -> str:
    if _is_first(gate):
        return f"Gate: the first polling agent polls ({hosts}); no other starts before"
    sentences = {
        GateKind.ALL_STOPPED: f"Gate: no {agent} runs anywhere in the cloud",
        GateKind.API: f"Gate: every API host answers with {gate.release} ({hosts})",
        GateKind.HEARD: f"Gate: the {agent} on {hosts} read what old polling agents sent",
        GateKind.DRAINED: f"Gate: the queues of {', '.join(gate.pipes)} are empty",
    }
    if gate.kind is GateKind.PIPELINE and gate.targets[0].drains:
        return f"Gate: it reads every queue of {', '.join(gate.pipes)}"
    if gate.kind is GateKind.PIPELINE:
        return (
            f"Gate: the {agent} on {hosts} have the new pipeline, "
            "and every queue of its pipes is read"
        )
    proves = "prove themselves" if agent.endswith("s") else "proves itself"
    meters = f" by samples of {_few(gate.meters)}" if gate.meters else ""
    return sentences.get(gate.kind, f"Gate: the {agent} on {hosts} {proves}{meters}")


def _held_to(step: Step) -> str:
    """Which pollsters alone it polls, where a file of ours holds it to them."""
    names = dict.fromkeys(name for file in step.files for name in file.meters)
    return f", polling {_few(tuple(names))} alone" if names else ""


def _few(names: Sequence[str]) -> str:
    """`a, b, c and 17 more`."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _places(nodes: Sequence[Node]) -> str:
    """Where the nodes act: host names, with the unit where a host has two."""
    if all(node.id.count("/") > 1 for node in nodes):
        names = [node.id.split("/", 2)[-1] for node in nodes]
    else:
        names = [target.host for node in nodes for target in node.targets]
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]} ({len(names)} hosts)"


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
        return f"gate {node.kind.value}" + (" (first)" if _is_first(node) else "")
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
