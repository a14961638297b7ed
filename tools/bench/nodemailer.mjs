// Sends with nodemailer's pool, as job.go does with the clients written in Go: reads a job from standard input and
// writes the outcome to standard output.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const job = JSON.parse(readFileSync(0, 'utf8'))
const load = job.load
const nodemailer = createRequire(job.module + '/')('nodemailer')
const [host, port] = job.addr.split(':')

const header = 'From: <sender@client.example.test>\r\nTo: <recipient@server.example.test>\r\nSubject: a message to measure with\r\n\r\n'
const lines = []
for (let n = header.length, i = 0; n < load.size; i++) {
  const line = 'line ' + String(i).padStart(8, '0') + ' of a message that has seventy octets in each of its lines\r\n'
  lines.push(line)
  n += line.length
}
const text = header + lines.join('')
const raw = Buffer.from(text.slice(0, load.size - 2) + '\r\n', 'latin1')
const to = Array.from({ length: load.recipients }, (_, i) => `recipient${i}@server.example.test`)

const options = pool => ({
  host, port: Number(port), name: 'client.example.test', pool, maxConnections: load.connections, maxMessages: Infinity,
  secure: load.tls === 'implicit', ignoreTLS: !load.tls, requireTLS: load.tls === 'starttls',
  tls: { servername: 'localhost', ca: load.tls ? readFileSync(job.roots) : undefined },
  auth: load.auth ? { user: 'tester', pass: 'testpass', method: 'PLAIN' } : undefined,
  disableFileAccess: true, disableUrlAccess: true,
})
const message = () => ({ envelope: { from: 'sender@client.example.test', to }, raw })

// As many messages are under way as the pool has connections.
async function sendWhile(transport, more) {
  let sent = 0
  const one = async () => {
    while (more()) {
      const info = await transport.sendMail(message())
      if (info.rejected.length) throw new Error('refused: ' + info.response)
      sent++
    }
  }
  await Promise.all(Array.from({ length: load.connections }, one))
  return sent
}

const count = n => () => n-- > 0
const until = seconds => {
  const end = performance.now() + 1000 * seconds
  return () => performance.now() < end
}

async function measured(f) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const sent = await f()
  const used = process.cpuUsage(cpu)
  return { sent, total: sent, seconds: (performance.now() - start) / 1000, cpu: (used.user + used.system) / 1e6 }
}

async function run() {
  if (job.task === 'setup') {
    const more = job.count ? count(job.count) : until(job.time)
    return measured(async () => {
      let sent = 0
      for (; more(); sent++) {
        const transport = nodemailer.createTransport(options(false))
        await transport.sendMail(message())
        transport.close()
      }
      return sent
    })
  }
  const transport = nodemailer.createTransport(options(true))
  let warm = 0
  if (!job.count) warm = await sendWhile(transport, until(0.2 * job.time))
  const outcome = await measured(() => sendWhile(transport, job.count ? count(job.count) : until(job.time)))
  outcome.total += warm
  transport.close()
  return outcome
}

let outcome
try {
  outcome = await run()
} catch (e) {
  outcome = { error: String(e && e.message || e) }
}
outcome.peak = 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
console.log(JSON.stringify(outcome))
