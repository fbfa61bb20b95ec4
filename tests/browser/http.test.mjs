// SPDX-License-Identifier: Apache-2.0
/* The server without a browser: headers, limits, sessions, rights, commands, live events. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import test, { after, before } from 'node:test';
import { answerCommands, incident, OFFICE, put, seed, startBoard } from './fixture.mjs';

const HUIYING = process.env.HUIYING || 'build/dev/huiying';
let board, cookie;

/* fetch() hides what we look at: speak HTTP by hand. */
function raw(text, { wait = 3000, bytes = false } = {}) {
  return new Promise((resolve) => {
    const { port } = new URL(board.base), socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    const got = [];
    const end = () => { socket.destroy(); resolve(bytes ? Buffer.concat(got) : Buffer.concat(got).toString()); };
    socket.on('data', (d) => got.push(d));
    socket.on('close', end);
    socket.on('error', end);
    setTimeout(end, wait);
  });
}
const api = (path, { method = 'GET', body, headers = {} } = {}) => fetch(board.base + '/api/v1' + path, { method,
  headers: { ...(cookie ? { cookie } : {}), ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, body: body && JSON.stringify(body) });
const id32 = () => randomBytes(16).toString('hex');

before(async () => { board = await startBoard(HUIYING); });
after(async () => { assert.equal(await board.stop(), 0); });

test('every answer carries the strict headers', async () => {
  for (const path of ['/', '/app.js', '/nothing', '/api/v1/me', '/healthz']) {
    const r = await fetch(board.base + path);
    assert.match(r.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'; style-src 'self'/, path);
    assert.doesNotMatch(r.headers.get('content-security-policy'), /unsafe/);
    assert.equal(r.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(r.headers.get('referrer-policy'), 'no-referrer');
    await r.arrayBuffer();
  }
});

test('embedded files: gzip, ETag, 304, and plain for clients without gzip', async () => {
  const r = await fetch(board.base + '/app.js');
  const etag = r.headers.get('etag');
  assert.match(await r.text(), /SPDX-License-Identifier/);
  const again = await fetch(board.base + '/app.js', { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  const plain = await raw('GET /style.css HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  assert.match(plain, /^HTTP\/1.1 200/);
  assert.doesNotMatch(plain, /Content-Encoding/);
  assert.match(plain, /--paper/);
});

test('the start is under 100 KB over the wire, headers and all', async () => {
  const { host } = new URL(board.base), get = (path) => raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`, { bytes: true });
  const page = await (await fetch(board.base + '/')).text();
  const named = [...page.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map((m) => m[1]).filter((p) => !p.startsWith('/api/'));
  assert.ok(named.includes('/app.js') && named.includes('/style.css') && named.length < 8, named.join());
  let bytes = 0;
  for (const path of ['/', ...named]) {
    const answer = await get(path);
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 /, path);
    bytes += answer.length;
  }
  assert.ok(bytes < 100 * 1024, `${bytes} bytes`);
});

test('what two readers could understand differently is refused', async () => {
  const cases = [
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['foreign host', 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 400],
    ['absolute URI', 'GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', 'POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}', 400],
    ['dots', 'GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 404],
    ['encoded dots', 'GET /..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 404],
    ['long headers', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20000)}\r\nConnection: close\r\n\r\n`, 400],
    ['method', 'POST /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', 405],
    ['big body', `POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n${'x'.repeat(5000)}`, 413],
  ];
  for (const [name, text, status] of cases) assert.match(await raw(text), new RegExp(`^HTTP/1.[01] ${status}`), name);
});

test('set-up works once, needs its token and a good password', async () => {
  const token = new URL(board.setup).hash.slice(1), me = { id: 'wangmin', name: '王敏', password: '这是一句足够长的测试口令' };
  const send = (body, headers) => api('/setup', { method: 'POST', body, headers });
  assert.equal((await send({ ...me, token: 'hy_wrong' })).status, 422);
  assert.equal((await send({ ...me, token, password: '太短' })).status, 422);
  assert.equal((await send({ ...me, token }, { origin: 'http://evil.example' })).status, 403);
  assert.deepEqual((await (await send({ token })).json()).people[0], { id: 'wangmin', name: '王敏' }, 'whom to offer');
  const r = await send({ ...me, token });
  assert.equal(r.status, 200);
  const set = r.headers.get('set-cookie');
  assert.match(set, /HttpOnly; SameSite=Strict/);
  cookie = set.split(';')[0];
  assert.equal((await send({ ...me, id: 'second', token })).status, 422);
  const who = await (await api('/me')).json();
  assert.deepEqual(who.roles, ['duty', 'analyst', 'admin']);
  assert.ok(Math.abs(who.now - Date.now()) < 5000);
});

test('without a session nothing is told', async () => {
  const keep = cookie;
  cookie = '';
  for (const path of ['/me', '/incidents', '/incidents/x', '/sources', '/duty', '/rules', '/events', '/notices'])
    assert.equal((await api(path)).status, 401, path);
  cookie = 'hy=hy_forged';
  const r = await api('/me');
  assert.equal(r.status, 401);
  assert.match(r.headers.get('content-type'), /problem\+json/);
  assert.equal((await r.json()).detail, '请先登录');
  cookie = keep;
});

test('login: right, wrong, unknown, and waiting after five failures - for this name only', async () => {
  const login = (id, password) => api('/login', { method: 'POST', body: { id, password } });
  assert.equal((await login('wangmin', '这是一句足够长的测试口令')).status, 200);
  const unknown = await login('nobody', '这是一句足够长的测试口令'), wrong = await login('wangmin', '不对不对不对不对不对');
  assert.equal(unknown.status, 401);
  assert.deepEqual(await unknown.json(), await wrong.json(), 'an unknown name looks like a wrong password');
  for (let n = 0; n < 4; n++) await login('lilei', '不对不对不对不对不对');
  assert.equal((await login('lilei', '不对不对不对不对不对')).status, 401);
  const waits = await login('lilei', '不对不对不对不对不对');
  assert.equal(waits.status, 429);
  assert.ok(Number(waits.headers.get('retry-after')) > 20);
  assert.equal((await login('wangmin', '这是一句足够长的测试口令')).status, 200, 'others are not locked out');
});

test('a request from a foreign page is refused, cookie or not', async () => {
  const r = await api('/logout', { method: 'POST', body: {}, headers: { origin: 'http://evil.example' } });
  assert.equal(r.status, 403);
  const site = await api('/logout', { method: 'POST', body: {}, headers: { 'sec-fetch-site': 'cross-site' } });
  assert.equal(site.status, 403);
  const form = await fetch(board.base + '/api/v1/logout', { method: 'POST', headers: { cookie, 'content-type': 'text/plain' }, body: '{}' });
  assert.equal(form.status, 403);
  assert.equal((await api('/me')).status, 200);
});

test('lists, items, journal', async () => {
  const s = await seed(board);
  const { incidents } = await (await api('/incidents')).json();
  assert.deepEqual(incidents.map((i) => i.id), [s.two, s.one, s.three, s.four, s.five].map((i) => i.id), 'nearest deadline first');
  assert.equal(incidents[1].n_items, 13);
  const { items } = await (await api(`/incidents/${s.one.id}/items`)).json();
  assert.equal(items.length, 13);
  assert.ok(items[0].score.hits.length > 3);
  const { entries } = await (await api(`/incidents/${s.one.id}/journal`)).json();
  assert.deepEqual(entries.map((e) => e.type), ['open', 'clocks', 'notice', 'note', 'found']);
  const journal = async (query) => (await api(`/incidents/${s.one.id}/journal?${query}`)).json(), newest = await journal('limit=2');
  assert.deepEqual(newest.entries.map((e) => e.type), ['note', 'found'], 'the newest page first, in its order');
  const older = await journal(`limit=2&before=${newest.next}`), oldest = await journal(`limit=2&before=${older.next}`);
  assert.deepEqual([older, oldest].map((p) => p.entries.map((e) => e.type)), [['clocks', 'notice'], ['open']]);
  assert.equal(oldest.next, undefined);
  for (const bad of ['limit=0', 'limit=501', 'limit=x', 'before=0', 'before=x']) assert.equal((await api(`/incidents/${s.one.id}/journal?${bad}`)).status, 400, bad);
  assert.equal((await api('/incidents/nothing')).status, 404);
  assert.equal((await api('/incidents?state=wrong')).status, 400);
  const { sources } = await (await api('/sources')).json();
  assert.deepEqual(sources.map((x) => [x.id, x.state]), [['forum', 'healthy'], ['news', 'quiet'], ['gov', 'blind']]);
});

test('a command waits for its reply; refusals keep their code; silence is 202, not an error', async () => {
  const inc = incident(1, Date.now()), path = `/incidents/${inc.id}/commands`;
  const send = (body) => api(path, { method: 'POST', body });
  const stop = answerCommands(board, (cmd) => cmd.verb === 'note' && !cmd.args.text ? { reply: { ok: false, code: 'invalid', message: '请填写内容', field: 'text' } }
    : { reply: { ok: true, incident: inc.id, seq: 9 } });
  const ok = await send({ id: id32(), verb: 'note', args: { text: '好' }, version: 3 });
  assert.equal(ok.status, 200);
  assert.equal((await ok.json()).seq, 9);
  const bad = await send({ id: id32(), verb: 'note', args: {} });
  assert.equal(bad.status, 422);
  assert.equal((await bad.json()).detail, '请填写内容');
  await stop();
  assert.equal((await send({ id: 'x', verb: 'note' })).status, 400);
  assert.equal((await send({ id: id32(), verb: 'explode' })).status, 400);
  assert.equal((await send({ id: id32(), verb: 'waive', args: {} })).status, 403, 'not a supervisor');
  const silent = await send({ id: id32(), verb: 'note', args: { text: '晚' } });
  assert.equal(silent.status, 202);
  const last = (await board.redis.cmd('XREVRANGE', `hy:{${OFFICE}}:cmd`, '+', '-', 'COUNT', 1))[0][1][1], cmd = JSON.parse(last);
  assert.deepEqual(cmd.actor, { id: 'wangmin', name: '王敏', roles: ['duty', 'analyst', 'admin'] });
  assert.equal(cmd.via, 'board');
});

test('a list of cases: all of it or nothing, in one piece, answered by the last reply', async () => {
  const key = `hy:{${OFFICE}}:cmd`, row = (n) => ({ 编号: `L-${n}`, 标题: '路灯', 收到时间: '2026-01-05 08:00' });
  const post = (body) => api('/cases/import', { method: 'POST', body }), sent = () => board.redis.cmd('XLEN', key);
  const before = await sent();
  const bad = await post({ kind: 'message', rows: [row(1), { ...row(2), 标题: '' }] });
  assert.equal(bad.status, 422);
  assert.deepEqual((await bad.json()).faults.map((f) => [f.line, f.field, f.column, f.message]), [[2, 'title', '标题', '请填写标题']]);
  assert.equal((await post({ kind: 'message', text: '编号,标题' })).status, 422);
  assert.equal((await post({ kind: 'message', rows: [row(1)], dry_run: true })).status, 200);
  assert.equal(await sent(), before, 'nothing was written');
  const stop = answerCommands(board, () => ({ reply: { ok: true } }));
  const ok = await post({ kind: '网民留言', text: '编号,标题,收到时间,姓名\nL-1,路灯,2026-01-05,某某\nL-2,井盖,2026-01-05,某某\n' }), v = await ok.json();
  await stop();
  assert.equal(ok.status, 200);
  assert.deepEqual([v.rows, v.ignored, v.commands.length], [2, ['姓名'], 2]);
  assert.equal(await sent(), before + 2);
  const cmds = (await board.redis.cmd('XREVRANGE', key, '+', '-', 'COUNT', 2)).map((e) => JSON.parse(e[1][1]));
  assert.deepEqual(cmds.map((c) => [c.verb, c.args.kind, c.args.ref, c.actor.id]), [['register', 'message', 'L-2', 'wangmin'], ['register', 'message', 'L-1', 'wangmin']]);
});

test('cases: open ones by their deadlines, all of them newest first, in pages by cursor, of one kind', async () => {
  const k = (what) => `hy:{${OFFICE}}:${what}`, ids = [];
  for (let n = 1; n <= 30; n++) {
    const id = `${n % 3 ? 'M' : 'D'}20260105-${String(n).padStart(4, '0')}`;
    ids.push(id);
    await board.redis.cmd('SET', k(`incident:${id}`), JSON.stringify({ id, kind: n % 3 ? 'message' : 'document', title: `事项${n}`, state: 'collected', notes: [{ text: 'x' }], notices: [], obligations: [] }));
    await board.redis.cmd('ZADD', k('cases'), n, id);
    if (n <= 20) await board.redis.cmd('ZADD', k('cases:due'), 1000 - n, id);
  }
  await board.redis.cmd('SET', k(`item:${ids[0]}`), JSON.stringify({ id: ids[0], text: '整个内容' }));
  const pages = async (query) => {
    const got = [], sizes = [];
    for (let after = ''; ;) {
      const v = await (await api(`/cases?${query}${after && `&after=${after}`}`)).json();
      got.push(...v.cases.map((c) => c.id));
      sizes.push(v.cases.length);
      if (!v.next) return [got, sizes, v];
      after = v.next;
    }
  };
  const open = ids.slice(0, 20).reverse(), [got, sizes, last] = await pages('limit=8');
  assert.deepEqual([got, sizes], [open, [8, 8, 4]]);
  assert.deepEqual(last.counts, { message: 14, document: 6 });
  assert.deepEqual([last.cases[0].n_notes, last.cases[0].notes], [1, undefined]);
  assert.deepEqual((await pages('kind=document&limit=4'))[0], open.filter((id) => id[0] === 'D'));
  assert.deepEqual((await pages('state=all&limit=7'))[0], [...ids].reverse());
  assert.deepEqual((await pages('state=all&kind=message&limit=3'))[0], [...ids].reverse().filter((id) => id[0] === 'M'));
  assert.deepEqual((await (await api(`/incidents/${ids[0]}/items`)).json()).items.map((i) => i.text), ['整个内容']);
  const etag = (await api('/cases')).headers.get('etag');
  assert.equal((await api('/cases', { headers: { 'if-none-match': etag } })).status, 304);
  assert.equal((await api(`/cases?after=${ids[25]}`)).status, 409, 'closed meanwhile');
  /* searched on the server: in what the row shows, without case, in pages that go on where the last ended */
  const wide = [];
  for (let n = 31; n <= 2530; n++) {
    const id = `H20260105-${String(n).padStart(4, '0')}`, doc = { id, kind: 'hotline', ref: `Rx-${n}`, title: n % 500 === 0 ? `路灯不亮${n}` : `工单${n}`, channel: n === 31 ? '人民网' : '', state: 'collected', notices: [], obligations: [], units: { lead: n === 77 ? { id: 'u', name: '城管局' } : null } };
    wide.push(board.redis.cmd('SET', k(`incident:${id}`), JSON.stringify(doc)), board.redis.cmd('ZADD', k('cases'), n, id), board.redis.cmd('ZADD', k('cases:due'), 2000 + n, id));
  }
  await Promise.all(wide);
  const find = async (query) => (await pages(query))[0].map((id) => Number(id.slice(-4)));
  assert.deepEqual(await find('q=路灯&limit=2'), [500, 1000, 1500, 2000, 2500]);
  assert.deepEqual(await find('state=all&q=路灯&limit=2'), [2500, 2000, 1500, 1000, 500]);
  assert.deepEqual(await find('q=rX-2222'), [2222]);
  assert.deepEqual(await find('q=城管局'), [77]);
  assert.deepEqual(await find('state=all&kind=hotline&q=人民网'), [31], 'the last of 2,500');
  assert.deepEqual(await find('kind=message&q=路灯'), []);
  const first = await (await api('/cases?state=all&q=人民网')).json();
  assert.deepEqual([first.cases.length, typeof first.next], [0, 'string'], 'one request reads so many and says how far it came');
  for (const bad of ['state=x', 'kind=emergency', 'kind=x', 'limit=0', 'limit=501', 'state=all&after=x']) assert.equal((await api(`/cases?${bad}`)).status, 400, bad);
});

test('what could not be sent is seen with its cause, and sent again once', async () => {
  const k = (what) => `hy:{${OFFICE}}:${what}`, letter = (n) => JSON.stringify({ notice: `I1/-/${n}`, channel: 'sms', why: '密钥不对', tries: 4, title: '爆炸', at: '2026-11-23T09:12:00+08:00' });
  const a = await board.redis.cmd('XADD', k('dead'), '*', 'delivery', letter('a')), b = await board.redis.cmd('XADD', k('dead'), '*', 'delivery', letter('b'));
  await board.redis.cmd('HSET', k('delivery:I1/-/a'), 'notice', '{}', 'sms', 'failed');
  const list = await (await api('/deliveries')).json();
  assert.deepEqual(list.dead.map((x) => [x.id, x.channel, x.why, x.tries]), [[b, 'sms', '密钥不对', 4], [a, 'sms', '密钥不对', 4]]);
  const retry = (id) => api('/deliveries/retry', { method: 'POST', body: { id } });
  assert.equal((await retry(a)).status, 200);
  assert.deepEqual(await board.redis.cmd('SMEMBERS', k('resend')), [a], 'a wish that deliver takes');
  assert.equal((await retry('1-1')).status, 404, 'there is none');
  assert.equal((await retry(b)).status, 404, 'its text is gone');
  assert.equal((await retry('all')).status, 422);
  await board.redis.cmd('DEL', k('dead'), k('resend'), k('delivery:I1/-/a'));
});

/* Reads events until `want` have come. */
async function events(want, headers = {}) {
  const stop = new AbortController(), r = await fetch(board.base + '/api/v1/events', { headers: { cookie, ...headers }, signal: stop.signal }), got = [];
  assert.equal(r.status, 200);
  let text = '';
  const done = (async () => {
    for await (const chunk of r.body) {
      text += Buffer.from(chunk).toString();
      for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
        const e = Object.fromEntries(text.slice(0, at).split('\n').filter((l) => l.includes(': ')).map((l) => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 2)]));
        if (e.event && e.event !== 'hello') got.push(e);
        if (got.length >= want) return stop.abort();
      }
    }
  })().catch(() => {});
  return { got, done, stop: () => stop.abort() };
}

test('events: live, addressed, resumed exactly where they stopped', async () => {
  const a = await events(2);
  await board.feed('notice', { id: 'n0', to: ['lilei'] }, 'lilei');
  await board.feed('reply', { id: 'x' });
  await board.feed('incident', { id: 'E1' });
  await board.feed('notice', { id: 'n1', to: ['wangmin'] }, '["wangmin"]');
  await a.done;
  assert.deepEqual(a.got.map((e) => [e.event, JSON.parse(e.data).id]), [['incident', 'E1'], ['notice', 'n1']]);
  const e = await events(2);
  await board.tell('incident', 'E404', ''); /* no such document */
  await board.tell('incident', '{"id":"E2"}', ''); /* as it was written before documents were only named */
  await board.feed('incident', { id: 'E3', version: 7 });
  await e.done;
  assert.deepEqual(e.got.map((e) => JSON.parse(e.data)), [{ id: 'E2' }, { id: 'E3', version: 7 }]);
  for (let n = 0; n < 1200; n++) await board.feed('incident', { id: `M${n}` });
  const b = await events(1200, { 'last-event-id': e.got[1].id });
  await b.done;
  assert.equal(b.got.length, 1200);
  assert.deepEqual(b.got.map((e) => JSON.parse(e.data).id), Array.from({ length: 1200 }, (_, n) => `M${n}`));
  for (let n = 0; n < 100; n++) await board.feed('case', { id: 'D1', version: n });
  const d = await events(1, { 'last-event-id': b.got[1199].id });
  await d.done;
  assert.deepEqual(d.got.map((e) => [e.event, JSON.parse(e.data).version]), [['case', 99]], 'a hundred changes of one document are told once');
  await board.redis.cmd('XTRIM', `hy:{${OFFICE}}:feed`, 'MAXLEN', 10);
  const c = await events(1, { 'last-event-id': a.got[1].id });
  await c.done;
  assert.equal(c.got[0].event, 'reload', 'trimmed beyond what the client saw');
});

test('a client that does not read is cut off', async () => {
  const { port } = new URL(board.base), socket = net.connect({ port, host: '127.0.0.1' });
  socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`);
  await new Promise((ok) => socket.once('data', ok));
  socket.pause();
  const big = 'x'.repeat(20000);
  for (let n = 0; n < 600; n++) await board.feed('incident', { id: `big${n}`, big });
  const health = async () => (await (await fetch(board.base + '/healthz')).json()).clients;
  for (let n = 0; n < 200 && (await health()) > 0; n++) await new Promise((ok) => setTimeout(ok, 25));
  assert.equal(await health(), 0);
  socket.destroy();
  await board.redis.cmd('XTRIM', `hy:{${OFFICE}}:feed`, 'MAXLEN', 0);
});

test('notices that still ask for something; receipts become commands', async () => {
  const key = `hy:{${OFFICE}}:notices`, inc = incident(77, Date.now());
  await put(board, inc);
  for (const n of [{ id: `${inc.id}/-/new`, incident: inc.id, clock: '-', to: ['wangmin'] }, { id: `${inc.id}/-/x`, incident: inc.id, clock: '-', to: ['lilei'] }])
    await board.redis.cmd('XADD', key, '*', 'notice', JSON.stringify(n));
  assert.deepEqual((await (await api('/notices?open=1')).json()).notices.map((n) => n.id), [`${inc.id}/-/new`]);
  await put(board, { ...inc, ack: { by: 'wangmin' } });
  assert.deepEqual((await (await api('/notices?open=1')).json()).notices, []);
  assert.equal((await api('/notices/receipt', { method: 'POST', body: { notice: `${inc.id}/-/new`, state: 'shown' } })).status, 204);
  assert.equal((await api('/notices/receipt', { method: 'POST', body: { notice: 'x', state: 'eaten' } })).status, 400);
  const cmd = JSON.parse((await board.redis.cmd('XREVRANGE', `hy:{${OFFICE}}:cmd`, '+', '-', 'COUNT', 1))[0][1][1]);
  assert.deepEqual([cmd.verb, cmd.incident, cmd.args], ['receipt', inc.id, { notice: `${inc.id}/-/new`, state: 'shown' }]);
});

test('all notices to me, page by page, however many of others lie between', async () => {
  const key = `hy:{${OFFICE}}:notices`, mine = (n) => n.id.startsWith('P/'), got = [];
  for (let n = 0; n < 1300; n++) await board.redis.cmd('XADD', key, '*', 'notice', JSON.stringify({ id: n % 100 ? `Q/${n}` : `P/${n}`, incident: 'I9', clock: '-', to: [n % 100 ? 'lilei' : 'wangmin'] }));
  for (let after = ''; ;) {
    const v = await (await api(`/notices?limit=5${after && `&after=${after}`}`)).json();
    assert.ok(v.notices.length <= 5);
    got.push(...v.notices.filter(mine).map((n) => n.id));
    if (!v.next) break;
    after = v.next;
  }
  assert.deepEqual(got, Array.from({ length: 13 }, (_, n) => `P/${(12 - n) * 100}`));
  const inc = incident(78, Date.now());
  await put(board, inc);
  await board.redis.cmd('XADD', key, '*', 'notice', JSON.stringify({ id: `${inc.id}/-/new`, incident: inc.id, clock: '-', to: ['wangmin'] }));
  for (let n = 0; n < 700; n++) await board.redis.cmd('XADD', key, '*', 'notice', JSON.stringify({ id: `R/${n}`, incident: 'I9', clock: '-', to: ['lilei'] }));
  assert.deepEqual((await (await api('/notices?open=1')).json()).notices.map((n) => n.id), [`${inc.id}/-/new`], 'what waits is not pushed out by notices to others');
  /* further back than the stream is read the open documents say it */
  await put(board, { ...inc, notices: [{ id: `${inc.id}/-/new`, clock: '-', step: 'open', class: 'urgent', at: new Date().toISOString(), states: { wangmin: 'queued' } }] });
  await board.redis.cmd('EVAL', "for i = 1, 10001 do redis.call('XADD', KEYS[1], '*', 'notice', ARGV[1]) end", 1, key, JSON.stringify({ id: 'S', incident: 'I9', clock: '-', to: ['lilei'] }));
  const old = (await (await api('/notices?open=1')).json()).notices.filter((n) => n.incident === inc.id);
  assert.deepEqual(old.map((n) => [n.id, n.state]), [[`${inc.id}/-/new`, 'queued']], 'nor behind the end of what is read');
  assert.match(old[0].body, /较早的提醒/);
  for (const bad of ['limit=0', 'limit=501', 'after=x', 'after=1-', 'after=1-1-1']) assert.equal((await api(`/notices?${bad}`)).status, 400, bad);
});

test('tokens: made by the command line, seen without a restart, read-only means read-only', async () => {
  const make = (...args) => spawnSync(HUIYING, ['user', 'token', 'wangmin', '--data', board.data, ...args], { encoding: 'utf8' });
  const act = make().stdout.trim(), read = make('--scope', 'read').stdout.trim();
  assert.match(act, /^hy_[\w-]{43}$/);
  const as = (token, path, method = 'GET', body) => fetch(board.base + '/api/v1' + path, { method, headers: { authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) });
  assert.equal((await as(act, '/me')).status, 200);
  assert.equal((await as(read, '/me')).status, 200);
  assert.equal((await as('hy_no', '/me')).status, 401);
  assert.equal((await as(read, '/notices/receipt', 'POST', { notice: 'a/-/b', state: 'shown' })).status, 403);
  assert.equal((await as(act, '/notices/receipt', 'POST', { notice: 'a/-/b', state: 'shown' })).status, 204);
});

test('a calendar program subscribes by an address, whose token opens nothing else', async () => {
  const make = (scope) => spawnSync(HUIYING, ['user', 'token', 'wangmin', '--data', board.data, '--scope', scope], { encoding: 'utf8' }).stdout.trim();
  const calendar = make('calendar'), read = make('read'), path = '/api/v1/duty.ics';
  const get = (where, headers = {}) => fetch(board.base + where, { headers });
  const r = await get(`${path}?person=wangmin&token=${calendar}`), text = await r.text();
  assert.deepEqual([r.status, r.headers.get('content-type')], [200, 'text/calendar; charset=utf-8']);
  assert.match(text, /^BEGIN:VCALENDAR\r\n/);
  assert.match(text, /\r\nEND:VCALENDAR\r\n$/);
  for (const [status, where, headers] of [
    [401, path], [401, `${path}?token=hy_no`], [403, `${path}?token=${read}`], [404, `${path}?person=nobody&token=${calendar}`],
    [401, `/api/v1/duty?token=${calendar}`], [403, '/api/v1/duty', { authorization: `Bearer ${calendar}` }], [403, '/api/v1/me', { authorization: `Bearer ${calendar}` }],
    [200, path, { authorization: `Bearer ${calendar}` }], [200, path, { authorization: `Bearer ${read}` }],
  ]) assert.equal((await get(where, headers)).status, status, `${where} ${Object.keys(headers || {})}`);
});

test('every number of the statistics links to as many rows as it says', async () => {
  const from = encodeURIComponent('2020-01-01T00:00:00+08:00'), stats = await (await api(`/stats?from=${from}`)).json();
  const links = [], walk = (o, n) => {
    if (!o || typeof o !== 'object') return;
    if (typeof o.rows === 'string') links.push([o.rows, o.n ?? o.count ?? n]);
    for (const v of Object.values(o)) walk(v);
  };
  walk(stats);
  assert.ok(links.length > 3, JSON.stringify(stats).slice(0, 500));
  for (const [link, n] of links) {
    assert.match(link, /from=2020-01-01T00:00:00%2B08:00/);
    const r = await fetch(board.base + link, { headers: { cookie } });
    assert.equal(r.status, 200, link);
    if (n !== undefined) assert.equal((await r.json()).rows.length, n, link);
  }
  assert.equal((await api('/stats?from=yesterday')).status, 400);
});

test('metrics want a token; readyz says what is missing', async () => {
  assert.equal((await fetch(board.base + '/metrics')).status, 401);
  const text = await (await fetch(board.base + '/metrics', { headers: { cookie } })).text();
  assert.match(text, /^# TYPE huiying_incidents_open gauge$/m);
  assert.match(text, /^huiying_incidents_open [1-9]/m);
  const ready = await fetch(board.base + '/readyz'), said = await ready.json();
  assert.equal(ready.status, 503); /* the board is alone here */
  assert.equal(said.ready, false);
  assert.ok(said.missing.some((m) => m.includes('keep')));
});

/* Every code that an answer of the command interface may carry, with a sentence in Chinese; the last
 * rows look into the sources, so that a code without a test is an error. */
test('every refusal of the command interface has its code and its sentence', async () => {
  const seen = new Set(), path = '/incidents/E1/commands', good = () => ({ id: id32(), verb: 'note', args: { text: '好' } });
  const make = (...args) => spawnSync(HUIYING, ['user', 'token', 'wangmin', '--data', board.data, ...args], { encoding: 'utf8' }).stdout.trim();
  const bearer = (token) => ({ cookie: '', authorization: `Bearer ${token}` });
  const read = make('--scope', 'read');
  const rows = [
    ['id', 400, path, { ...good(), id: 'x' }], ['verb', 400, path, { ...good(), verb: 'explode' }], ['json', 400, path, [1]],
    ['forbidden', 403, path, { ...good(), verb: 'waive' }], ['forbidden', 403, path, good(), bearer(read)],
    ['token', 401, path, good(), bearer('hy_no')], ['login', 401, path, good(), { cookie: '' }],
    ['origin', 403, path, good(), { origin: 'http://evil.example' }], ['too_big', 413, path, { ...good(), args: { text: 'x'.repeat(70000) } }],
    ['method', 405, '/me', {}], ['receipt', 400, '/notices/receipt', { notice: 'x', state: 'eaten' }],
    ['invalid', 422, '/cases/import', { rows: [] }], ['invalid', 422, '/deliveries/retry', { id: 'all' }], ['not_found', 404, '/deliveries/retry', { id: '1-1' }],
  ];
  for (const [code, status, where, body, headers] of rows) {
    const r = await api(where, { method: 'POST', body, headers }), v = await r.json();
    assert.deepEqual([r.status, v.code], [status, code], `${where} ${JSON.stringify(body).slice(0, 80)}: ${JSON.stringify(v).slice(0, 200)}`);
    assert.match(v.detail, /[\u4e00-\u9fff]/, code);
    seen.add(code);
  }
  for (const code of ['conflict', 'forbidden', 'invalid', 'not_found', 'state']) { /* what the keeper says goes on as it is */
    const stop = answerCommands(board, () => ({ reply: { ok: false, code, message: '因为', field: 'text' } }));
    const r = await api(path, { method: 'POST', body: good() }), v = await r.json();
    await stop();
    assert.deepEqual([r.status, v.code, v.detail, v.field], [{ conflict: 409, forbidden: 403, invalid: 422, not_found: 404, state: 409 }[code], code, '因为', 'text']);
    seen.add(code);
  }
  const elsewhere = new Set(['proxy', 'no_account', 'after', 'limit', 'redis', 'wait', 'password', 'setup', 'busy', 'page', 'archive', 'query', 'level', 'state', 'bad_request']); /* other requests; a proxy and pages of lists: rules.test; Redis away: page.test */
  for (const file of ['command', 'cases', 'notices', 'import', 'dead', 'common', 'gate', 'login', 'http', 'read']) {
    const text = readFileSync(`alerts/board/${file}.c`, 'utf8');
    for (const [, code] of text.matchAll(/hy_http_problem\([^;]*?\d{3},\s*"(\w+)"/g)) assert.ok(seen.has(code) || elsewhere.has(code), `${file}.c: no test is refused with ${code}`);
  }
});

test('the same command twice is one command; two at once with one id are not', async () => {
  const key = `hy:{${OFFICE}}:cmd`, path = '/incidents/E1/commands', body = { id: id32(), verb: 'note', args: { text: '好' } };
  const first = api(path, { method: 'POST', body });
  for (let n = 0; n < 100 && !(await board.redis.cmd('XREVRANGE', key, '+', '-', 'COUNT', 1))[0]?.[1][1].includes(body.id); n++) await new Promise((ok) => setTimeout(ok, 20));
  const second = await api(path, { method: 'POST', body });
  assert.deepEqual([second.status, (await second.json()).code], [400, 'id'], 'it is on its way already');
  await board.feed('reply', { id: body.id, ok: true, incident: 'E1', seq: 9 });
  assert.equal((await first).status, 200);
});

test('the server tells its time the same way everywhere: a page takes its clock from any answer', async () => {
  for (const path of ['/me', '/incidents', '/notices', '/sources', '/stats', '/duty', '/rules', '/deliveries']) {
    const { now } = await (await api(path)).json();
    assert.ok(now === undefined || (typeof now === 'number' && Math.abs(now - Date.now()) < 60e3), `${path}: ${now}`);
  }
});

test('logout ends the session at once', async () => {
  assert.equal((await api('/logout', { method: 'POST', body: {} })).status, 204);
  assert.equal((await api('/me')).status, 401);
});

test('an occupied port is one clear sentence and exit 1', () => {
  const r = spawnSync(HUIYING, ['board', '-c', 'tests/browser/office', '--redis', 'unix:///nowhere', '--data', board.data, '--listen', new URL(board.base).host], { encoding: 'utf8' });
  assert.equal(r.status, 1);
  assert.match(r.stderr, /已被别的程序占用.*--listen.*address already in use/);
  assert.equal(r.stderr.trim().split('\n').length, 1);
});
