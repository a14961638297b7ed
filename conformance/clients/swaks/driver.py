"""swaks, by its command line; what became of a message its exit code says, and its transcript."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import driver  # noqa: E402

FEATURES = {
    "client": "swaks " + driver.run(["swaks", "--version"])[1].split()[2],
    "tls": ["opportunistic", "starttls", "implicit"],
    "auth": ["PLAIN", "LOGIN", "CRAM-MD5"],
    "ext": ["AUTH", "STARTTLS"],
    "opt": ["timeout", "helo", "literal"],
    "lmtp": True,
}


def send(job):
    driver.check(job)
    if any("," in to for to in job["to"]):
        raise driver.Skip("a comma in an address parts two addresses")
    command = [
        "swaks", "--suppress-data", "--server", job["host"], "--port", str(job["port"]), "--from", job["from"] or "<>", "--to", ",".join(job["to"]),
        "--data", "@" + job["message"], "--auth-hide-password",
    ]
    if job.get("helo"):
        command += ["--helo", job["helo"]]
    if job["protocol"] == "lmtp":
        command += ["--protocol", "LMTP"]
    if job.get("timeout"):
        command += ["--timeout", f"{math.ceil(job['timeout'])}s"]
    if job["tls"] != "none":
        command += [{"starttls": "--tls", "opportunistic": "--tls-optional", "implicit": "--tls-on-connect"}[job["tls"]]]
        command += ["--tls-verify", "--tls-ca-path", job["ca"], "--tls-sni", job["name"]]
    if job.get("user"):
        if job.get("token"):
            raise driver.Skip("no mechanism with a token")
        command += ["--auth", job["mechanism"]] if job.get("mechanism") else ["--auth"]
        command += ["--auth-user", job["user"], "--auth-password", job["password"]]
    code, out, err = driver.run(command, stdin=-3)
    lines = []
    for line in out.split("\n"):
        if line[:4] in ("<-  ", "<** ", "<~  ", "<~* "):
            lines.append(("S", line[4:]))
        elif line[:4] in (" -> ", " ~> "):
            sent = line[4:]
            lines.append(("C", "." if sent.endswith(" lines sent") and sent.split(" ")[0].isdigit() else sent))
    error = " ".join(line for line in (out + err).split("\n") if line.startswith("***"))
    return [driver.told(job, code, lines, error)], error


driver.serve(FEATURES, send)
