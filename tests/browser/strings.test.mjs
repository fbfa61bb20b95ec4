// SPDX-License-Identifier: Apache-2.0
/* Both languages have the same keys and kinds, and the pure pieces of the page do what they say. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

const web = new URL('../../alerts/board/web/', import.meta.url);
globalThis.localStorage = { getItem: () => null, setItem() {} };
globalThis.document = { documentElement: {}, querySelectorAll: () => [] };
const { addWords, tables } = await import(new URL('strings.js', web));
for (const file of readdirSync(web).filter((f) => /^words_.*\.js$/.test(f))) addWords((await import(new URL(file, web))).words);

test('the two tables have the same keys', () => {
  assert.deepEqual(Object.keys(tables.en).sort(), Object.keys(tables.zh).sort());
  for (const k of Object.keys(tables.zh)) assert.equal(typeof tables.en[k], typeof tables.zh[k], k);
});

test('every literal key in the code exists', () => {
  for (const file of readdirSync(web).filter((f) => f.endsWith('.js'))) {
    const text = readFileSync(new URL(file, web), 'utf8');
    for (const [, key, next] of text.matchAll(/\bt\('([a-z_0-9]+)'(.?)/g)) {
      if (next.trim() !== '+' && !key.endsWith('_')) assert.ok(key in tables.zh, `${file}: ${key}`);
    }
  }
});

test('every verb a person may use has a form, and every form a verb and words', async () => {
  const { ACTS, GROUPS } = await import(new URL('verbs.js', web));
  const life = readFileSync(new URL('../../alerts/keep/life.c', import.meta.url), 'utf8');
  const verbs = new Set([...life.slice(0, life.indexOf('} office[]')).matchAll(/^    \{"([a-z_]+)", /gm)].map((m) => m[1]));
  const elsewhere = ['receipt', 'register']; /* sent by programs and pages of their own */
  assert.deepEqual(ACTS.map((a) => a.verb).sort(), [...verbs].filter((v) => !elsewhere.includes(v)).sort());
  const keys = ACTS.map((a) => a.key).filter(Boolean);
  assert.equal(new Set(keys).size, keys.length, 'no key twice');
  for (const a of ACTS) {
    assert.ok(GROUPS.includes(a.group), a.verb);
    for (const key of ['act_' + a.verb, ...a.fields.flatMap((f) => [f.label, f.hint]).filter(Boolean)]) assert.ok(key in tables.zh, `${a.verb}: ${key}`);
  }
});

test('arguments are what the form shows, in the shape the keeper reads', async () => {
  const { argsOf } = await import(new URL('acts.js', web));
  const row = { about: 'found', fields: [{ name: 'members', kind: 'lines' }, { name: 'level', kind: 'select', number: true }, { name: 'final', kind: 'flag' }, { name: 'checks', kind: 'many', show: () => false }, { name: 'when', kind: 'time' }] };
  assert.deepEqual(argsOf(row, { members: ' 甲局\n\n乙局 ', level: '2', final: true, checks: ['wording'], when: '2030-01-01T09:12' }, { kind: 'opinion' }, { id: 'f1' }),
    { found: 'f1', members: ['甲局', '乙局'], level: 2, final: true, when: '2030-01-01T09:12:00+08:00' });
});

test('lamps follow the server clock', async () => {
  const { lampOf, syncClock, now } = await import(new URL('clock.js', web));
  const server = Date.parse('2030-01-01T00:00:00Z'), hour = 3600e3;
  syncClock(server, performance.now(), performance.now());
  assert.ok(Math.abs(now() - server) < 1000);
  for (const [left, lamp] of [[4, 'green'], [2, 'yellow'], [0.9, 'red'], [0.1, 'red'], [-0.1, 'late']])
    assert.equal(lampOf(server + left * hour, server + (left - 5) * hour), lamp, `${left} h left`);
  assert.equal(lampOf(server + 0.45 * hour, server - hour), 'red', 'below half an hour always red');
  assert.equal(lampOf(0, 0), 'off');
});

test('what is fetched ahead is what the start needs', () => {
  const seen = new Set(), walk = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, next] of readFileSync(new URL(file, web), 'utf8').matchAll(/from '\/?(?:\.\/)?([a-z_/]+\.js)'/g)) next.startsWith('vendor/') ? seen.add(next) : walk(next);
  };
  walk('app.js');
  seen.delete('app.js');
  const named = [...readFileSync(new URL('index.html', web), 'utf8').matchAll(/modulepreload" href="\/([^"]+)"/g)].map((m) => m[1]);
  assert.ok(named.length > 20);
  assert.deepEqual(named.filter((m) => !seen.has(m)), []);
  assert.deepEqual([...seen].filter((m) => !named.includes(m)), [], 'nothing of it is found out only by reading another');
});

test('the start is under 100 KB over the wire', () => {
  const named = [...readFileSync(new URL('index.html', web), 'utf8').matchAll(/(?:modulepreload|stylesheet|icon)" href="\/([^"]+)"/g)].map((m) => m[1]);
  const file = (name) => (name === 'vendor/preact.js' ? new URL('../../node_modules/htm/preact/standalone.module.js', import.meta.url) : new URL(name, web));
  const bytes = ['index.html', 'app.js', ...named].reduce((sum, name) => sum + gzipSync(readFileSync(file(name)), { level: 9 }).length, 0);
  assert.ok(bytes < 100 * 1024, `${bytes} bytes`);
});
