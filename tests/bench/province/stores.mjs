// SPDX-License-Identifier: Apache-2.0
/* Where the province's data lies: everything in one Redis, or the offices over the masters of a real
 * Redis Cluster beside the crawl's.  Every one of them with appendfsync always. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from './machine.mjs';

const SLOTS = 16384;

/* Redis Cluster's CRC16 (XMODEM) of what stands between { and }. */
function slotOf(tag) {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

export class Stores {
  constructor(port, nodes) {
    this.port = port;
    this.nodePorts = Array.from({ length: nodes }, (_, k) => port + 1 + k);
    this.nodes = [];
    this.owners = []; /* [first slot, last slot, node] */
  }

  /* start(role, program, args) starts a process. */
  async open(dir, start) {
    this.crawl = await this.one(dir, start, 'redis', this.port, []);
    for (const p of this.nodePorts) this.nodes.push(await this.one(dir, start, 'nodes', p, ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '15000']));
    if (!this.nodes.length) return;
    const made = spawnSync('redis-cli', ['--cluster', 'create', ...this.nodePorts.map((p) => `127.0.0.1:${p}`), '--cluster-yes'], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`no cluster: ${made.stdout}`);
    for (const [first, last, [, port]] of await this.nodes[0].ask('CLUSTER', 'SLOTS')) this.owners.push([first, last, this.nodes[this.nodePorts.indexOf(port)]]);
  }

  async one(dir, start, role, port, more) {
    const home = join(dir, `redis-${port}`);
    mkdirSync(home);
    start(role, 'redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--daemonize', 'no', ...more]);
    for (;;) { /* a connection that was refused stays so */
      const redis = new Redis(port);
      if (await redis.ask('PING').then((t) => t === 'PONG', () => false)) return redis;
      redis.end();
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /* Of roles and commands. */
  get options() {
    return ['--redis', `redis://127.0.0.1:${this.port}`, ...(this.nodes.length ? ['--offices', `cluster://${this.nodePorts.map((p) => `127.0.0.1:${p}`).join(',')}`] : [])];
  }

  /* The Redis that holds an office's keys. */
  of(id) {
    if (!this.nodes.length) return this.crawl;
    const slot = slotOf(id);
    return this.owners.find(([first, last]) => slot >= first && slot <= last)[2];
  }

  async info() { return { crawl: await this.crawl.info(), nodes: await Promise.all(this.nodes.map((n) => n.info())) }; }

  end() { for (const r of [this.crawl, ...this.nodes]) r.end(); }
}
