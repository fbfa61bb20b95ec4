// SPDX-License-Identifier: Apache-2.0
/* The delivery against its other side: everything arrives, also when that side fails for a while and
 * when workers are killed at random; nothing arrives twice where the two can tell; what cannot be
 * delivered becomes a dead letter and a receipt, and the real keeper escalates on it; sent again, it
 * arrives.
 *
 *   node deliver_test.mjs HUIYING          HY_CHAOS_SEED=N replays the kills */
import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startRedis } from '../../browser/redis.mjs';
import { Receivers } from './receivers.mjs';

const HUIYING = process.argv[2], T = mkdtempSync('/tmp/hy-deliver-');
const OFFICE = 'qingxi', K = (what) => `hy:{${OFFICE}}:${what}`;
let seed = BigInt(process.env.HY_CHAOS_SEED || 20261123);
function random(n) {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
  return Number(seed >> 33n) % n;
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const children = new Set();
let redis, receivers, workers = [];

function check(condition, what) {
  if (!condition) throw new Error(`untrue: ${what}`);
  console.log(`ok - ${what}`);
}

async function eventually(what, fits, seconds = 40) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(50)) {
    const got = await fits();
    if (got) return got;
  }
  throw new Error(`did not happen within ${seconds} s: ${what}`);
}

/* -- the office and its processes -- */

function secret(name, text) {
  writeFileSync(`${T}/office/${name}`, text + '\n');
  chmodSync(`${T}/office/${name}`, 0o600);
}

function writeDuty(giveUp) {
  const at = `http://127.0.0.1:${receivers.port}`;
  const hook = (kind, file) => `  - {id: ${kind}, kind: ${kind}, url: "${at}/${kind}", secret_file: ${file}, classes: [urgent, normal${kind === 'json' ? ', digest' : ''}], give_up: ${giveUp}}\n`;
  writeFileSync(`${T}/office/duty.yaml`, `people:
  - {id: lin, name: 林悦, roles: [duty], channels: [board, mail], mail: lin@qingxi.example}
  - {id: he, name: 何川, roles: [duty], channels: [board]}
rota: {handover: "08:30", start: 2026-01-01, turns: [{duty: lin, second: he}]}
posts: {supervisor: [he]}
escalation:
  - {after: 10m, to: second}
mail: {host: 127.0.0.1, port: ${receivers.mailPort}, user: office, password_file: mail.password, ca_file: ca.pem,
       from: office@qingxi.example, classes: [urgent, normal, digest], give_up: ${giveUp}}
webhooks:
${hook('wecom', 'wecom.key')}${hook('dingtalk', 'ding.secret')}${hook('feishu', 'feishu.secret')}${hook('json', 'json.secret')}`);
}

function makeOffice() {
  cpSync('rules/sample', `${T}/office`, { recursive: true });
  cpSync('rules/national', `${T}/national`, { recursive: true });
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${T}/key.pem`, '-out', `${T}/office/ca.pem`], { stdio: 'ignore' });
  for (const [name, text] of [['wecom.key', 'wecom-key'], ['ding.secret', 'ding-secret'], ['feishu.secret', 'feishu-secret'], ['json.secret', 'json-secret'], ['mail.password', 'mail-password']])
    secret(name, text);
  return { key: readFileSync(`${T}/key.pem`), cert: readFileSync(`${T}/office/ca.pem`) };
}

function start(...args) {
  const child = spawn('bash', ['-c', 'exec "$0" "$@" 2>>"$LOG"', HUIYING, ...args, '-c', `${T}/office`, '--redis', redis.url(args[0]), '--data', `${T}/data`],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG: `${T}/log` } });
  let out = '';
  child.stdout.on('data', (c) => { out += c; });
  child.gone = new Promise((done) => child.once('exit', (code) => { children.delete(child); done({ code, out }); }));
  children.add(child);
  return child;
}

const once = (...args) => start('deliver', ...args).gone;
async function kill(child, signal) {
  child.kill(signal);
  await child.gone;
}

/* -- notices -- */

const keyOf = { wecom: (n) => n.text, dingtalk: (n) => n.text, feishu: (n) => n.text, json: (n) => n.id, mail: null };
let running = 0;
const documentOf = (n) => redis.client.cmd('SET', K(`incident:${n.incident}`), JSON.stringify({ id: n.incident, notices: [{ id: n.id }] }), 'NX');
async function give(count, more = {}) {
  const given = [];
  for (let i = 0; i < count; i++) {
    const incident = `I20261123-${String(++running).padStart(4, '0')}`, title = `【较大】第${running}件事`;
    const n = { id: `${incident}/-/open`, incident, clock: '-', step: 'open', class: 'urgent', to: ['lin'], title, body: '请签收', level: 3,
      at: new Date().toISOString().replace(/\.\d+Z/, 'Z'), clock_due: null, due: null, late_by_ms: 0, lamp: 'green', ...more };
    if (!more.alone) await documentOf(n);
    await redis.client.cmd('XADD', K('notices'), '*', 'notice', JSON.stringify(n));
    given.push({ ...n, text: `${title}\n请签收` });
  }
  return given;
}

const CHANNELS = { wecom: 'wecom', dingtalk: 'dingtalk', feishu: 'feishu', json: 'json', mail: 'mail:lin' };
async function stateOf(notice, kind) {
  return redis.client.cmd('HGET', K(`delivery:${notice.id}`), CHANNELS[kind]);
}
async function allAre(given, state, kinds = Object.keys(CHANNELS)) {
  for (const n of given) for (const kind of kinds) if (await stateOf(n, kind) !== state) return false;
  return true;
}
const times = (kind, n) => receivers.received.filter((r) => r.channel === kind && (kind === 'mail' ? decoded(r.text).includes(n.title) : r.key === keyOf[kind](n))).length;
const decoded = (mail) => Buffer.from(mail.split('\n\n')[1].replace(/\n/g, ''), 'base64').toString();
const receipts = async () => (await redis.client.cmd('XRANGE', K('cmd'), '-', '+')).map((e) => JSON.parse(e[1][1]));

/* -- the story -- */

async function everythingArrives() {
  workers = [start('deliver'), start('deliver')];
  const given = await give(4);
  await eventually('four notices on five channels', () => allAre(given, 'sent'));
  for (const kind of Object.keys(CHANNELS)) check(given.every((n) => times(kind, n) === 1), `${kind}: each notice once`);
  const said = await receipts();
  check(said.length === 20 && said.every((r) => r.args.state === 'sent' && r.via === 'deliver'), 'a receipt "sent" for each');
  check(new Set(said.map((r) => r.id)).size === 20 && said.every((r) => /^[0-9a-f]{32}$/.test(r.id)), 'each receipt with an id of its own');
  await redis.client.cmd('DEL', K('cmd'));
}

async function theOtherSideIsDown() {
  Object.assign(receivers.mode, { json: 'down', mail: 'down', feishu: 'cut' });
  const given = await give(2);
  await eventually('first tries', async () => Number(await redis.client.cmd('HGET', K(`delivery:${given[1].id}`), 'json|tries')) >= 2);
  check(times('json', given[0]) === 0 && await stateOf(given[0], 'json') !== 'failed', 'nothing is given up while there is time');
  receivers.mode = {};
  await eventually('everything after the other side is back', () => allAre(given, 'sent'));
  check(['json', 'mail', 'feishu'].every((kind) => given.every((n) => times(kind, n) === 1)), 'each once after the outage');
}

/* Each service says "too fast" in its own words, the gateway and the mail server say nothing at all:
 * all wait, nobody is asked again before his time, and then everything arrives once. */
async function theOtherSideIsTooBusy() {
  receivers.mode = { wecom: 'limited', dingtalk: 'limited', feishu: 'limited', json: 'slow', mail: 'slow' };
  const robots = ['wecom', 'dingtalk', 'feishu'], [n] = await give(1);
  const asked = () => robots.map((kind) => receivers.said[kind] || 0), whys = async () => Promise.all(robots.map((kind) => redis.client.cmd('HGET', K(`delivery:${n.id}`), `${kind}|why`)));
  await eventually('each robot has said so', async () => (await whys()).every((why) => why?.includes('发得太快')));
  const before = asked(), [behind] = await give(1), due = await Promise.all(robots.map((kind) => redis.client.cmd('ZSCORE', K('outbox'), `0|${kind}|${n.id}`)));
  check(due.every((t) => Number(t) > Date.now() + 45000), 'the next try is a minute away');
  await eventually('the next notice has looked at the outbox', async () => await redis.client.cmd('ZSCORE', K('outbox'), `0|wecom|${behind.id}`) > Date.now() + 40000);
  check(asked().every((count, i) => count === before[i]), 'a robot that is too busy is not asked about the next notice either');
  check(await stateOf(n, 'json') === 'sending' && await stateOf(n, 'mail') === 'sending', 'who says nothing is waited for');
  receivers.mode = {};
  for (const kind of robots) {
    await redis.client.cmd('HDEL', K(`bucket:${kind}`), 'until'); // the minute is over
    for (const one of [n, behind]) await redis.client.cmd('ZADD', K('outbox'), 'XX', Date.now(), `0|${kind}|${one.id}`);
  }
  await eventually('everything arrives', () => allAre([n, behind], 'sent'), 60);
  check(robots.every((kind) => times(kind, n) === 1 && times(kind, behind) === 1), 'each once');
}

async function unknownFate() {
  receivers.mode = { json: 'cut-after' };
  const given = await give(1);
  await eventually('the gateway takes it and breaks off', () => times('json', given[0]) >= 1);
  receivers.mode = {};
  await eventually('it is sent again', () => allAre(given, 'sent'));
  const all = receivers.received.filter((r) => r.channel === 'json' && r.key === given[0].id);
  check(all.length >= 2 && all.at(-1).text.startsWith('（重发，可能已收到过）'), 'what may have arrived is sent again under its id, marked');
}

async function rebuiltStream() {
  const before = receivers.received.length, entries = await redis.client.cmd('XRANGE', K('notices'), '-', '+');
  for (const e of entries) await redis.client.cmd('XADD', K('notices'), '*', ...e[1]);
  const old = await give(1, { at: '2026-01-01T00:00:00Z' });
  const known = { id: 'I20261123-9000/-/open', channels: Object.fromEntries(Object.values(CHANNELS).map((c) => [c, 'sent'])) };
  await redis.client.cmd('SET', K('incident:I20261123-9000'), JSON.stringify({ id: 'I20261123-9000', notices: [known] }));
  await give(1, { id: known.id, incident: 'I20261123-9000' });
  const last = await give(1);
  await eventually('what came last', () => allAre(last, 'sent'));
  check(receivers.received.length === before + 5, 'a stream that stands there again sends nothing again');
  check(times('json', old[0]) === 0, 'what is older than a day is not sent');
  const [early] = await give(1, { alone: true });
  const behind = await give(1);
  await eventually('what came behind it', () => allAre(behind, 'sent'));
  check(times('json', early) === 0, 'a notice whose document is not there yet waits: what it says of it decides');
  await documentOf(early);
  await eventually('its document is there', () => allAre([early], 'sent'));
}

/* Workers die at random moments, the gateway and the mail server know repeats by id. */
async function chaos() {
  const given = [];
  let kills = 0;
  receivers.mode = { json: 'late', mail: 'late' }; /* taken, and the answer on its way for a while */
  for (let round = 0; round < 12; round++) {
    given.push(...await give(2 + random(3), { class: 'digest' }));
    const i = random(2);
    await pause(random(120));
    await kill(workers[i], 'SIGKILL');
    kills++;
    workers[i] = start('deliver');
  }
  await eventually('everything in spite of the kills', () => allAre(given, 'sent', ['json', 'mail']), 120);
  receivers.mode = {};
  const keys = (kind) => receivers.received.filter((r) => r.channel === kind && given.some((n) => (kind === 'json' ? r.key === n.id : decoded(r.text).includes(`${n.title}\n`))));
  for (const kind of ['json', 'mail']) {
    const got = keys(kind), distinct = new Set(got.map((r) => r.key)).size;
    console.log(`   ${kind}: ${given.length} notices, ${kills} kills, ${got.length} arrivals, ${distinct} under distinct ids`);
    check(distinct === given.length, `${kind}: each at least once, and once by its id`);
    const seen = new Set(), again = got.filter((r) => seen.size === seen.add(r.key).size);
    check(again.every((r) => (kind === 'json' ? r.text : decoded(r.text)).startsWith('（重发')), `${kind}: what came again says so`);
    const sent = (await receipts()).filter((r) => r.args.channel === CHANNELS[kind] && given.some((n) => n.id === r.args.notice));
    check(new Set(sent.map((r) => r.id)).size === given.length && sent.length === given.length, `${kind}: one receipt each`);
  }
}

async function limits() {
  for (const kind of ['wecom', 'dingtalk', 'feishu']) {
    const at = (receivers.minute[kind] || []).toSorted((a, b) => a - b);
    const most = Math.max(0, ...at.map((t) => at.filter((u) => u >= t && u < t + 60000).length));
    check(most <= 20, `${kind}: at most 20 in any minute (${most})`);
  }
}

/* The real keeper opens an incident, no robot takes the notice, the ladder is climbed sooner. */
async function deadLetters() {
  receivers.mode = { wecom: 'refuse', dingtalk: 'refuse', feishu: 'refuse', json: 'refuse', mail: 'refuse' };
  await redis.wipe();
  const keeper = start('keep'), published = new Date(Date.now() - 60000).toISOString().replace(/\.\d+Z/, 'Z');
  const hit = { id: 'a'.repeat(32), url: 'http://127.0.0.1/1', source: 'forum', title: '清溪县一化工厂爆炸', text: '现场浓烟', published, published_precision: 'second',
    fetched: published, kind: 'article', hash: 'x', score: { relevance: 90, emergency: 90, event_class: 'accident', event_type: 'explosion', level: 2, hardship: 0, rumor: 0, policy: 0,
      topics: [], facts: {}, places: [], bodies: [], units: [], traps: [], stance: null, alert: 'alert' } };
  await redis.client.cmd('XADD', K('hits'), '*', 'hit', JSON.stringify(hit));
  const failedAll = (doc) => Object.values(doc?.notices?.[0]?.channels || {}).filter((s) => s === 'failed').length === 5;
  const doc = await eventually('the keeper knows that five channels failed', async () => {
    const [id] = await redis.client.cmd('ZRANGE', K('incidents'), 0, 0);
    const d = id && JSON.parse(await redis.client.cmd('GET', K(`incident:${id}`)));
    return failedAll(d) && d;
  }, 60);
  check(doc.notices[0].states.lin === 'failed', 'the person is known not to be reached');
  const due = Date.parse(doc.escalation[0].due), opened = Date.parse(doc.notices[0].at);
  check(due - opened < 5 * 60000, `the second is told after ${Math.round((due - opened) / 1000)} s instead of 600`);
  const [timer] = await redis.client.cmd('ZRANGE', K('timers'), 0, 0, 'WITHSCORES').then((r) => [Number(r[1])]);
  check(timer === due, 'its timer stands at that time');
  const { code, out } = await once('--dead');
  check(code === 0 && ['wecom', 'dingtalk', 'feishu', 'json', 'mail:lin'].every((c) => out.includes(c)), 'people can see all five dead letters');
  receivers.mode = {};
  const again = await once('--retry', 'all');
  check(again.code === 0 && again.out.split('已重新排队').length === 6, 'all five are queued again');
  await eventually('what was mended is sent again, and the keeper hears of it', async () => {
    const d = JSON.parse(await redis.client.cmd('GET', K(`incident:${doc.id}`)));
    return Object.values(d.notices[0].channels).filter((s) => s === 'sent').length === 5;
  }, 60);
  check((await once('--dead')).out.includes('没有发不出去的提醒'), 'the list of dead letters is empty');
  await kill(keeper, 'SIGTERM');
}

async function giveUp() {
  receivers.mode = { json: 'down', mail: 'slow' };
  writeDuty('3s');
  for (const w of workers) w.kill('SIGHUP');
  await pause(500);
  const [n] = await give(1);
  await eventually('the gateway is given up', async () => await stateOf(n, 'json') === 'failed');
  receivers.mode = {};
  const dead = await redis.client.cmd('XREVRANGE', K('dead'), '+', '-', 'COUNT', 10);
  check(dead.some((e) => { const d = JSON.parse(e[1][1]); return d.notice === n.id && d.channel === 'json' && d.why.includes('503'); }), 'after the time for trying it is a dead letter with the reason');
  await eventually('the mail server that says nothing is given up', async () => await stateOf(n, 'mail') === 'failed');
}

async function testMessages() {
  for (const channel of ['wecom', 'dingtalk', 'feishu', 'json', 'mail:lin']) {
    const { code, out } = await once('--test', channel);
    check(code === 0 && out.includes('对方已收下'), `--test ${channel}`);
  }
  check(decoded(receivers.received.at(-1).text).includes('【测试】'), 'a test message says that it is one');
  receivers.mode = { dingtalk: 'refuse' };
  check((await once('--test', 'dingtalk')).code === 1, '--test says when it failed');
  chmodSync(`${T}/office/json.secret`, 0o644);
  check((await once('--test', 'json')).code === 1, 'a secret everybody can read is not used');
  chmodSync(`${T}/office/json.secret`, 0o600);
  check((await once('--test', 'nowhere')).code === 1, 'an unknown channel is named');
  receivers.mode = {};
}

let failed = null, log = '';
try {
  receivers = new Receivers();
  writeFileSync(`${T}/log`, '');
  await receivers.start(makeOffice());
  writeDuty('30m');
  redis = await startRedis(T, HUIYING);
  await testMessages();
  await everythingArrives();
  await theOtherSideIsDown();
  await theOtherSideIsTooBusy();
  await unknownFate();
  await rebuiltStream();
  await chaos();
  await limits();
  await giveUp();
  writeDuty('30m');
  for (const w of workers) w.kill('SIGHUP');
  await deadLetters();
  for (const w of workers) { w.kill('SIGTERM'); check((await w.gone).code === 0, 'a worker ends when asked'); }
  log = readFileSync(`${T}/log`, 'utf8');
  check(!/Sanitizer|runtime error:|^BUG /m.test(log), 'nothing broke inside');
} catch (e) {
  failed = e;
  log = readFileSync(`${T}/log`, 'utf8').slice(-4000);
}
for (const c of children) c.kill('SIGKILL');
await redis?.stop();
receivers?.stop();
rmSync(T, { recursive: true, force: true });
if (failed) {
  console.error(failed, log);
  process.exit(1);
}
