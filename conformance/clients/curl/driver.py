"""curl, by its command line; what became of a message its exit code says, and what it prints with --verbose."""

import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import driver  # noqa: E402

FEATURES = {
    "client": "curl " + driver.run(["curl", "--version"])[1].split()[1],
    "tls": ["opportunistic", "starttls", "implicit"],
    "auth": ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"],
    "ext": ["SIZE", "SMTPUTF8", "AUTH", "STARTTLS"],
    "opt": ["helo", "literal"],
}


def send(job):
    driver.check(job)
    scheme = "smtps" if job["tls"] == "implicit" else "smtp"
    host = f"[{job['host']}]" if ":" in job["host"] else job["host"]
    url = f"{scheme}://{job['name']}:{job['port']}/" + urllib.parse.quote(job.get("helo") or "", safe="")
    command = ["curl", "--verbose", "--silent", "--show-error", "--url", url, "--connect-to", f"::{host}:", "--mail-from", job["from"], "--upload-file", job["message"]]
    for to in job["to"]:
        command += ["--mail-rcpt", to]
    if job["tls"] != "none":
        command += ["--cacert", job["ca"]]
    if job["tls"] in ("starttls", "opportunistic"):
        command.append({"starttls": "--ssl-reqd", "opportunistic": "--ssl"}[job["tls"]])
    if job.get("user"):
        command += ["--user", f"{job['user']}:{job.get('password') or ''}"]
        if job.get("token"):
            command += ["--oauth2-bearer", job["token"]]
        if job.get("mechanism"):
            command += ["--login-options", f"AUTH={job['mechanism']}"]
    code, _, err = driver.run(command, stdin=-3)
    lines = []
    for line in err.split("\n"):
        if line[:2] in ("> ", "< "):
            lines.append(({"> ": "C", "< ": "S"}[line[:2]], line[2:].rstrip("\r")))
            if line.startswith("< 354") and ("C", "DATA") in lines and code != 55:  # CURLE_SEND_ERROR: content, or its end, could not be sent
                lines.append(("C", "."))
    error = " ".join(line for line in err.split("\n") if line.startswith("curl: "))
    return [driver.told(job, code, lines, error)], error


driver.serve(FEATURES, send)
