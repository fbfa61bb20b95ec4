// SPDX-License-Identifier: Apache-2.0
/* A private Redis and the few lines of RESP that tests need to write into it. */
import { spawn } from 'node:child_process';
import net from 'node:net';

export async function startRedis(dir) {
  const socket = `${dir}/redis.sock`;
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir], { stdio: 'ignore' });
  for (let n = 0; n < 200; n++) {
    const client = await connect(socket).catch(() => null);
    if (client) return { socket, url: `unix://${socket}`, client, stop: () => stop(child, client) };
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('redis-server did not start');
}

function stop(child, client) {
  client.end();
  return new Promise((done) => { child.once('exit', done); child.kill('SIGTERM'); });
}

/* One reply at a time, in order. */
function connect(path) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path), waiting = [];
    let buffer = Buffer.alloc(0);
    socket.once('error', reject);
    socket.once('connect', () => resolve({
      end: () => socket.destroy(),
      cmd: (...args) => new Promise((ok, bad) => {
        waiting.push({ ok, bad });
        const parts = args.map((a) => { const b = Buffer.from(String(a)); return Buffer.concat([Buffer.from(`$${b.length}\r\n`), b, Buffer.from('\r\n')]); });
        socket.write(Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]));
      }),
    }));
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (let r; waiting.length && (r = parse(buffer, 0)); buffer = buffer.subarray(r.next)) {
        const w = waiting.shift();
        r.value instanceof Error ? w.bad(r.value) : w.ok(r.value);
      }
    });
  });
}

/* null: not all of it is there yet. */
function parse(b, at) {
  const end = b.indexOf('\r\n', at);
  if (end < 0) return null;
  const line = b.toString('utf8', at + 1, end), kind = String.fromCharCode(b[at]), next = end + 2;
  if (kind === '+') return { value: line, next };
  if (kind === '-') return { value: new Error(line), next };
  if (kind === ':') return { value: Number(line), next };
  const n = Number(line);
  if (n < 0) return { value: null, next };
  if (kind === '$') return b.length < next + n + 2 ? null : { value: b.toString('utf8', next, next + n), next: next + n + 2 };
  const list = [];
  let to = next;
  for (let i = 0; i < n; i++) {
    const r = parse(b, to);
    if (!r) return null;
    list.push(r.value);
    to = r.next;
  }
  return { value: list, next: to };
}
