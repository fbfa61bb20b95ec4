// SPDX-License-Identifier: Apache-2.0
// From a page on the web to a click on a desktop, with nothing faked but the screen: the sample
// city's sites, every role of the service, and the real agents of the three duty officers.
// Run inside dbus-run-session:  node story_test.mjs HUIYING AGENT FAKE_NOTIFICATIONS
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Happenings, check, startFake } from './desktop.mjs';

const [huiying, agent, fakePath] = process.argv.slice(2);
const OFFICERS = ['lin.yue', 'he.chuan', 'tang.ning'], BASE = 18670;
const dir = mkdtempSync(join(tmpdir(), 'huiying-story-'));
const rules = join(dir, 'rules'), data = join(dir, 'data');
const url = `http://127.0.0.1:${BASE + 20}`;
const desktop = new Happenings(), children = [], tokens = {}, said = new Map(); /* child -> its output */

function command(args, input) {
  const r = spawnSync(huiying, args, { input, encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`huiying ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout.trim();
}

// Starts a program; resolves when `wanted` stands in its output.
function start(program, args, wanted) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  children.unshift(child);
  return new Promise((resolve, reject) => {
    const hear = (d) => { out += d; said.set(child, out); if (wanted.test(out)) resolve(child); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}\n${out.slice(-2000)}`)));
  });
}

const api = async (path) => (await fetch(url + path, { headers: { authorization: `Bearer ${tokens[OFFICERS[0]]}` } })).json();

// The board is asked again until what it says fits; it is the record that counts, not a bubble.
async function incident(id, what, fits) {
  for (const until = Date.now() + 60e3; Date.now() < until;) {
    const i = await api(`/api/v1/incidents/${id}`);
    if (fits(i)) return i;
    await new Promise((r) => setTimeout(r, 50));
  }
  for (const [child, out] of said) if (child.spawnfile === agent) console.log(`# ${out.slice(-1500).replaceAll('\n', '\n# ')}`);
  throw new Error(`never true: ${what}`);
}

async function main() {
  const fake = await startFake(fakePath, desktop);
  children.push(fake);
  const sites = ['tests/sites/sites.mjs', '--port-base', BASE];
  if (spawnSync('node', [...sites, '--write-rules', rules]).status !== 0) throw new Error('no rules');
  for (const id of OFFICERS) {
    command(['user', 'add', id, '--name', id, '--roles', 'duty', '--data', data], '这是一句足够长的测试口令\n');
    tokens[id] = command(['user', 'token', id, '--data', data]);
    writeFileSync(join(dir, id), tokens[id], { mode: 0o600 });
  }
  await start('node', sites, /^ready/m);
  await start(huiying, ['run', '-c', rules, '--listen', `127.0.0.1:${BASE + 20}`, '--data', data], /everything runs/);
  for (const id of OFFICERS)
    await start(agent, ['--server', url, '--token-file', join(dir, id)], /event=connected/);

  const bubble = await desktop.take('the explosion on the desktop', (c) => c.call === 'notify' && c.title.includes('爆炸'));
  check(bubble.urgency === 2 && bubble.actions.includes('ack'), 'the explosion is on the desktop, urgent, with a button');
  check(/剩余 4 小时 5\d 分/.test(bubble.body), 'the bubble says how much of the five hours is left');
  const list = (await api('/api/v1/incidents?state=open')).incidents;
  const id = list.find((i) => i.title.includes('爆炸')).id;
  const shown = await incident(id, 'receipt "shown" in the record', (i) => Object.values(i.notices[0].states).includes('shown'));
  const told = shown.notices[0].to.map((p) => p.id), officer = Object.entries(shown.notices[0].states).find(([, s]) => s === 'shown')[0];
  const duty = (await api('/api/v1/duty')).turns[0];
  check(told.includes(duty.duty.id) && told.includes(officer) && told.length < 5, `the officer on duty was told, with those the route adds, and the record says it was shown (${told})`);

  // The bubble is put up anew with whatever is told of the incident meanwhile: a reader presses the one he sees.
  let seen = bubble;
  const press = () => {
    seen = desktop.drain((c) => c.call === 'notify' && c.title.includes('爆炸') && c.actions.includes('ack')).at(-1) ?? seen;
    fake.stdin.write(`click ${seen.id} ack\n`);
  };
  const acked = await incident(id, 'acknowledged in the record', (i) => i.ack || press());
  check(told.includes(acked.ack.by) && OFFICERS.includes(acked.ack.by), 'the click on the desktop is the acknowledgement in the record, in the officer\'s name');
  await desktop.take('bubble gone', (c) => c.call === 'close' && c.id === seen.id);
  check(true, 'the bubble closes');
  check(command(['verify', join(data, 'journal', 'qingxi.jsonl')]) !== '', 'the journal verifies');
}

main().then(() => 0, (e) => { console.error(`not ok - ${e.message}`); return 1; }).then(async (code) => {
  for (const c of children) {
    c.removeAllListeners('exit');
    const gone = new Promise((r) => c.once('exit', r));
    if (c.exitCode === null && c.signalCode === null) { c.kill('SIGTERM'); await gone; }
  }
  rmSync(dir, { recursive: true, force: true });
  process.exit(code);
});
