// SPDX-License-Identifier: Apache-2.0
/* A private Redis and the few lines of RESP that tests need to write into it.  It has the users of
 * `huiying acl`: whoever is tested comes in as its role, the test itself as people's commands do. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';

export async function startRedis(dir, huiying) {
  const socket = `${dir}/redis.sock`, acl = `${dir}/acl`;
  const made = spawnSync(huiying, ['acl', '--out', acl, '--redis', `unix://${socket}`], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`huiying acl: ${made.stderr}`);
  const url = (role) => readFileSync(`${acl}/${role}.env`, 'utf8').trim().replace('HUIYING_REDIS=', '');
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir, '--aclfile', `${acl}/users.acl`], { stdio: 'ignore' });
  for (let n = 0; n < 200; n++) {
    const client = await connect(socket).catch(() => null);
    if (client) {
      await login(client, url('huiying'));
      return { socket, url, client, as: async (role) => login(await connect(socket), url(role)), wipe: () => wipe(client), stop: () => stop(child, client) };
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('redis-server did not start');
}

async function wipe(client) {
  for (let next = '0', keys; ; ) {
    [next, keys] = await client.cmd('SCAN', next, 'COUNT', 1000);
    if (keys.length) await client.cmd('DEL', ...keys);
    if (next === '0') return;
  }
}

async function login(client, url) {
  const [, user, password] = url.match(/^unix:..(.*?):(.*)@/);
  await client.cmd('AUTH', user, password);
  return client;
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
