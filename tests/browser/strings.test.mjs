// SPDX-License-Identifier: Apache-2.0
/* Both languages have the same keys and kinds, and the pure pieces of the page do what they say. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const web = new URL('../../alerts/board/web/', import.meta.url);
globalThis.localStorage = { getItem: () => null, setItem() {} };
globalThis.document = { documentElement: {}, querySelectorAll: () => [] };
const { addWords, tables } = await import(new URL('strings.js', web));
for (const file of readdirSync(web).filter((f) => /^words_.*\.js$/.test(f))) addWords((await import(new URL(file, web))).words);

test('the two tables have the same keys', () => {
  assert.deepEqual(Object.keys(tables.en).sort(), Object.keys(tables.zh).sort());
  for (const k of Object.keys(tables.zh)) assert.equal(typeof tables.en[k], typeof tables.zh[k], k);
});

/* A second one of the same name silently takes the first one's place: the bars of the statistics were all called "below us". */
test('no key is given twice', () => {
  const given = new Map(), keys = (file, text) => { for (const [, key] of text.matchAll(/(?<=[{,]\s+|^\s+)([a-z][a-z_0-9]*): (?=[['`(])/gm)) { const at = given.get(key); assert.equal(at, undefined, `${key}: ${at} and ${file}`); given.set(key, file); } };
  const strings = readFileSync(new URL('strings.js', web), 'utf8');
  keys('strings.js', strings.slice(strings.indexOf('const zh'), strings.indexOf('const en')));
  for (const file of readdirSync(web).filter((f) => /^words.*\.js$/.test(f))) { const text = readFileSync(new URL(file, web), 'utf8'); keys(file, text.slice(text.indexOf('export const words'))); }
  assert.ok(given.size > 900 && Object.keys(tables.zh).every((k) => given.has(k)), 'all of them were looked at');
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
  const life = readFileSync(new URL('../../alerts/decide/life.c', import.meta.url), 'utf8');
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

/* ---- how the modules become one file ---- */

const cmake = readFileSync(new URL('../../alerts/board/web.cmake', import.meta.url), 'utf8');
const listed = (name) => cmake.match(new RegExp(`set\\(${name}\\s+([^)]*)\\)`))[1].split(/\s+/);
const START = listed('web_start'), path = (name) => fileURLToPath(new URL(name, web));
const join = (files, start = START) => spawnSync('awk', ['-v', `start=${start.join(' ')}`, '-f', fileURLToPath(new URL('../../alerts/board/web_join.awk', import.meta.url)), ...files], { encoding: 'utf8' });

test('the one module of the start holds what app.js needs, nothing more, and each behind what it imports', () => {
  const seen = new Set(), walk = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, next] of readFileSync(new URL(file, web), 'utf8').matchAll(/from '\.\/([a-z_]+\.js)'/g)) walk(next);
  };
  walk('app.js');
  assert.deepEqual([...START].sort(), [...seen].sort());
  const joined = join(START.map(path));
  assert.equal(joined.status, 0, joined.stderr);
  assert.equal(spawnSync(process.execPath, ['--input-type=module', '--check'], { input: joined.stdout }).status, 0);
  assert.equal([...joined.stdout.matchAll(/^modules\.[a-z_]+ = /gm)].length, START.length);
});

test('a page that is fetched later finds the same modules, not a second copy of them', () => {
  for (const file of readdirSync(web).filter((f) => f.endsWith('.js') && !START.includes(f))) {
    const { status, stdout, stderr } = join([path(file)]);
    assert.equal(status, 0, stderr);
    for (const [, from] of stdout.matchAll(/^import .* from '\.?\/([a-z_/]+\.js)';/gm)) assert.ok(from === 'app.js' || from === 'vendor/preact.js' || !START.includes(from), `${file} imports ${from}`);
    assert.equal(spawnSync(process.execPath, ['--input-type=module', '--check'], { input: stdout }).status, 0, file);
  }
});

test('what cannot be joined ends the build with its place', () => {
  const dir = mkdtempSync(`${tmpdir()}/huiying-join-`), file = (name, text) => { writeFileSync(`${dir}/${name}`, text); return `${dir}/${name}`; };
  const a = file('a.js', 'export const x = 1;\n'), start = ['a.js', 'b.js'];
  const says = (text, order = null) => { const b = file('b.js', text); return join(order ? [b, a] : [a, b], start); };
  assert.equal(says("import { x as y } from './a.js';\nexport function f() { return y; }\n").status, 0);
  for (const [text, what] of [["import { z } from './a.js';\n", /b\.js:1: a\.js does not export z/], ["import * as a from './a.js';\n", /b\.js:1: write it as/], ["import { x } from './c.js';\n", /b\.js:1: c\.js stands behind/],
    ['\nexport let y = 1;\n', /b\.js:2: export one/], ['export { x };\n', /b\.js:1: export one/]]) {
    const answer = says(text);
    assert.equal(answer.status, 1, text);
    assert.match(answer.stderr, what);
  }
  assert.match(says("import { x } from './a.js';\n", 'turned').stderr, /a\.js stands behind b\.js/);
  rmSync(dir, { recursive: true });
});
