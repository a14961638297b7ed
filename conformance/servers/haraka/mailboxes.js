// Keeps each message in a maildir for each recipient, below $MAILBOXES, Return-Path before it.
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { PassThrough } = require('node:stream')

const mailboxes = ['tester@example.test', 'postmaster@example.test']
let delivered = 0

exports.register = function () {
  this.register_hook('rcpt', 'known')
  this.register_hook('queue', 'keep')
  this.register_hook('queue_outbound', 'keep') // of somebody who authenticated
}

exports.known = function (next, connection, params) {
  const to = params[0].user?.toLowerCase() === 'postmaster' && !params[0].host ? mailboxes[1] : params[0].address.toLowerCase()
  if (mailboxes.includes(to)) return next(OK)
  next(DENY, to.endsWith('@example.test') ? 'unknown user' : 'relaying denied')
}

// Written below tmp and moved when it is whole, so that a reader of new/ sees no half message.
exports.keep = function (next, connection) {
  const { mail_from, rcpt_to, message_stream } = connection.transaction
  const out = new PassThrough()
  const pieces = [Buffer.from(`Return-Path: <${mail_from.address}>\r\n`)]
  out.on('data', (piece) => pieces.push(piece))
  out.on('end', () => {
    for (const to of rcpt_to) {
      const folder = path.join(process.env.MAILBOXES, to.user.toLowerCase())
      const name = String(++delivered)
      fs.writeFileSync(path.join(folder, 'tmp', name), Buffer.concat(pieces))
      fs.renameSync(path.join(folder, 'tmp', name), path.join(folder, 'new', name))
    }
    next(OK, 'kept')
  })
  message_stream.pipe(out, { line_endings: '\r\n' })
}
