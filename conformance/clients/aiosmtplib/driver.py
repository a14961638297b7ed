"""aiosmtplib, by its sendmail and its login."""

import asyncio
import os
import ssl
import sys

import aiosmtplib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import driver  # noqa: E402

FEATURES = {
    "client": f"aiosmtplib {aiosmtplib.__version__}",
    "tls": ["opportunistic", "starttls", "implicit"],
    "auth": ["PLAIN", "LOGIN", "CRAM-MD5"],
    "ext": ["SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH", "STARTTLS"],
    "opt": ["count", "timeout", "helo", "param", "literal", "smtputf8", "body"],
}


async def connect(job):
    client = aiosmtplib.SMTP(
        hostname=job["name"], port=job["port"], local_hostname=job.get("helo") or None,
        timeout=job.get("timeout") or aiosmtplib.smtp.DEFAULT_TIMEOUT, use_tls=job["tls"] == "implicit",
        start_tls={"none": False, "implicit": False, "starttls": True, "opportunistic": None}[job["tls"]],
        tls_context=None if job["tls"] == "none" else ssl.create_default_context(cafile=job["ca"]),
    )
    try:
        await client.connect()
    except BaseException:
        client.close()
        raise
    return client


async def login(client, job):
    if not job.get("user"):
        return
    if job.get("token"):
        raise driver.Skip("no mechanism with a token")
    if not job.get("mechanism"):
        await client.login(job["user"], job["password"])
        return
    name = job["mechanism"].lower().replace("-", "")
    await getattr(client, f"auth_{name}")(job["user"], job["password"])


async def quit(client):
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, ValueError):
        pass
    client.close()


def mark(client):
    """Has a client remember that the end of data went out."""
    write, client.ended = client.protocol.write, False

    def watched(data):
        write(data)
        client.ended = client.ended or data.endswith(b"\r\n.\r\n")

    client.protocol.write = watched


async def transaction(client, job, message):
    mail = list(job.get("mailParams") or [])
    if job.get("body") in ("8bit", "binary"):
        mail.append({"8bit": "BODY=8BITMIME", "binary": "BODY=BINARYMIME"}[job["body"]])
    if job.get("smtputf8") or not "".join([job["from"], *job["to"]]).isascii():
        mail.append("SMTPUTF8")
    mark(client)
    refused, text = await client.sendmail(job["from"], job["to"], message, mail, job.get("rcptParams") or [])
    return [driver.outcome(to, refused[to].code, refused[to].message) if to in refused else driver.outcome(to, 250, text, True) for to in job["to"]]


def raised(job, error, ended):
    """The outcomes that an exception tells: whatever its code, the caller does not take the message for accepted."""
    return [dict(r, outcome="unknown") if r["outcome"] == "accepted" else r for r in failed(job, error, ended)]


def failed(job, error, ended):
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refused = {one.recipient: one for one in error.recipients}
        return [driver.outcome(to, refused[to].code, refused[to].message) if to in refused else driver.outcome(to) for to in job["to"]]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return driver.for_all(job, error.code, error.message, ended and isinstance(error, aiosmtplib.SMTPDataError))
    return driver.for_all(job, 0, f"{type(error).__name__}: {error}", ended)


async def send_all(job):
    message, client, messages, problem = driver.content(job), None, [], ""
    for _ in range(max(1, job.get("count", 1))):
        for fresh in (client is None, True):
            try:
                if client is None:
                    client = await connect(job)
                    await login(client, job)
                outcomes = await transaction(client, job, message)
                break
            except driver.Skip:
                await quit(client)
                raise
            except Exception as error:  # what a caller gets, whatever it is
                problem = f"{type(error).__name__}: {error}"
                outcomes = raised(job, error, bool(client and getattr(client, "ended", False)))
                if client and (not client.is_connected or not isinstance(error, aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused)):
                    await quit(client)
                    client = None
                if fresh or any(r["code"] not in (0, 421) or r["outcome"] not in ("not-sent", "temporary") for r in outcomes):
                    break
        messages.append(outcomes)
    if client:
        await quit(client)
    return messages, problem


def send(job):
    if driver.may_be_clear(job):
        raise driver.Skip("whether credentials may go without TLS is up to who calls the library")
    driver.resolve(job)
    return asyncio.run(send_all(job))


driver.serve(FEATURES, send)
