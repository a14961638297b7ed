"""smtplib of Python's standard library, by its sendmail and its login."""

import os
import platform
import smtplib
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import driver  # noqa: E402

FEATURES = {
    "client": f"smtplib of Python {platform.python_version()}",
    "tls": ["opportunistic", "starttls", "implicit"],
    "auth": ["PLAIN", "LOGIN", "CRAM-MD5"],
    "ext": ["SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH", "STARTTLS"],
    "opt": ["count", "timeout", "helo", "param", "literal", "smtputf8", "body"],
    "lmtp": True,
}


class Marked:
    """Remembers that the end of data went out."""

    ended = False

    def mail(self, *args, **kwargs):
        self.ended = False
        return super().mail(*args, **kwargs)

    def send(self, s):
        super().send(s)
        self.ended = self.ended or isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")


class SMTP(Marked, smtplib.SMTP):
    pass


class SMTP_SSL(Marked, smtplib.SMTP_SSL):
    pass


class LMTP(Marked, smtplib.LMTP):
    pass


class TLSFailed(Exception):
    pass


def connect(job):
    options = {"local_hostname": job.get("helo") or None}
    if job.get("timeout"):
        options["timeout"] = job["timeout"]
    context = None if job["tls"] == "none" else ssl.create_default_context(cafile=job["ca"])
    try:
        if job["protocol"] == "lmtp":
            return LMTP(job["name"], job["port"], **options)
        if job["tls"] == "implicit":
            return SMTP_SSL(job["name"], job["port"], context=context, **options)
        client = SMTP(job["name"], job["port"], **options)
    except ssl.SSLError as error:
        raise TLSFailed(str(error)) from error
    try:
        client.ehlo_or_helo_if_needed()
        if job["tls"] == "starttls" or job["tls"] == "opportunistic" and client.has_extn("starttls"):
            try:
                code, text = client.starttls(context=context)
            except smtplib.SMTPResponseException as error:
                raise TLSFailed(str(error)) from error
            if code != 220:
                raise TLSFailed(f"STARTTLS: {code} {text}")
    except BaseException:
        quit(client)
        raise
    return client


def login(client, job):
    if not job.get("user"):
        return
    if job.get("token"):
        raise driver.Skip("no mechanism with a token")
    if not job.get("mechanism"):
        client.login(job["user"], job["password"])
        return
    client.ehlo_or_helo_if_needed()
    client.user, client.password = job["user"], job["password"]
    name = job["mechanism"]
    code, text = client.auth(name, getattr(client, "auth_" + name.lower().replace("-", "_")), initial_response_ok=name == "PLAIN")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, text)


def quit(client):
    try:
        client.quit()
    except (smtplib.SMTPException, OSError, ValueError):
        client.close()


def transaction(client, job, message):
    mail = list(job.get("mailParams") or [])
    if job.get("body") in ("8bit", "binary"):
        mail.append({"8bit": "BODY=8BITMIME", "binary": "BODY=BINARYMIME"}[job["body"]])
    if job.get("smtputf8") or not "".join([job["from"], *job["to"]]).isascii():
        mail.append("SMTPUTF8")
    refused = client.sendmail(job["from"], job["to"], message, mail, job.get("rcptParams") or [])
    return [driver.outcome(to, *refused[to]) if to in refused else driver.outcome(to, 250, "", True) for to in job["to"]]


def raised(job, error, ended):
    """The outcomes that an exception tells: whatever its code, the caller does not take the message for accepted."""
    return [dict(r, outcome="unknown") if r["outcome"] == "accepted" else r for r in failed(job, error, ended)]


def failed(job, error, ended):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [driver.outcome(to, *error.recipients.get(to, (0, ""))) for to in job["to"]]
    if isinstance(error, smtplib.SMTPResponseException):
        return driver.for_all(job, error.smtp_code, error.smtp_error, ended and isinstance(error, smtplib.SMTPDataError))
    return driver.for_all(job, 0, f"{type(error).__name__}: {error}", ended)


def send(job):
    if driver.may_be_clear(job):
        raise driver.Skip("whether credentials may go without TLS is up to who calls the library")
    driver.resolve(job)
    message, client, messages, problem = driver.content(job), None, [], ""
    for _ in range(max(1, job.get("count", 1))):
        for fresh in (client is None, True):
            try:
                if client is None:
                    client = connect(job)
                    login(client, job)
                outcomes = transaction(client, job, message)
                break
            except driver.Skip:
                if client:
                    quit(client)
                raise
            except Exception as error:  # what a caller gets, whatever it is
                problem = f"{type(error).__name__}: {error}"
                outcomes = raised(job, error, bool(client and client.ended))
                lost = client is None or client.sock is None or not isinstance(error, smtplib.SMTPException)
                if client and (lost or isinstance(error, smtplib.SMTPAuthenticationError)):
                    quit(client)
                    client = None
                if fresh or any(r["code"] not in (0, 421) or r["outcome"] not in ("not-sent", "temporary") for r in outcomes):
                    break
        messages.append(outcomes)
    if client:
        quit(client)
    return messages, problem


driver.serve(FEATURES, send)
