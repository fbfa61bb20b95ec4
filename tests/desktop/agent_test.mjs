// SPDX-License-Identifier: Apache-2.0
// The real agent between a fake board (this file) and a fake notification server on a real bus.
// Run inside dbus-run-session:  node agent_test.mjs AGENT FAKE_NOTIFICATIONS
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, writeFileSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Happenings, check, startFake } from './desktop.mjs';

const [agentPath, fakePath, bootPath] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'huiying-desktop-'));
const children = [];

const desktop = new Happenings();
const board = new Happenings();
const streams = new Set();
let openNotices = [];
let lastEventId;

async function fakeServer() {
  const child = await startFake(fakePath, desktop);
  children.push(child);
  return child;
}

function answer(res, status, body) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(body));
}

const server = createServer((req, res) => {
  if (req.headers.authorization !== 'Bearer hy_test') return answer(res, 401, {});
  if (req.url === '/api/v1/events') {
    lastEventId = req.headers['last-event-id'];
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write(': hello\n\n');
    streams.add(res);
    res.on('close', () => streams.delete(res));
    return board.add({ path: 'events' });
  }
  if (req.url === '/api/v1/notices?open=1') {
    board.add({ path: 'open' });
    return answer(res, 200, { notices: openNotices });
  }
  let body = '';
  req.on('data', (d) => (body += d));
  req.on('end', () => {
    board.add({ path: req.url, body: JSON.parse(body) });
    answer(res, 200, { ok: true });
  });
});

let eventId = 0;
const send = (type, data) => {
  for (const s of streams) s.write(`id: ${++eventId}-0\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
};
const notice = (incident, step, title) => ({
  id: `${incident}/H5/${step}`, incident, clock: 'H5', step, class: 'urgent', title,
  body: '请在 5 小时内发布 <权威信息>', clock_due: '2030-01-01T00:00:00+08:00',
});
const receipt = (id, state) => board.take(`receipt ${id} ${state}`, (r) =>
  r.path === '/api/v1/notices/receipt' && r.body.notice === id && r.body.state === state);
const shown = (title) => desktop.take(`bubble ${title}`, (c) => c.call === 'notify' && c.title.includes(title));

async function main() {
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const url = `http://127.0.0.1:${server.address().port}`;
  const token = join(dir, 'token'), slept = join(dir, 'slept');
  writeFileSync(slept, '0');
  writeFileSync(token, 'hy_test\n', { mode: 0o600 });
  let fake = await fakeServer();

  openNotices = [notice('I1', 'alert', '清溪县爆炸 \u202E<b>不是标记</b>')];
  const agent = spawn(agentPath, ['--server', url, '--token-file', token, '--silence', '2'],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, LD_PRELOAD: bootPath, FAKE_SLEPT: slept, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS || ''}:verify_asan_link_order=0` } });
  children.push(agent);

  const first = await shown('清溪县爆炸');
  check(first.title === '清溪县爆炸 ＜b>不是标记＜/b>', 'an open notice is shown at start, its title as text that no server takes for anything else');
  check(first.body.includes('&lt;权威信息&gt;'), 'markup in the body is escaped');
  check(first.urgency === 2 && first.actions.includes('ack'), 'urgent, with the acknowledge button');
  await receipt('I1/H5/alert', 'shown');
  check(true, 'the receipt "shown" reaches the board');

  fake.stdin.write(`click ${first.id} ack\n`);
  const ack = await board.take('ack', (r) => r.path === '/api/v1/incidents/I1/commands');
  check(ack.body.verb === 'ack' && /^[0-9a-f]{32}$/.test(ack.body.id), 'a click acknowledges, with an idempotency key');
  await desktop.take('close', (c) => c.call === 'close' && c.id === first.id);
  check(true, 'the bubble closes after the board has the acknowledgement');
  openNotices = [];

  send('notice', notice('I2', 'alert', '第二件'));
  const second = await shown('第二件');
  await receipt('I2/H5/alert', 'shown');
  send('incident', { id: 'I2', ack: { by: 'li', name: '李' } });
  await desktop.take('close', (c) => c.call === 'close' && c.id === second.id);
  check(true, 'answered by a colleague: closed here too');

  fake.stdin.write('refuse\n');
  send('notice', notice('I3', 'alert', '第三件'));
  await receipt('I3/H5/alert', 'failed');
  check(true, 'a refusing notification server yields the receipt "failed"');
  fake.stdin.write('hang\n');
  send('notice', notice('I4', 'alert', '第四件'));
  await receipt('I4/H5/alert', 'failed');
  check(true, 'a hung notification server yields "failed" and holds nothing up');

  openNotices = [notice('I3', 'alert', '第三件'), notice('I4', 'alert', '第四件')];
  fake.kill('SIGKILL');
  fake = await fakeServer();
  await shown('第三件');
  await shown('第四件');
  await receipt('I4/H5/alert', 'shown');
  check(true, 'a restarted notification server gets what is still open');

  /* Asleep for eight hours: no FIN ever came, the old connection looks alive to both ends.  Only the
   * time limit of 45 s would have told; the beat of a second does. */
  const dead = [...streams], wasAt = Date.now();
  openNotices = [...openNotices, notice('I5', 'alert', '夜里来的')];
  writeFileSync(slept, '28800');
  await board.take('a new stream after the sleep', (r) => r.path === 'events' && [...streams].some((s) => !dead.includes(s)));
  check(Date.now() - wasAt < 20000, 'a machine that slept connects anew long before the dead connection would have told');
  await shown('夜里来的');
  await receipt('I5/H5/alert', 'shown');
  check(true, 'what came while it slept is shown, and said to be');

  for (const s of streams) s.destroy();
  await board.take('reconnected', (r) => r.path === 'events' && lastEventId === `${eventId}-0`);
  check(true, 'a cut stream is resumed from the last event');

  server.close();
  for (const s of streams) s.destroy();
  server.closeAllConnections();
  await shown('失去联系');
  check(true, 'a silent server is said on the desktop');

  chmodSync(token, 0o644);
  const careless = spawn(agentPath, ['--server', url, '--token-file', token], { stdio: ['ignore', 'inherit', 'pipe'] });
  let complaint = '';
  careless.stderr.on('data', (d) => (complaint += d));
  const code = await new Promise((r) => careless.on('exit', r));
  check(code === 1 && complaint.includes('chmod 600'), 'a token file others can read is refused with the cure');

  agent.kill('SIGTERM');
  const ended = await new Promise((r) => agent.on('exit', (c, s) => r([c, s])));
  check(ended[0] === 0, 'SIGTERM ends it cleanly');
}

main().then(() => 0, (e) => { console.error(`not ok - ${e.message}`); return 1; }).then((code) => {
  for (const c of children) c.kill('SIGKILL');
  rmSync(dir, { recursive: true });
  process.exit(code);
});
