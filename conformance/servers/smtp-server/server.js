// server.js PORT CERTIFICATE-FOLDER MAIL-FOLDER: STARTTLS on PORT, TLS from the start on PORT+1, LMTP on PORT+2.
//
// A message is kept octet for octet, with CRLF, in a maildir for each recipient; Return-Path and Received stand before it.
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { SMTPServer } = require('smtp-server')

const port = Number(process.argv[2])
const [certificate, mail] = process.argv.slice(3)
const postmaster = 'postmaster@example.test'
const mailboxes = ['tester@example.test', postmaster]
let delivered = 0

const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code })

// Written below tmp and moved when it is whole, so that a reader of new/ sees no half message.
function deliver(address, octets) {
  const folder = path.join(mail, address.split('@')[0].toLowerCase())
  const name = String(++delivered)
  fs.writeFileSync(path.join(folder, 'tmp', name), octets)
  fs.renameSync(path.join(folder, 'tmp', name), path.join(folder, 'new', name))
}

const serve = (port, secure, lmtp) => {
  const server = new SMTPServer({
    name: 'mail.example.test',
    secure,
    lmtp,
    key: fs.readFileSync(path.join(certificate, 'key.pem')),
    cert: fs.readFileSync(path.join(certificate, 'cert.pem')),
    authOptional: true,
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
    size: 20 << 20,
    maxClients: 1000,
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    hideREQUIRETLS: false,
    disableReverseLookup: true,
    onAuth(auth, session, done) {
      const good =
        auth.username === 'tester@example.test' &&
        (auth.password === 'testpass' || auth.accessToken === 'testtoken' || auth.validatePassword?.('testpass'))
      if (good) return done(null, { user: auth.username })
      done(null, auth.method === 'XOAUTH2' ? { data: { status: '401', schemes: 'bearer', scope: 'mail' } } : {})
    },
    onRcptTo(address, session, done) {
      let to = address.address.toLowerCase()
      if (to === 'postmaster') address.address = to = postmaster
      if (mailboxes.includes(to)) return done()
      done(refusal(550, to.endsWith('@example.test') ? 'unknown user' : 'relaying denied'))
    },
    onData(stream, session, done) {
      const pieces = []
      stream.on('data', (piece) => pieces.push(piece))
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(refusal(552, 'message too large'))
        const { mailFrom, rcptTo } = session.envelope
        const client = session.hostNameAppearsAs.replace(/[^A-Za-z0-9.:[\]-]/g, '?')
        const date = new Date().toUTCString().replace('GMT', '+0000')
        const trace =
          `Return-Path: <${mailFrom.address}>\r\n` +
          `Received: from ${client} ([127.0.0.1]) by mail.example.test with ${session.transmissionType};\r\n ${date}\r\n`
        const octets = Buffer.concat([Buffer.from(trace), ...pieces])
        for (const to of rcptTo) deliver(to.address, octets)
        done(null, lmtp ? rcptTo.map(() => 'kept') : 'kept')
      })
    },
  })
  server.on('error', (error) => console.error(error.message))
  server.listen(port, '127.0.0.1')
}

serve(port, false, false)
serve(port + 1, true, false)
serve(port + 2, false, true)
