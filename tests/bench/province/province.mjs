// SPDX-License-Identifier: Apache-2.0
/* A whole province on this machine: its web sites (sites.mjs), one crawl and one analysis for all
 * offices, a keeper and a board for each.  First the storm of the first visits, when everything is
 * new, then a stretch of steady work; of both, what was done and what it cost.
 *
 *     node province.mjs HUIYING [--offices 100] [--sources 5000] [--per-day 10] [--speed 24]
 *          [--budget 70000] [--warm 270] [--seconds 300] [--boards 100] [--analyzers 1] [--crawlers 1] [--cluster 0] [--port 18200]
 *
 * --warm seconds between the storm and what is measured, in which every source is visited again once:
 * they all began in the same second.  --per-day items per source and day, on the average; --speed times the clock; --budget visits of
 * lists an hour.  --cluster 3 spreads the offices over that many masters of a real
 * Redis Cluster; the crawl's keys stay in a Redis of their own.  A JSON line per figure on standard output, progress on standard error. */
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, weigh } from './machine.mjs';
import { writeRules } from './rules.mjs';
import { Stores } from './stores.mjs';

const [huiying, ...rest] = process.argv.slice(2);
const options = { offices: 100, sources: 5000, 'per-day': 10, speed: 24, budget: 70000, warm: 270, seconds: 300, boards: 100, analyzers: 1, crawlers: 1, cluster: 0, port: 18200, seed: 7 };
for (let i = 0; i < rest.length; i += 2) {
  const name = rest[i].replace(/^--/, '');
  if (!(name in options) || !Number.isFinite(Number(rest[i + 1]))) throw new Error(`what is ${rest[i]} ${rest[i + 1] ?? ''}?`);
  options[name] = Number(rest[i + 1]);
}
const o = options, SITES = o.port, REDIS = o.port + 1, BOARDS = o.port + 20;
const dir = mkdtempSync(join(tmpdir(), 'huiying-province-')), children = [], roles = { sites: [], redis: [], nodes: [], crawl: [], analyze: [], keep: [], board: [] };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const say = (text) => process.stderr.write(`province: ${text}\n`);
let leaving = false;

function start(role, program, args) {
  const err = openSync(join(dir, `${role}.log`), 'a'), child = spawn(program, args, { stdio: ['ignore', role === 'sites' ? 'pipe' : err, err], env: { ...process.env, HUIYING_DATA: '', HUIYING_REDIS: '', HUIYING_OFFICES: '' } });
  roles[role].push(child.pid);
  children.unshift(child);
  child.once('exit', (code, signal) => { if (!leaving) { say(`${role} ended with ${code ?? signal}: see ${dir}/${role}.log`); process.exitCode = 1; leave(); } });
  return child;
}
function leave() {
  leaving = true;
  for (const c of children) c.kill('SIGKILL');
  if (process.exitCode) process.exit();
}
for (const s of ['SIGINT', 'SIGTERM']) process.once(s, () => { process.exitCode = 1; leave(); });

async function until(what, limitS, ok) {
  for (const end = Date.now() + limitS * 1000; !(await ok().catch(() => false)); await sleep(200)) if (Date.now() > end) throw new Error(`did not come in ${limitS} s: ${what}`);
}

/* ---- what is seen from outside ---- */

const figuresOf = async () => (await fetch(`http://127.1.0.1:${SITES}/figures`)).json();

/* Every item that the crawl hands on, as it comes: how late it is against its posting, which its
 * address tells. */
class Watcher {
  constructor() { this.redis = new Redis(REDIS); this.seen = []; this.run(); }

  async run() {
    for (let from = '$'; !leaving;) {
      const r = await this.redis.ask('XREAD', 'COUNT', 1000, 'BLOCK', 500, 'STREAMS', 'hy:items', from).catch(() => null);
      for (const [id, fields] of r?.[0]?.[1] ?? []) {
        const posted = Number(fields[1].match(/"url":"[^"]*\/n\/(\d+)-/)?.[1] ?? 0);
        this.seen.push({ at: Number(id.split('-')[0]), posted });
        from = id;
      }
      if (!r) await sleep(1);
    }
  }
}

async function look(stores) {
  const [info, sites] = await Promise.all([stores.info(), figuresOf()]);
  return { at: Date.now(), info, sites, cost: weigh(roles) };
}

const hash = async (redis, key) => { const r = await redis.ask('HGETALL', key), out = {}; for (let i = 0; i < r.length; i += 2) out[r[i]] = r[i + 1]; return out; };

/* What the offices have: lines of journals, incidents, hits not yet taken, notices since then. */
async function records(stores, offices, since) {
  const sum = { lines: 0, incidents: 0, hits: 0, notices: 0 };
  for (const { id } of offices) {
    const redis = stores.of(id);
    sum.lines += Number((await hash(redis, `hy:{${id}}:head`)).seq ?? 0);
    sum.incidents += await redis.ask('ZCARD', `hy:{${id}}:incidents`);
    sum.hits += await redis.ask('XLEN', `hy:{${id}}:hits`);
    sum.notices += (await redis.ask('XRANGE', `hy:{${id}}:notices`, since, '+')).length;
  }
  return { ...sum, late: await lateness(stores.crawl) };
}

/* From when a timer was due to when it was decided, as the keepers themselves count it:
 * {le: upper bounds in seconds, counts, n, sum}. */
async function lateness(redis) {
  const all = { le: [], counts: [], n: 0, sum: 0 };
  for (const member of await redis.ask('ZRANGE', 'hy:roles', 0, -1)) {
    const text = member.startsWith('keep/') && (await redis.ask('GET', `hy:role:${member}`)), m = text && JSON.parse(text).metrics.find((x) => x.name === 'huiying_timer_lateness_seconds'), s = m && m.series?.[0];
    if (!s) continue;
    all.le = s.le;
    s.counts.forEach((c, k) => { all.counts[k] = (all.counts[k] ?? 0) + c; });
    all.n += s.n;
    all.sum += s.sum;
  }
  return all;
}
const less = (b, a) => ({ le: b.le, counts: b.counts.map((c, k) => c - (a.counts[k] ?? 0)), n: b.n - a.n, sum: b.sum - a.sum });
function bound(h, p) { /* the upper end of the class in which the p-th part lies */
  let sum = 0;
  for (let k = 0; k < h.counts.length; k++) if ((sum += h.counts[k]) >= p * h.n) return h.le[k] ?? Infinity;
  return 0;
}

/* ---- figures ---- */

const round = (v) => Number(v.toPrecision(4));
function figure(phase, metric, value, unit, peer, limit, higher) {
  const line = { bench: 'province', metric: `${phase}_${metric}`, value: round(value), unit };
  if (peer && value > 0) Object.assign(line, { peer, peer_value: round(limit), ratio: round(higher ? value / limit : limit / value) });
  console.log(JSON.stringify(line));
}

/* Of what was posted between a and mid, how late the crawl had it; what it has not found when we
 * leave counts as later than everything found. */
function delays(phase, a, mid, b, seen, between) {
  const found = seen.filter((x) => x.posted > a.at && x.posted <= mid.at).map((x) => (x.at - x.posted) / 1000).sort((x, y) => x - y);
  const all = mid.sites.posted - a.sites.posted, at = (p) => found[Math.floor(p * all)];
  figure(phase, 'found_share', all ? found.length / all : 1, '1');
  for (const [name, p] of [['p50', 0.5], ['p90', 0.9], ['p95', 0.95]])
    if (at(p) !== undefined)
      figure(phase, `delay_${name}_s`, at(p), 's', ...(name === 'p50' ? ['half the mean time between two visits of a source', between / 2] : []));
}

function report(phase, a, b, seen, rec) {
  const s = (b.at - a.at) / 1000, did = (k) => b.sites[k] - a.sites[k], cores = 1000 * s;
  const cpu = (role) => b.cost[role].cpuMs - a.cost[role].cpuMs;
  const spent = [b.info.crawl, ...b.info.nodes].map((x, k) => { const y = [a.info.crawl, ...a.info.nodes][k]; return { cpuMs: x.cpuMs - y.cpuMs, ops: x.ops - y.ops, memory: x.memory }; });
  const redis = spent.reduce((sum, x) => sum + x.cpuMs, 0);
  const items = seen.filter((x) => x.at > a.at && x.at <= b.at).length, visits = did('lists'), service = cpu('crawl') + cpu('analyze') + cpu('keep') + cpu('board') + redis;
  figure(phase, 'seconds', s, 's');
  figure(phase, 'posted_s', did('posted') / s, '1/s');
  figure(phase, 'visits_s', visits / s, '1/s');
  figure(phase, 'requests_s', did('requests') / s, '1/s');
  figure(phase, 'items_s', items / s, '1/s');
  for (const role of ['crawl', 'analyze', 'keep', 'board']) {
    figure(phase, `${role}_cpu`, cpu(role) / cores, 'cores');
    figure(phase, `${role}_rss_mb`, b.cost[role].rss / 1e6, 'MB');
  }
  figure(phase, 'redis_cpu', redis / cores, 'cores');
  figure(phase, 'redis_ops_s', spent.reduce((sum, x) => sum + x.ops, 0) / s, '1/s');
  figure(phase, 'redis_memory_mb', spent.reduce((sum, x) => sum + x.memory, 0) / 1e6, 'MB');
  spent.slice(1).forEach((x, k) => {
    figure(phase, `node_${k + 1}_cpu`, x.cpuMs / cores, 'cores');
    figure(phase, `node_${k + 1}_ops_s`, x.ops / s, '1/s');
    figure(phase, `node_${k + 1}_memory_mb`, x.memory / 1e6, 'MB');
  });
  figure(phase, 'sites_cpu', cpu('sites') / cores, 'cores');
  figure(phase, 'service_cpu', service / cores, 'cores');
  if (visits) figure(phase, 'crawl_ms_per_request', cpu('crawl') / did('requests'), 'ms');
  if (items) { figure(phase, 'analyze_ms_per_item', cpu('analyze') / items, 'ms'); figure(phase, 'redis_ms_per_item', redis / items, 'ms'); }
  if (rec) {
    figure(phase, 'journal_lines_s', rec.lines / s, '1/s');
    figure(phase, 'incidents', rec.incidents, '1');
    figure(phase, 'hits_waiting', rec.hits, '1');
    figure(phase, 'notices', rec.notices, '1');
    if (rec.lines) figure(phase, 'keep_ms_per_line', cpu('keep') / rec.lines, 'ms');
    figure(phase, 'timers', rec.late.n, '1');
    if (rec.late.n) {
      figure(phase, 'late_mean_ms', (rec.late.sum / rec.late.n) * 1000, 'ms');
      figure(phase, 'late_p99_below_ms', bound(rec.late, 0.99) * 1000, 'ms', 'a second', 1000);
    }
  }
}

/* ---- the run ---- */

async function main() {
  const rules = join(dir, 'rules'), visits = { gap: '1s', min: '1m', max: '1h' };
  const offices = writeRules(rules, { nOffices: o.offices, count: o.sources, port: SITES, visits });
  const everyone = o.offices === 1 ? join(rules, offices[0].id) : rules;
  const sites = start('sites', process.execPath, [new URL('sites.mjs', import.meta.url).pathname, SITES, o.sources, o.offices, o['per-day'], o.speed, o.seed].map(String));
  const stores = new Stores(REDIS, o.cluster), common = (where, data) => ['-c', where, ...stores.options, '--data', join(dir, data)];
  await new Promise((done) => sites.stdout.once('data', done));
  await stores.open(dir, start);
  say(`${o.sources} sites, ${o.offices} offices in ${dir}`);
  stores.nodes.forEach((n, k) => figure('start', `node_${k + 1}_offices`, offices.filter(({ id }) => stores.of(id) === n).length, '1'));

  const began = Date.now();
  for (const { id } of offices) start('keep', huiying, ['keep', ...common(join(rules, id), 'data')]);
  offices.slice(0, o.boards).forEach(({ id }, k) => start('board', huiying, ['board', ...common(join(rules, id), `data-${id}`), '--listen', `127.0.0.1:${BOARDS + k}`]));
  for (let i = 0; i < o.analyzers; i++) start('analyze', huiying, ['analyze', ...common(everyone, 'data')]);
  const lead = async () => { for (const { id } of offices) if (!(await stores.of(id).ask('EXISTS', `hy:{${id}}:lease`))) return false; return true; };
  await until('a leader in each office', 300, lead);
  await until('the analyzer', 120, async () => (await stores.crawl.ask('XINFO', 'GROUPS', 'hy:items')).length > 0);
  figure('start', 'all_lead_s', (Date.now() - began) / 1000, 's');
  say(`all keepers lead after ${((Date.now() - began) / 1000).toFixed(1)} s; the first visits begin`);

  const watcher = new Watcher();
  let a = await look(stores), last = 0, still = 0;
  const begun = a.at;
  for (let i = 0; i < o.crawlers; i++) start('crawl', huiying, ['crawl', ...common(everyone, `data-crawl${i}`), '--budget', String(o.budget)]);
  await sleep(3000);
  const isWorkedOff = async () => {
    const f = await figuresOf(), waiting = await stores.crawl.ask('XLEN', 'hy:items');
    if (f.pages - last > 200 || f.pages < o.sources) still = 0; else still++;
    last = f.pages;
    say(`${Math.round((Date.now() - begun) / 1000)} s: ${f.lists} lists, ${f.pages} pages, ${watcher.seen.length} items, ${waiting} not yet judged`);
    return still >= 2 && waiting < 50;
  };
  for (const end = Date.now() + 600e3; !(await isWorkedOff()) && Date.now() < end;) await sleep(5000);
  let b = await look(stores);
  report('storm', a, b, watcher.seen, await records(stores, offices, a.at));

  say(`the second round of visits, ${o.warm} s, then steady work for ${o.seconds} s`);
  await sleep(o.warm * 1000);
  a = await look(stores);
  const before = await records(stores, offices, a.at);
  await sleep(o.seconds * 500);
  const mid = await look(stores);
  await sleep(o.seconds * 500);
  b = await look(stores);
  const after = await records(stores, offices, a.at);
  report('steady', a, b, watcher.seen, { ...after, lines: after.lines - before.lines, incidents: after.incidents - before.incidents, late: less(after.late, before.late) });
  delays('steady', a, mid, b, watcher.seen, (o.sources * (b.at - a.at)) / 1000 / Math.max(1, b.sites.lists - a.sites.lists));
  const given = o.sources + (o.budget * (b.at - begun)) / 3600e3;
  figure('whole', 'visits', b.sites.lists, '1', 'a first visit of each source, and the budget', given);
  stores.end();
}

try {
  await main();
} catch (e) {
  say(e.stack);
  process.exitCode = 1;
}
leave();
if (!process.exitCode) rmSync(dir, { recursive: true, force: true });
process.exit();
