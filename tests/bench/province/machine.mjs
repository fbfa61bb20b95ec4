// SPDX-License-Identifier: Apache-2.0
/* What the bench knows of the machine: processor time and memory of trees of processes, and Redis
 * over a plain connection. */
import { createConnection } from 'node:net';
import { readFileSync, readdirSync } from 'node:fs';

const TICK_MS = 10; /* USER_HZ is 100 on every Linux this runs on */

/* pid -> {parent, cpuMs, rss} of everything that runs; ended children count with their parent. */
function table() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const f = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      all.set(Number(pid), { parent: Number(f[1]), cpuMs: (Number(f[11]) + Number(f[12]) + Number(f[13]) + Number(f[14])) * TICK_MS, rss: Number(f[21]) * 4096 });
    } catch { /* it ended while we looked */ }
  }
  return all;
}

/* name -> {cpuMs, rss, n} for name -> [root pids], each with what descends from it. */
export function weigh(roles) {
  const all = table(), owner = new Map(), out = {};
  for (const [name, pids] of Object.entries(roles)) { out[name] = { cpuMs: 0, rss: 0, n: 0 }; for (const p of pids) owner.set(p, name); }
  const find = (pid) => { for (let p = pid, n = 0; p > 1 && n < 50; p = all.get(p)?.parent ?? 0, n++) if (owner.has(p)) return owner.get(p); return null; };
  for (const [pid, v] of all) {
    const name = find(pid);
    if (name) { out[name].cpuMs += v.cpuMs; out[name].rss += v.rss; out[name].n++; }
  }
  return out;
}

/* ---- Redis ---- */

export class Redis {
  constructor(port) {
    this.wait = [];
    this.rest = Buffer.alloc(0);
    this.socket = createConnection(port, '127.0.0.1');
    this.socket.on('data', (d) => { this.rest = this.rest.length ? Buffer.concat([this.rest, d]) : d; this.take(); });
    this.socket.on('error', (e) => { for (const w of this.wait.splice(0)) w.fail(e); });
  }

  ask(...words) {
    this.socket.write(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(String(w))}\r\n${w}\r\n`).join('')}`);
    return new Promise((done, fail) => this.wait.push({ done, fail }));
  }

  take() {
    for (let at = 0; ;) {
      const r = this.parse(at);
      if (!r) { this.rest = this.rest.subarray(at); return; }
      at = r.end;
      const w = this.wait.shift();
      if (r.value instanceof Error) w.fail(r.value); else w.done(r.value);
    }
  }

  parse(at) {
    const eol = this.rest.indexOf('\r\n', at);
    if (eol < 0) return null;
    const kind = this.rest[at], text = this.rest.toString('utf8', at + 1, eol), end = eol + 2, n = Number(text);
    if (kind === 0x2b) return { value: text, end };
    if (kind === 0x2d) return { value: new Error(text), end };
    if (kind === 0x3a) return { value: n, end };
    if (n < 0) return { value: null, end };
    if (kind === 0x24) return this.rest.length < end + n + 2 ? null : { value: this.rest.toString('utf8', end, end + n), end: end + n + 2 };
    const list = [];
    let next = end;
    for (let i = 0; i < n; i++) {
      const r = this.parse(next);
      if (!r) return null;
      list.push(r.value);
      next = r.end;
    }
    return { value: list, end: next };
  }

  async info() {
    const text = await this.ask('INFO', 'all'), get = (k) => Number(text.match(new RegExp(`^${k}:(.*)$`, 'm'))?.[1] ?? 0);
    return { ops: get('total_commands_processed'), memory: get('used_memory'), peak: get('used_memory_peak'), cpuMs: (get('used_cpu_user') + get('used_cpu_sys')) * 1000, netIn: get('total_net_input_bytes'), aof: get('aof_current_size') };
  }

  end() { this.socket.destroy(); }
}
