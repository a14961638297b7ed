"""What the drivers in Python share: jobs in, answers out, as docs/clients.md has it."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import tempfile


class Skip(Exception):
    """The client can't do the job."""


def serve(features, send):
    """Answers job after job. send gives a list of messages, each a list of recipients, and a text about what went wrong."""
    for line in sys.stdin:
        job = json.loads(line)
        if job.get("features"):
            answer = dict(features, serves=True)
        else:
            try:
                messages, error = send(job)
                answer = {"messages": messages, "error": error}
            except Skip as why:
                answer = {"skipped": str(why)}
        print(json.dumps(answer), flush=True)


def resolve(job):
    """Has the name of the job's certificate mean the address to connect to, as a name server would."""
    real = socket.getaddrinfo.__wrapped__ if hasattr(socket.getaddrinfo, "__wrapped__") else socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        return real(job["host"] if host == job["name"] else host, *args, **kwargs)

    getaddrinfo.__wrapped__ = real
    socket.getaddrinfo = getaddrinfo


def content(job):
    with open(job["message"], "rb") as file:
        return file.read()


def outcome(to, code=0, text="", ended=False):
    """What a reply means for a recipient; ended: it came for the end of data, or that went out."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    word = {2: "accepted" if ended else "not-sent", 4: "temporary", 5: "permanent"}.get(code // 100)
    if word is None:
        word = "unknown" if ended else "not-sent"
    return {"to": to, "outcome": word, "code": code, "text": text}


def for_all(job, *args, **kwargs):
    return [outcome(to, *args, **kwargs) for to in job["to"]]


REPLY = re.compile(r"^([0-9]{3})(?:([ -])(.*))?$")


def conversation(lines):
    """What a client's own record of a conversation means: pairs of a direction, "C" or "S", and a line. "." is the end of data.
    Gives the refused recipients, the reply that ended it all, if any, whether the end of data went out, and the replies to it."""
    refused, over, ended, inside, last = {}, None, False, False, []
    waiting = [""]  # the commands that were not answered yet, the greeting first
    for who, line in lines:
        if who == "C":
            if inside and line != ".":
                continue
            ended, inside = ended or line == ".", False
            waiting.append(line)
            continue
        reply = REPLY.match(line)
        if not reply or reply.group(2) == "-":
            continue
        command = waiting.pop(0) if waiting else "." if ended else ""
        verb, code, text = command.split(" ")[0].upper(), int(reply.group(1)), reply.group(3) or ""
        to = re.match(r"(?i)RCPT TO: ?<(.*)>", command)
        if to:
            if code // 100 != 2:
                refused[to.group(1)] = (code, text)
        elif verb == ".":
            last.append((code, text))
        elif verb == "DATA" and code == 354:
            inside = True
        elif code // 100 in (4, 5) and verb not in ("EHLO", "LHLO", "RSET", "QUIT", "STARTTLS") and not ended:
            over = over or (code, text)
    return refused, over, ended, last


def told(job, code, lines, error):
    """The outcomes that follow from a program's exit code and such a record: in LMTP each recipient that was not refused has a
    reply of its own, in SMTP the exit code says whether the message was taken."""
    refused, over, ended, last = conversation(lines)
    outcomes = []
    for to in job["to"]:
        if to in refused:
            outcomes.append(outcome(to, *refused[to]))
        elif job["protocol"] == "lmtp" and last:
            outcomes.append(outcome(to, *last.pop(0), True))
        elif code == 0:
            outcomes.append(outcome(to, 250, error, True))
        elif last and last[0][0] // 100 != 2:
            outcomes.append(outcome(to, *last[0], True))
        elif over is not None and not last:
            outcomes.append(outcome(to, *over))
        else:
            outcomes.append(outcome(to, 0, error, ended))
    return outcomes


def run(command, **kwargs):
    """Runs a program that ends by itself; what it writes is text, whatever the octets."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **kwargs)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def check(job):
    """Skips what a command line can't pass."""
    if any("\0" in value for value in [job["from"], job.get("helo", ""), job.get("password", ""), *job["to"]]):
        raise Skip("a command line can't have NUL in it")
    if may_be_clear(job):
        raise Skip("whether credentials may go without TLS is up to who calls the program")


def may_be_clear(job):
    """Whether credentials might go without TLS, which the job forbids and many clients have no switch for."""
    return job.get("user") and not job.get("clearAuth") and job["tls"] in ("none", "opportunistic")


def last(text):
    """The last lines of what a program complained."""
    return " ".join(text.split("\n")[-4:]).strip()


@contextlib.contextmanager
def secret(text):
    """A file with a password in it, for a program that wants one."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        yield file.name
