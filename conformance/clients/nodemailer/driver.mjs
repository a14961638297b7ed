// nodemailer, by a transport's sendMail; its pool where several messages are asked for. The module stands where NODEMAILER says.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(process.env.NODEMAILER + '/')
const nodemailer = require('nodemailer')

const features = {
  client: 'nodemailer ' + require('nodemailer/package.json').version,
  tls: ['opportunistic', 'starttls', 'implicit'],
  auth: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
  ext: ['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'REQUIRETLS', 'ENHANCEDSTATUSCODES', 'AUTH', 'STARTTLS'],
  opt: ['count', 'timeout', 'helo', 'dsn', 'requiretls', 'literal'],
  lmtp: true,
  serves: true,
}

function transport(job, sent) {
  const note = entry => { if (entry && entry.tnx === 'message') sent.ended = true }
  const timeout = job.timeout ? job.timeout * 1000 : undefined
  let auth
  if (job.user && job.token) auth = { type: 'OAuth2', user: job.user, accessToken: job.token }
  else if (job.user) auth = { user: job.user, pass: job.password, method: job.mechanism || undefined }
  return nodemailer.createTransport({
    host: job.host, port: job.port, name: job.helo || undefined, lmtp: job.protocol === 'lmtp', auth,
    secure: job.tls === 'implicit', ignoreTLS: job.tls === 'none', requireTLS: job.tls === 'starttls',
    tls: { servername: job.name, ca: job.ca ? readFileSync(job.ca) : undefined },
    pool: job.count > 1, maxConnections: 1, maxMessages: Infinity,
    connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout,
    logger: Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map(level => [level, note])),
    disableFileAccess: true, disableUrlAccess: true,
  })
}

function outcome(to, code, text, ended) {
  const word = { 2: ended ? 'accepted' : undefined, 4: 'temporary', 5: 'permanent' }[Math.floor(code / 100)]
  return { to, outcome: word || (ended ? 'unknown' : 'not-sent'), code: code || 0, text: text || '' }
}

// nodemailer asks for each recipient once
const once = list => [...new Set(list)]

// of a failure: a refused recipient has one of its own
function failed(job, error, ended) {
  const own = new Map((error.rejectedErrors || []).map(e => [e.recipient, e]))
  const tls = ['ETLS', 'EREQUIRETLS'].includes(error.code)
  return once(job.to).map(to => {
    const e = own.get(to) || error
    return outcome(to, tls ? 0 : e.responseCode, e.response || e.message, ended && !own.has(to))
  })
}

function done(job, info) {
  const own = new Map((info.rejectedErrors || []).map(e => [e.recipient, e]))
  return once(job.to).map(to => own.has(to) ? outcome(to, own.get(to).responseCode, own.get(to).response, false) : outcome(to, 250, info.response, true))
}

async function send(job) {
  if (job.user && !job.clearAuth && ['none', 'opportunistic'].includes(job.tls)) {
    return { skipped: 'whether credentials may go without TLS is up to who calls the library' }
  }
  const sent = { ended: false }
  const raw = readFileSync(job.message)
  const mailer = transport(job, sent)
  const answer = { messages: [], error: '' }
  for (let i = 0; i < Math.max(1, job.count || 1); i++) {
    sent.ended = false
    const envelope = { from: job.from, to: job.to, size: raw.length, use8BitMime: raw.some(octet => octet > 127) }
    if (job.ret || job.envid || job.notify || job.orcpt) {
      envelope.dsn = { ret: job.ret, envid: job.envid, notify: job.notify, orcpt: job.orcpt }
    }
    if (job.requiretls) envelope.requireTLSExtensionEnabled = true
    const one = async () => {
      try {
        return done(job, await mailer.sendMail({ envelope, raw }))
      } catch (error) {
        answer.error = String(error.message)
        return failed(job, error, sent.ended)
      }
    }
    let list = await one()
    // the connection had ended before the message: over another one
    if (i > 0 && list.every(r => r.code === 421 || (!r.code && r.outcome === 'not-sent'))) list = await one()
    answer.messages.push(list)
  }
  if (job.count > 1) mailer.close() // else it has sent QUIT already
  return answer
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line)
  process.stdout.write(JSON.stringify(job.features ? features : await send(job)) + '\n')
}
