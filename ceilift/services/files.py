"""Replaces files of a host: atomic, what was there kept beside, no text in an argument."""

from __future__ import annotations

import base64
import textwrap

from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.script import Script, carry_out, outcome

WRITE = ("common.sh", "write.sh", "write_file.sh")
RESTORE = ("common.sh", "write.sh", "restore_file.sh")
END = "CEILIFT-CONTENT-ENDS"
RUN = 'main "$@" </dev/null\n'
READ = Script("read", ("common.sh", "write.sh", "read_file.sh"), RUN)


def write_file(actor: Actor, shell: Shell, node: str, path: str, text: str, like: str) -> str:
    """Make a file of the host hold that text; gives in words what was done.

    One that was there keeps owner and mode, and its content stays as PATH.ceilift-DIGEST; a new
    one gets those of the file `like`. Raises StepFailedError and what the host's shell raises.
    """
    script = Script("write", WRITE, _content(text) + RUN)
    said = carry_out(actor, shell, node, script, path, path, like, digest(text), wait_s=0)
    return f"{path} {said}"


def restore_file(actor: Actor, shell: Shell, node: str, path: str, former: str) -> str:
    """Make a file of the host what it was with that SHA-256 (empty: there was none).

    Raises StepFailedError when that content was not kept by `write_file`.
    """
    script = Script("restore", RESTORE, RUN)
    return f"{path} {carry_out(actor, shell, node, script, path, path, former, wait_s=0)}"


def read_file(shell: Shell, node: str, path: str, former: str, packaged: str) -> str:
    """What a file of the host held when it had that SHA-256; changes nothing.

    Without a digest there was none: then that of the pattern `packaged` is read. Raises
    StepFailedError when that content is nowhere.
    """
    result = shell.run(READ.text(), path, former, packaged)
    if not result.ok:
        what = f"{shell.host}: {result.stderr.strip()}"
        raise StepFailedError(what, host=shell.host, step=node)
    return base64.b64decode(outcome(result.stdout)).decode()


def _content(text: str) -> str:
    coded = base64.b64encode(text.encode()).decode()
    lines = "\n".join(textwrap.wrap(coded, 76))
    return f"content() {{\n  cat <<'{END}'\n{lines}\n{END}\n}}\n"
