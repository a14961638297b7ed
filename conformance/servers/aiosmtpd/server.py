"""server.py PORT CERTIFICATE-FOLDER MAIL-FOLDER: STARTTLS on PORT, TLS from the start on PORT+1, AUTH PLAIN and LOGIN.

A message is kept octet for octet, with CRLF, in a maildir for each recipient; Return-Path and Received stand before it.
"""
import email.utils
import os
import re
import signal
import ssl
import sys
import uuid

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PORT, CERTIFICATE, MAIL = int(sys.argv[1]), sys.argv[2], sys.argv[3]
MAILBOXES = ('tester', 'postmaster')


def deliver(mailbox, octets):
    """Written below tmp and moved when it is whole, so that a reader of new/ sees no half message."""
    name = uuid.uuid4().hex
    with open(f'{MAIL}/{mailbox}/tmp/{name}', 'wb') as f:
        f.write(octets)
    os.rename(f'{MAIL}/{mailbox}/tmp/{name}', f'{MAIL}/{mailbox}/new/{name}')


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        address = address.lower() if '@' in address else address.lower() + '@example.test'  # <Postmaster>
        local, _, domain = address.rpartition('@')
        if domain != 'example.test':
            return '550 5.7.1 relaying denied'
        if local not in MAILBOXES:
            return '550 5.1.1 unknown user'
        envelope.rcpt_tos.append(address)
        return '250 2.1.5 OK'

    async def handle_DATA(self, server, session, envelope):
        protocol = 'ESMTP' + ('S' if session.ssl else '') + ('A' if session.authenticated else '')
        client = re.sub(r'[^A-Za-z0-9.:\[\]-]', '?', session.host_name)
        trace = (f'Return-Path: <{envelope.mail_from}>\r\n'
                 f'Received: from {client} ([127.0.0.1]) by mail.example.test with {protocol};\r\n'
                 f' {email.utils.formatdate()}\r\n').encode()
        for address in envelope.rcpt_tos:
            deliver(address.rpartition('@')[0], trace + envelope.original_content)
        return '250 2.0.0 kept'


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b'tester@example.test', b'testpass')
    return AuthResult(success=good, handled=False)


for box in MAILBOXES:
    for part in ('tmp', 'new', 'cur'):
        os.makedirs(f'{MAIL}/{box}/{part}')
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE + '/cert.pem', CERTIFICATE + '/key.pem')
common = dict(hostname='127.0.0.1', server_hostname='mail.example.test', authenticator=authenticate,
              enable_SMTPUTF8=True, data_size_limit=20 << 20)
servers = [Controller(Handler(), port=PORT, tls_context=tls, auth_require_tls=False, **common),
           Controller(Handler(), port=PORT + 1, ssl_context=tls, auth_require_tls=False, **common)]
for server in servers:
    server.start()
signal.sigwait({signal.SIGTERM, signal.SIGINT})
for server in servers:
    server.stop()
