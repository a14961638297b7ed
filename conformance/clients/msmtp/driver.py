"""msmtp, by its command line; what became of a message its exit code says, and what it prints with --debug."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import driver  # noqa: E402

FEATURES = {
    "client": "msmtp " + driver.run(["msmtp", "--version"])[1].split()[2],
    "tls": ["starttls", "implicit"],
    "auth": ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"],
    "ext": ["PIPELINING", "SIZE", "DSN", "8BITMIME", "AUTH", "STARTTLS"],
    "opt": ["timeout", "helo", "literal"],
    "lmtp": True,
}


def send(job):
    driver.check(job)
    command = [
        "msmtp", "--debug", f"--host={job['host']}", f"--port={job['port']}", f"--protocol={job['protocol']}", f"--from={job['from']}",
        "--set-from-header=off", "--set-date-header=off", "--set-msgid-header=off", "--remove-bcc-headers=off",
    ]
    if job.get("helo"):
        command.append(f"--domain={job['helo']}")
    if job.get("timeout"):
        command.append(f"--timeout={math.ceil(job['timeout'])}")
    if job["tls"] != "none":
        starttls = {"starttls": "on", "implicit": "off"}[job["tls"]]
        command += ["--tls=on", f"--tls-starttls={starttls}", f"--tls-trust-file={job['ca']}", f"--tls-host-override={job['name']}"]
    with driver.secret((job.get("password") or job.get("token") or "") + "\n") as file, open(job["message"], "rb") as message:
        if job.get("user"):
            kind = job["mechanism"].lower() if job.get("mechanism") else "xoauth2" if job.get("token") else "on"
            command += [f"--auth={kind}", f"--user={job['user']}", f"--passwordeval=cat {file}"]
        code, out, err = driver.run([*command, "--", *job["to"]], stdin=message)
    marks = {"<-- ": "S", "--> ": "C"}
    lines = [(marks[line[:4]], line[4:].rstrip("\r")) for line in out.split("\n") if line[:4] in marks]
    return [driver.told(job, code, lines, driver.last(err))], driver.last(err)


driver.serve(FEATURES, send)
