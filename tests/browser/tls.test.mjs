// SPDX-License-Identifier: Apache-2.0
/* The board with a certificate of its own: what it speaks, what it refuses to start with, and a new
 * certificate without a restart. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import tls from 'node:tls';
import { incident, put, startBoard } from './fixture.mjs';

const HUIYING = process.env.HUIYING || 'build/dev/huiying';
const PASSWORD = '这是一句足够长的测试口令';
const dir = mkdtempSync(`${tmpdir()}/huiying-tls-`);
let board, ca, cookie;

function certificate(name, ...more) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${dir}/${name}.key`, '-out', `${dir}/${name}.crt`, ...more], { stdio: 'ignore' });
  chmodSync(`${dir}/${name}.key`, 0o600);
}
const port = () => new URL(board.base).port;
/* A handshake: what was agreed on, or the error's code. */
const greet = (options) => new Promise((resolve) => {
  const s = tls.connect({ port: port(), host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => { resolve({ protocol: s.getProtocol(), cipher: s.getCipher().name, subject: s.getPeerCertificate().subject.CN }); s.destroy(); });
  s.on('error', (e) => resolve({ error: e.code || e.message }));
});
function ask(path, { method = 'GET', body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const r = https.request(`${board.base}${path}`, { method, ca, agent: false, headers: { ...(cookie ? { cookie } : {}), ...(body ? { 'content-type': 'application/json' } : {}), ...headers } }, (res) => {
      let text = '';
      res.on('data', (d) => { text += d; }).on('end', () => resolve({ status: res.statusCode, headers: res.headers, text }));
    });
    r.on('error', reject).end(body && JSON.stringify(body));
  });
}
const refusedStart = (cert, key, ...more) => spawnSync(HUIYING, ['board', '-c', board.office, '--redis', 'unix:///nowhere', '--data', board.data, '--listen', '127.0.0.1:0', '--tls-cert', cert, ...(key ? ['--tls-key', key] : []), ...more], { encoding: 'utf8', timeout: 20000 });

before(async () => {
  certificate('one');
  certificate('two');
  for (const end of ['crt', 'key']) copyFileSync(`${dir}/one.${end}`, `${dir}/used.${end}`);
  ca = [readFileSync(`${dir}/one.crt`), readFileSync(`${dir}/two.crt`)];
  board = await startBoard(HUIYING, { args: ['--tls-cert', `${dir}/used.crt`, '--tls-key', `${dir}/used.key`] });
});
after(async () => {
  const code = await board.stop();
  assert.equal(code, 0, board.log());
  rmSync(dir, { recursive: true });
});

test('1.2 with forward secrecy and 1.3; nothing older, nothing weaker', async () => {
  assert.match(board.setup, /^https:/);
  assert.equal((await greet({})).protocol, 'TLSv1.3');
  assert.deepEqual(await greet({ maxVersion: 'TLSv1.2' }), { protocol: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384', subject: 'one' });
  for (const old of ['TLSv1.1', 'TLSv1']) assert.ok((await greet({ minVersion: old, maxVersion: old, ciphers: 'ALL:@SECLEVEL=0' })).error, old);
  for (const weak of ['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256', 'NULL-SHA256']) assert.ok((await greet({ maxVersion: 'TLSv1.2', ciphers: `${weak}:@SECLEVEL=0` })).error, weak);
  assert.equal(await new Promise((done) => { const s = tls.connect({ port: port(), host: '127.0.0.1', rejectUnauthorized: false }, () => s.renegotiate({}, (e) => { done(Boolean(e)); s.destroy(); })); s.on('error', () => done(true)); }), true, 'no renegotiation');
});

test('the page says that it is never to be had without TLS again; the session is for TLS only', async () => {
  const r = await ask('/api/v1/setup', { method: 'POST', body: { id: 'wangmin', name: '王敏', password: PASSWORD, token: new URL(board.setup).hash.slice(1) } });
  assert.equal(r.status, 200);
  assert.match(r.headers['set-cookie'][0], /; Secure/);
  assert.match(r.headers['set-cookie'][0], /HttpOnly; SameSite=Strict/);
  assert.equal(r.headers['strict-transport-security'], 'max-age=31536000');
  cookie = r.headers['set-cookie'][0].split(';')[0];
  assert.equal((await ask('/api/v1/me')).status, 200);
  assert.equal((await ask('/api/v1/logout', { method: 'POST', body: {}, headers: { origin: 'https://evil.example' } })).status, 403);
  const page = await ask('/app.js');
  assert.match(page.text, /SPDX-License-Identifier/, 'whole files go through');
});

test('plain HTTP on the port is no way in', async () => {
  await assert.rejects(fetch(board.base.replace('https', 'http')));
  assert.equal((await ask('/healthz')).status, 200);
});

test('live events over TLS, also large ones', async () => {
  await put(board, incident(1, Date.now()));
  const big = 'x'.repeat(60000), got = await new Promise((resolve, reject) => {
    const r = https.get(`${board.base}/api/v1/events`, { ca, agent: false, headers: { cookie } }, (res) => {
      let text = '';
      res.on('data', (d) => { text += d; if (text.includes('"last"')) { r.destroy(); resolve(text); } });
      (async () => { for (let n = 0; n < 5; n++) await board.feed('incident', { id: `E${n}`, big }); await board.feed('incident', { id: 'last' }); })().catch(reject);
    });
    r.on('error', () => {});
  });
  for (let n = 0; n < 5; n++) assert.ok(got.includes(`"E${n}"`));
  assert.equal((got.match(/x{60000}/g) || []).length, 5);
});

test('SIGHUP takes a new certificate; a broken one leaves the old', async () => {
  const until = async (want) => { let is; for (let n = 0; n < 400 && (is = (await greet({})).subject) !== want; n++) await new Promise((done) => setTimeout(done, 25)); assert.equal(is, want); };
  const logged = async (event, times) => { for (let n = 0; n < 400 && board.log().split(`event=${event}`).length <= times; n++) await new Promise((done) => setTimeout(done, 25)); assert.ok(board.log().split(`event=${event}`).length > times, event); };
  copyFileSync(`${dir}/two.crt`, `${dir}/used.crt`); /* not yet its key */
  board.child.kill('SIGHUP');
  await logged('tls_kept', 1);
  assert.equal((await greet({})).subject, 'one');
  copyFileSync(`${dir}/two.key`, `${dir}/used.key`);
  board.child.kill('SIGHUP');
  await until('two');
  assert.equal((await ask('/api/v1/me')).status, 200, 'sessions live on');
});

test('what cannot be served is refused at the start with one sentence', () => {
  copyFileSync(`${dir}/one.key`, `${dir}/open.key`);
  chmodSync(`${dir}/open.key`, 0o644);
  const cases = [
    [`${dir}/one.crt`, null, /--tls-cert.*--tls-key/], [`${dir}/none.crt`, `${dir}/one.key`, /none\.crt/], [`${dir}/one.crt`, `${dir}/none.key`, /none\.key/],
    [`${dir}/one.crt`, `${dir}/two.key`, /不配.*two\.key/], [`${dir}/one.key`, `${dir}/one.key`, /one\.key/], [`${dir}/one.crt`, `${dir}/open.key`, /chmod 600/],
  ];
  execFileSync('openssl', ['req', '-new', '-key', `${dir}/one.key`, '-subj', '/CN=old', '-out', `${dir}/old.csr`], { stdio: 'ignore' });
  execFileSync('openssl', ['x509', '-req', '-in', `${dir}/old.csr`, '-signkey', `${dir}/one.key`, '-days', '-1', '-out', `${dir}/old.crt`], { stdio: 'ignore' });
  cases.push([`${dir}/old.crt`, `${dir}/one.key`, /过期/]);
  for (const [cert, key, says] of cases) {
    const r = refusedStart(cert, key);
    assert.ok(r.status === 1 || r.status === 2, `${cert} ${key}: ${r.status} ${r.stderr}`);
    assert.match(r.stderr, says);
    assert.equal(r.stderr.trim().split('\n').filter((l) => l.startsWith('huiying')).length, 1, r.stderr);
  }
});
