// SPDX-License-Identifier: Apache-2.0
/* The usual attacks on the API (docs/SECURITY.md says what each is about), and what a role could do
 * to Redis if it were taken over. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import test, { after, before } from 'node:test';
import { incident, OFFICE, put, startBoard } from './fixture.mjs';

const HUIYING = process.env.HUIYING || 'build/dev/huiying';
const PASSWORD = '这是一句足够长的测试口令';
let board, cookie;

const api = (path, { method = 'GET', body, headers = {} } = {}) => fetch(board.base + '/api/v1' + path, { method,
  headers: { ...(body !== undefined ? { 'content-type': 'application/json' } : {}), ...headers }, body });
const user = (...args) => spawnSync(HUIYING, ['user', ...args, '--data', board.data], { encoding: 'utf8', input: `${PASSWORD}\n` });
const id32 = () => randomBytes(16).toString('hex');
const alive = async () => assert.equal((await fetch(board.base + '/healthz')).status, 200, 'the board still answers');
async function lastCommand() {
  const rows = await board.redis.cmd('XREVRANGE', `hy:{${OFFICE}}:cmd`, '+', '-', 'COUNT', 1);
  return rows.length ? JSON.parse(rows[0][1][1]) : null;
}
/* One connection, these bytes, and everything that comes back until it is closed. */
function raw(bytes, wait = 3000) {
  return new Promise((resolve) => {
    const socket = net.connect(new URL(board.base).port, '127.0.0.1', () => socket.write(bytes));
    let got = '';
    const end = () => { socket.destroy(); resolve(got); };
    socket.on('data', (d) => { got += d; });
    socket.on('close', end).on('error', end);
    setTimeout(end, wait);
  });
}

before(async () => {
  board = await startBoard(HUIYING);
  const r = await api('/setup', { method: 'POST', body: JSON.stringify({ id: 'wangmin', name: '王敏', password: PASSWORD, token: new URL(board.setup).hash.slice(1) }) });
  assert.equal(r.status, 200);
  cookie = r.headers.get('set-cookie').split(';')[0];
  await put(board, incident(1, Date.now()));
});
after(async () => { assert.equal(await board.stop({ allowRefusals: true }), 0); });

test('authentication: nothing but a session or a token of ours counts', async () => {
  const token = user('token', 'wangmin').stdout.trim(), value = cookie.split('=')[1];
  const tries = {
    'no credential': {}, 'empty cookie': { cookie: 'hy=' }, 'cookie of another name': { cookie: `session=${value}` },
    'session as bearer': { authorization: `Bearer ${value}` }, 'token as cookie': { cookie: `hy=${token}` },
    'token as basic': { authorization: `Basic ${Buffer.from(`wangmin:${token}`).toString('base64')}` },
    'cut session': { cookie: cookie.slice(0, -1) }, 'session and more': { cookie: `${cookie}x` },
    'key pattern': { cookie: 'hy=*' }, 'two bearers': { authorization: `Bearer x, Bearer ${token}` },
    'headers of a proxy that nobody configured': { 'x-forwarded-user': 'wangmin', 'x-remote-user': 'wangmin', 'remote-user': 'wangmin', 'x-forwarded-for': '127.0.0.1' },
    'method override': { 'x-http-method-override': 'POST' },
  };
  for (const [name, headers] of Object.entries(tries)) assert.equal((await api('/me', { headers })).status, 401, name);
  for (const query of [`?token=${token}`, `?access_token=${token}`, `?hy=${value}`]) assert.equal((await api(`/me${query}`)).status, 401, query);
  assert.equal((await api('/me', { headers: { authorization: `Bearer ${token}` } })).status, 200, 'the token itself is good');
});

test('a session that was ended is dead on every connection', async () => {
  const r = await api('/login', { method: 'POST', body: JSON.stringify({ id: 'wangmin', password: PASSWORD }) });
  const other = r.headers.get('set-cookie').split(';')[0];
  assert.notEqual(other, cookie, 'a login never reuses a session (fixation)');
  assert.equal((await api('/logout', { method: 'POST', body: '{}', headers: { cookie: other } })).status, 204);
  assert.equal((await api('/me', { headers: { cookie: other } })).status, 401);
  assert.equal((await api('/me', { headers: { cookie } })).status, 200, 'the others live on');
});

test('role escalation: who acts and with which roles comes from the session alone', async () => {
  const send = (command) => api('/incidents/I20261123-0001/commands', { method: 'POST', body: JSON.stringify(command), headers: { cookie } });
  assert.equal((await send({ id: id32(), verb: 'waive', args: {}, actor: { id: 'boss', roles: ['supervisor'] }, roles: ['supervisor'] })).status, 403);
  const before_ = await lastCommand();
  assert.equal(before_, null, 'a refused command reaches nobody');
  await send({ id: id32(), verb: 'note', args: { text: '一' }, actor: { id: 'boss', name: '局长', roles: ['supervisor', 'admin'] }, via: 'cli', at: '2020-01-01T00:00:00+08:00', incident: 'I-OTHER' });
  const cmd = await lastCommand();
  assert.deepEqual([cmd.actor.id, cmd.actor.roles, cmd.via, cmd.incident], ['wangmin', ['duty', 'analyst', 'admin'], 'board', 'I20261123-0001']);
  assert.ok(Date.parse(cmd.at) > Date.now() - 60e3, 'and the time from the server');
});

test('objects of others: a receipt speaks for its sender only', async () => {
  const r = await api('/notices/receipt', { method: 'POST', headers: { cookie }, body: JSON.stringify({ notice: 'I20261123-0001/H5/new', state: 'shown', person: 'lilei', actor: { id: 'lilei' }, channel: 'mail:lilei' }) });
  const cmd = await lastCommand();
  assert.ok(r.status === 400 || (cmd.actor.id === 'wangmin' && !('channel' in cmd.args) && !('person' in cmd.args)), JSON.stringify(cmd));
});

test('forged requests: foreign pages and forms change nothing', async () => {
  const seen = JSON.stringify(await lastCommand()), note = { id: id32(), verb: 'note', args: { text: '二' } };
  const cases = [
    { origin: 'http://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' },
    { origin: board.base.replace('127.0.0.1', '127.0.0.1.evil.example') }, { origin: `${board.base}0` }, { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' }, { 'content-type': 'multipart/form-data; boundary=x' },
  ];
  for (const headers of cases) {
    const r = await fetch(`${board.base}/api/v1/incidents/I20261123-0001/commands`, { method: 'POST', body: JSON.stringify(note), headers: { cookie, 'content-type': 'application/json', ...headers } });
    assert.equal(r.status, 403, JSON.stringify(headers));
  }
  assert.equal(JSON.stringify(await lastCommand()), seen);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
    assert.match(await raw(`${method} /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 (405|501)/, method);
});

test('paths: nothing but the routes and the embedded files', async () => {
  const paths = ['/..%2f..%2fusers.yaml', '/%2e%2e/%2e%2e/etc/passwd', '/..\\..\\users.yaml', '/static/../../users.yaml', '//etc/passwd', '/%00', '/index.html%00.js', '/api/v1/../../users.yaml',
    '/api/v1/incidents/%2e%2e', '/api/v1/incidents/I20261123-0001%00', `/api/v1/incidents/${'a'.repeat(5000)}`, '/api/v1/incidents/*', '/api/v1/incidents/}:head', '/api/v1/incidents/..%2f..%2fsession:x', '/API/V1/ME'];
  for (const path of paths) {
    const got = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.match(got, /^HTTP\/1.1 (400|404)/, path);
    assert.doesNotMatch(got, /argon2|root:/, path);
  }
});

test('what a client sends never becomes a header of the answer', async () => {
  const evil = 'x%0d%0aSet-Cookie:%20hy=stolen%0d%0a%0d%0a<script>';
  for (const path of [`/api/v1/incidents/${evil}`, `/${evil}`, `/api/v1/incidents?state=${evil}`, `/api/v1/archive/search?q=${evil}`, `/api/v1/archive/items/${evil}`]) {
    const got = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.doesNotMatch(got.split('\r\n\r\n')[0], /stolen/i, path);
  }
  for (const bad of ['Cookie: a\r\n b: c', 'X:\r\n y', ': empty', 'no colon'])
    await raw(`GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n${bad}\r\nConnection: close\r\n\r\n`);
  await alive();
});

test('smuggling: one request has one length', async () => {
  const inner = `POST /api/v1/logout HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
  const tries = ['Content-Length: 4\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 4', 'Transfer-Encoding: xchunked\r\nContent-Length: 0', 'Content-Length: -1', 'Content-Length: +0', 'Content-Length: 0x10', 'Content-Length: 99999999999999999999'];
  for (const t of tries) {
    const got = await raw(`POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${t}\r\nConnection: close\r\n\r\n0\r\n\r\n${inner}`, 1500);
    assert.ok((got.match(/HTTP\/1\.[01] \d/g) || []).length <= 1, `${t}: ${got.slice(0, 300)}`);
    assert.equal((await api('/me', { headers: { cookie } })).status, 200, `${t}: the hidden request ended the session`);
  }
});

test('JSON that is meant to hurt is one refusal', async () => {
  const deep = (open, n) => open.repeat(n), send = (path, body) => api(path, { method: 'POST', body, headers: { cookie } });
  const bombs = {
    'nested arrays': deep('[', 1500), 'nested objects': deep('{"a":', 600), 'two ids': `{"id":"${id32()}","id":"${id32()}","verb":"note","args":{"text":"x"}}`, 'not UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    'lone surrogate': '{"id":"\\ud800"}', 'a number': '1e999', 'a huge number': `{"version":${'9'.repeat(400)}}`, nothing: '', 'a NUL': '{"id":"\\u0000"}', 'not an object': '[]', 'half of it': '{"id":', 'a word': 'null',
  };
  for (const [name, body] of Object.entries(bombs))
    for (const path of ['/incidents/I20261123-0001/commands', '/notices/receipt', '/login', '/setup']) {
      const r = await send(path, body);
      assert.ok([400, 401, 413, 422].includes(r.status), `${name} at ${path}: ${r.status}`);
      assert.match(r.headers.get('content-type'), /problem\+json/, `${name} at ${path}`);
    }
  const nul = await send('/incidents/I20261123-0001/commands', JSON.stringify({ id: id32(), verb: 'note', args: { text: 'a\u0000b' } }));
  assert.ok([202, 400, 422].includes(nul.status), `a text with a NUL: ${nul.status}`);
  await alive();
});

test('a request that drips in is cut off', async () => {
  const started = Date.now(), socket = net.connect(new URL(board.base).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n');
  const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 500);
  await new Promise((done) => socket.once('close', done));
  clearInterval(drip);
  assert.ok(Date.now() - started < 30e3, 'within the deadline of a whole request');
});

test('live events: a person hears what is addressed to them and no inner talk', async () => {
  const stop = new AbortController(), r = await fetch(`${board.base}/api/v1/events`, { headers: { cookie }, signal: stop.signal });
  let text = '';
  const reading = (async () => { for await (const c of r.body) { text += Buffer.from(c).toString(); if (text.includes('"end"')) stop.abort(); } })().catch(() => {});
  await board.feed('notice', { id: 'for-lilei' }, '["lilei"]');
  await board.feed('reply', { id: 'inner-reply' });
  await board.feed('incident', { id: 'evil', title: 'a\n\nevent: notice\ndata: {"id":"forged"}\n\n' });
  await board.feed('incident', { id: 'end' });
  await reading;
  assert.doesNotMatch(text, /for-lilei|inner-reply/);
  assert.equal(text.split('\n').filter((l) => l === 'event: notice').length, 0, 'a title cannot forge an event');
});

test('a stolen connection to Redis: each role reaches its own keys and no other', async () => {
  const o = `hy:{${OFFICE}}`, forbidden = {
    crawl: [['XADD', `${o}:journal`, '*', 'e', '{}'], ['GET', `${o}:incident:x`], ['XADD', `${o}:cmd`, '*', 'cmd', '{}'], ['GET', `${o}:session:x`], ['XADD', `${o}:hits`, '*', 'hit', '{}']],
    analyze: [['XADD', `${o}:journal`, '*', 'e', '{}'], ['XADD', `${o}:cmd`, '*', 'cmd', '{}'], ['HGETALL', 'hy:crawl:source:a'], ['DEL', `${o}:timers`]],
    board: [['XADD', `${o}:journal`, '*', 'e', '{}'], ['SET', `${o}:incident:x`, '{}'], ['ZADD', `${o}:timers`, 1, 'x'], ['DEL', `${o}:lease`], ['XADD', 'hy:items', '*', 'item', '{}'], ['EVAL', `return redis.call('SET', '${o}:incident:x', '1')`, 0]],
    deliver: [['XADD', `${o}:journal`, '*', 'e', '{}'], ['SET', `${o}:incident:x`, '{}'], ['GET', `${o}:session:x`], ['ZADD', `${o}:timers`, 1, 'x']],
    archive: [['XADD', `${o}:journal`, '*', 'e', '{}'], ['XADD', `${o}:cmd`, '*', 'cmd', '{}'], ['GET', `${o}:session:x`], ['SET', `${o}:incident:x`, '{}']],
    keep: [['XADD', 'hy:items', '*', 'item', '{}'], ['HSET', 'hy:crawl:source:a', 'state', 'healthy']],
    huiying: [['GET', 'other:key']],
  };
  const never = [['CONFIG', 'GET', 'dir'], ['FLUSHALL'], ['SHUTDOWN', 'NOSAVE'], ['KEYS', '*'], ['MODULE', 'LIST'], ['SLAVEOF', '127.0.0.1', 1], ['ACL', 'SETUSER', 'x', 'on'], ['DEBUG', 'SLEEP', 0], ['MONITOR'], ['SAVE'], ['SCRIPT', 'FLUSH']];
  for (const [role, commands] of Object.entries(forbidden)) {
    const client = await board.redisAs(role);
    for (const c of [...commands, ...never]) await assert.rejects(client.cmd(...c), /NOPERM|can't (access|run)|not allowed/, `${role}: ${c.join(' ')}`);
    client.end();
  }
  const nobody = await board.redisAs('crawl');
  await assert.rejects(nobody.cmd('AUTH', 'default', ''), /WRONGPASS/);
  nobody.end();
});
