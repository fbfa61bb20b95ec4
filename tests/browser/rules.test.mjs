// SPDX-License-Identifier: Apache-2.0
/* Rules tried on the page, accounts (sessions, tokens, sign-ins, a proxy that signs people on), first
 * steps, and the API a program uses: pages, ETag, problems, the example of the documentation. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HUIYING, incident, journal, put, startArchive, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', SECRET = 'ein-langes-gemeinsames-geheimnis-0123456789';
const LOOKS = [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]];
const dir = mkdtempSync(`${tmpdir()}/huiying-rules-test-`), rules = `${dir}/office`;
let board, browser, page;

const open = async (p, hash, selector) => { await p.goto(board.base + '/' + hash); await p.waitForSelector(selector); };
const api = (path, { method = 'GET', body, headers = {} } = {}) => page.evaluate(async ([url, o]) => {
  const r = await fetch('/api/v1' + url, o), text = await r.text();
  return { status: r.status, type: r.headers.get('content-type'), etag: r.headers.get('etag'), body: text && JSON.parse(text) };
}, [path, { method, headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, body: body && JSON.stringify(body) }]);

async function looks(name, hash, selector) {
  const storageState = await page.context().storageState();
  for (const [look, options] of LOOKS) {
    const p = await newPage(browser, { ...options, storageState });
    await open(p, hash, selector);
    assert.deepEqual(await violations(p), [], `${look} ${name}`);
    assert.equal(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${look} ${name} scrolls sideways`);
    await p.screenshot({ path: `${SHOTS}/${name}-${look}.png`, fullPage: true });
    assert.deepEqual(p.faults, [], look);
    await p.context().close();
  }
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  cpSync(fileURLToPath(new URL('office', import.meta.url)), rules, { recursive: true });
  writeFileSync(`${dir}/secret`, SECRET + '\n', { mode: 0o600 });
  board = await startBoard(HUIYING, { office: rules, args: ['--proxy-secret', `${dir}/secret`] });
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(30000);
  await setUp(page, board);
});
after(async () => {
  await browser?.close();
  assert.equal(await board?.stop(), 0);
  rmSync(dir, { recursive: true, force: true });
});

test('first steps tick themselves off and say what to do next', async () => {
  await page.click('.empty >> text=开始使用');
  await page.waitForSelector('.steps li');
  assert.match(await page.textContent('.verdict'), /项准备还差 \d+ 项/);
  assert.match(await page.textContent('.steps'), /处理程序在运行 待做.*请系统管理员启动.*值班人员登记了 好了/s);
  await looks('start', '#/start', '.steps li');
});

test('a text is judged with reasons; an edit is tried on a copy, a broken one is told by line', async () => {
  await open(page, '#/rules', '#try-title');
  await page.fill('#try-title', '东溪县一化工厂爆炸');
  await page.fill('#try-body', '已有3人死亡，现场喵呜冒泡。');
  await page.click('text=打分');
  await page.waitForSelector('.judged .told');
  assert.match(await page.textContent('.judged'), /报警.*化工厂爆炸.*3人死亡/s);
  const rows = await page.$$eval('.judged .words tbody tr', (list) => list.map((r) => [...r.cells].map((c) => c.textContent)));
  assert.ok(rows.length > 2 && rows.every((r) => /[\u4e00-\u9fff]/.test(r[1]) && !/^[a-z_.]+$/.test(r[3])), `rules and topics by their names: ${JSON.stringify(rows)}`);
  await page.click('.trial summary');
  await page.fill('#edit-text', 'groups:\n  - id: my_words\n    purpose: emergency\n    weight: 33\n    words: [喵呜冒泡]\n');
  await page.click('text=打分');
  await page.waitForSelector('.judged .words >> text=my_words');
  await page.waitForSelector('text=不带这处修改');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/rules-try.png`, fullPage: true });
  await page.fill('#edit-text', 'groups:\n  - id: my_words\n    purpos: emergency\n');
  await page.click('text=打分');
  await page.waitForSelector('pre.bad');
  assert.match(await page.textContent('pre.bad'), /lexicon\/try\.yaml:3/);
  assert.doesNotMatch(await page.textContent('pre.bad'), /trial-/, 'no path of ours');
  assert.equal((await api('/rules/check', { method: 'POST', body: { file: '../users.yaml', text: 'x' } })).status, 400);
  assert.equal((await api('/rules/check', { method: 'POST', body: { file: '/etc/x.yaml', text: 'x' } })).status, 400);
});

test('rules are read, and what changed since a version is shown', async () => {
  await open(page, '#/rules/files', 'pre.file');
  assert.match(await page.textContent('aside'), /duty\.yaml.*office\.yaml.*sources\.yaml/s);
  await page.fill('#search', '测穗论坛');
  await page.click('aside >> text=sources.yaml');
  await page.waitForSelector('pre.file .hit');
  await open(page, '#/rules/changes', '.empty');
  writeFileSync(`${rules}/sources.yaml`, 'sources:\n  - {id: forum, name: 测穗新论坛, kind: forum, url: "http://127.0.0.1:1/forum", allow_private: true}\n');
  const before = (await api('/rules')).body.version;
  board.child.kill('SIGHUP');
  for (let n = 0; (await api('/rules')).body.version === before; n++) {
    assert.ok(n < 200, board.log());
    await new Promise((ok) => setTimeout(ok, 50));
  }
  await page.reload();
  await page.waitForSelector('pre.diff');
  assert.match(await page.textContent('pre.diff .removed'), /测穗论坛/);
  assert.match(await page.textContent('pre.diff .added'), /测穗新论坛/);
  await looks('rules-changes', '#/rules/changes', 'pre.diff');
  await looks('rules-files', '#/rules/files', 'pre.file');
  assert.equal((await api('/rules/versions/0123456789abcdef')).status, 404);
  assert.equal((await api('/rules/versions/..%2fx')).status, 404);
});

test('the archive is judged anew, with an edit', async (context) => {
  const at = Date.now(), kept = (n, title, text) => ({ id: `b-${n}`, url: `http://127.0.0.1/b/${n}`, source: 'forum', title, text, published: new Date(at - n * 3600e3).toISOString(), fetched: new Date(at - n * 3600e3).toISOString(), score: { relevance: 10, emergency: 0, alert: 'none', topics: [] } });
  context.after(await startArchive(board, [kept(1, '东溪县出现喵呜冒泡', '喵呜冒泡一整天。'), kept(2, '菜价平稳', '今日菜价平稳。')], async () => (await api('/archive/search')).body.total ?? 0));
  await open(page, '#/rules/backtest', '#days');
  await page.click('.trial summary');
  await page.fill('#edit-text', 'groups:\n  - id: my_words\n    purpose: emergency\n    weight: 90\n    words: [喵呜冒泡]\n');
  await page.click('text=开始回测');
  await page.waitForSelector('.differences, .verdict.bad', { timeout: 90000 });
  assert.match(await page.textContent('.page'), /2 条信息：会多提醒 1 条/);
  assert.match(await page.textContent('.differences'), /喵呜冒泡.*未提醒 →/s);
  await looks('backtest', '#/rules/backtest', '.differences');
});

test('sessions are listed and ended, tokens made once and revoked, sign-ins recorded', async () => {
  const other = await newPage(browser);
  await other.goto(board.base);
  await other.fill('#id', 'wangmin');
  await other.fill('#password', '不对不对不对不对不对');
  await other.click('button.primary');
  await other.waitForSelector('.error');
  await other.fill('#password', '这是一句足够长的测试口令');
  await other.click('button.primary');
  await other.waitForSelector('.live, .empty');
  await open(page, '#/me', '.sessions li');
  assert.equal((await page.$$('.sessions li')).length, 2);
  assert.match(await page.textContent('.sessions li:first-child'), /Chrome · Linux.*就是这里/s);
  await page.fill('#token-name', '值班室电脑');
  await page.click('text=新建令牌');
  await page.waitForSelector('.new-token pre');
  const token = await page.textContent('.new-token pre');
  assert.match(token, /^hy_[\w-]{43}$/);
  const as = (t, path, init = {}) => fetch(board.base + '/api/v1' + path, { ...init, headers: { authorization: `Bearer ${t}`, 'content-type': 'application/json' } }).then((r) => r.status);
  assert.equal(await as(token, '/me'), 200);
  assert.equal(await as(token, '/me/tokens', { method: 'POST', body: '{"name":"x","scope":"act","days":9}' }), 403, 'no token makes a token');
  await page.waitForSelector('.logins li');
  await page.reload();
  await page.waitForSelector('.logins li');
  assert.match(await page.textContent('.logins'), /新建令牌.*用口令登录.*没有成功：用口令登录.*首次设置/s);
  await looks('me', '#/me', '.logins li');
  await page.click('.tokens button:text-is("撤销")');
  await page.waitForSelector('.tokens li', { state: 'detached' });
  assert.equal(await as(token, '/me'), 401);
  await page.click('.sessions button:text-is("让它退出")');
  await page.waitForFunction(() => document.querySelectorAll('.sessions li').length === 1);
  await other.waitForSelector('#password', { timeout: 20000 });
  await other.context().close();
  assert.equal((await api('/me/sessions/revoke', { method: 'POST', body: { id: '0000000000000000' } })).status, 404);
  assert.equal((await api('/me/sessions/revoke', { method: 'POST', body: {} })).status, 400);
});

test('a consultation reads as a sentence, liaison units by name whichever way they were given', async () => {
  const one = incident(77, Date.now()), args = { convener: '赵刚', members: ['市教育局', '方工'], liaison: ['petition_bureau', 'cyberspace_office'], conclusions: '统一发布' };
  for (const data of [{ args }, { args, put: { consultations: [{ ...args, liaison: [{ id: 'petition_bureau', name: '信访局' }, { id: 'gone', name: '网信办' }] }] } }, { args: { convener: '赵刚' } }]) await journal(board, one, 'consult', data);
  await journal(board, one, 'snooze', { args: { minutes: 20 } });
  one.version = 1000;
  await put(board, one);
  await open(page, `#/incident/${one.id}`, '.timeline li:nth-child(4)');
  const whole = '会商，召集人赵刚，参加：市教育局、方工，联络单位：信访局、网信办，结论：统一发布';
  assert.deepEqual((await page.$$eval('.timeline li p', (list) => list.map((p) => p.textContent))).reverse(), [whole, whole, '会商，召集人赵刚', '推迟提醒 20 分钟']);
  await board.redis.cmd('DEL', `hy:{cesui}:incident:${one.id}`);
  await board.redis.cmd('SREM', 'hy:{cesui}:open', one.id);
  await board.redis.cmd('ZREM', 'hy:{cesui}:incidents', one.id);
});

test('a password is changed with the one in force; other places are signed out, and it is on record', async () => {
  const fresh = '换成另一句足够长的口令';
  const other = await newPage(browser);
  const signIn = async (p, password) => { await p.goto(board.base); await p.fill('#id', 'wangmin'); await p.fill('#password', password); await p.click('button.primary'); };
  await signIn(other, '这是一句足够长的测试口令');
  await other.waitForSelector('.live, .empty');
  const { token } = (await api('/me/tokens', { method: 'POST', body: { name: '程序', scope: 'act', days: 1 } })).body;
  const change = { current: '这是一句足够长的测试口令', password: fresh };
  assert.equal((await fetch(board.base + '/api/v1/me/password', { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(change) })).status, 422, 'not by a token');
  for (const [body, status] of [[{ ...change, current: '' }, 403], [{ ...change, password: '太短' }, 422], [{ ...change, password: change.current }, 422]])
    assert.equal((await api('/me/password', { method: 'POST', body })).status, status, JSON.stringify(body));
  await open(page, '#/me', '.password summary');
  await page.click('.password summary');
  const fill = async (current, password, again) => { await page.fill('#pw-current', current); await page.fill('#pw-password', password); await page.fill('#pw-again', again); await page.click('.password button.primary'); };
  await fill(change.current, fresh, fresh + '。');
  await page.waitForSelector('.password .error >> text=两遍新口令不一样');
  await fill('不对不对不对不对不对', fresh, fresh);
  await page.waitForSelector('.password .error >> text=现在的口令不对');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/password.png`, fullPage: true });
  await fill(change.current, fresh, fresh);
  await page.waitForSelector('.toasts >> text=口令改好了');
  await other.waitForSelector('#password', { timeout: 20000 });
  await page.waitForFunction(() => document.querySelectorAll('.sessions li').length === 1 && /改口令.*没有成功：改口令/s.test(document.querySelector('.logins')?.textContent));
  await signIn(other, change.current);
  await other.waitForSelector('.error');
  await other.fill('#password', fresh);
  await other.click('button.primary');
  await other.waitForSelector('.live, .empty');
  await other.context().close();
  assert.equal((await fetch(board.base + '/api/v1/me', { headers: { authorization: `Bearer ${token}` } })).status, 200, 'programs go on');
  assert.deepEqual(page.faults.splice(0).filter((f) => !/ERR_INCOMPLETE_CHUNKED/.test(f)), [], 'streams were cut, and nothing else');
});

test('a proxy with the shared secret signs people on; without it nobody is believed', async () => {
  const as = (headers, init = {}) => fetch(board.base + (init.path || '/api/v1/me'), { ...init, headers });
  assert.equal((await as({ 'x-huiying-user': 'wangmin' })).status, 401);
  assert.equal((await as({ 'x-huiying-user': 'wangmin', 'x-huiying-proxy-secret': SECRET + 'x' })).status, 401);
  const good = await as({ 'x-huiying-user': 'wangmin', 'x-huiying-proxy-secret': SECRET });
  assert.equal(good.status, 200);
  assert.equal((await good.json()).id, 'wangmin');
  assert.equal((await as({ 'x-huiying-user': 'nobody', 'x-huiying-proxy-secret': SECRET })).status, 403);
  const foreign = { 'x-huiying-user': 'wangmin', 'x-huiying-proxy-secret': SECRET, origin: 'http://evil.example', 'content-type': 'application/json' };
  assert.equal((await as(foreign, { path: '/api/v1/notices/receipt', method: 'POST', body: '{}' })).status, 403, 'another site cannot use it');
});

test('lists come in pages, answers carry an ETag, mistakes are problems with a Chinese sentence', async () => {
  for (let n = 1; n <= 7; n++) await put(board, incident(n, Date.now() - n * 60e3, { hours: n / 2, title: `事件${n}`, opened: new Date(Date.now() - n * 60e3).toISOString() }));
  for (const kind of ['open', 'all']) {
    const whole = (await api(`/incidents?state=${kind}`)).body.incidents.map((i) => i.id), got = [];
    for (let after = '', n = 0; n < 9; n++) {
      const { body } = await api(`/incidents?state=${kind}&limit=3&after=${after}`);
      assert.ok(body.incidents.length <= 3);
      got.push(...body.incidents.map((i) => i.id));
      after = body.next;
      if (!after) break;
    }
    assert.deepEqual([...got].sort(), [...whole].sort(), kind);
    assert.equal(new Set(got).size, 7, kind);
  }
  assert.equal((await api('/incidents?limit=0')).status, 400);
  assert.equal((await api('/incidents?limit=3&after=gone')).status, 409);
  assert.equal((await api('/incidents?state=all&limit=3&after=gone')).status, 400);
  const first = await api('/incidents');
  assert.match(first.etag, /^W\/"[0-9a-f]{16}"$/);
  assert.equal((await api('/incidents', { headers: { 'if-none-match': first.etag } })).status, 304, 'the time in it is no change');
  await put(board, incident(8, Date.now(), { title: '新的' }));
  assert.equal((await api('/incidents', { headers: { 'if-none-match': first.etag } })).status, 200);
  for (const [path, init, status] of [['/nothing', {}, 404], ['/incidents/none', {}, 404], ['/incidents', { method: 'POST', body: {} }, 405], ['/archive/search?level=9', {}, 400], ['/incidents/x/commands', { method: 'POST', body: { id: 'x' } }, 400], ['/sources/none', {}, 404]]) {
    const r = await api(path, init);
    assert.equal(r.status, status, path);
    assert.match(r.type, /^application\/problem\+json/, path);
    assert.ok(r.body.code && /[一-鿿]/.test(r.body.detail), `${path}: ${JSON.stringify(r.body)}`);
  }
});

test('the example of the documentation lists incidents and follows the changes', async () => {
  const { token } = (await api('/me/tokens', { method: 'POST', body: { name: '示例', scope: 'read', days: 1 } })).body;
  writeFileSync(`${dir}/token`, token, { mode: 0o600 });
  const child = spawn(process.execPath, ['docs/example.mjs', board.base, `${dir}/token`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (d) => { out += d; });
  const wait = async (pattern) => {
    for (let n = 0; !pattern.test(out); n++) {
      assert.ok(n < 400, out);
      await new Promise((ok) => setTimeout(ok, 50));
    }
  };
  await wait(/I20261123-0007 collected 20\S+ 事件7/);
  const fresh = incident(9, Date.now(), { title: '跟着看到的' });
  for (let n = 0; n < 40 && !/跟着看到的/.test(out); n++) { /* the stream may not be open yet */
    await board.feed('incident', fresh);
    await new Promise((ok) => setTimeout(ok, 100));
  }
  await wait(/I20261123-0009 collected .* 跟着看到的/);
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
});
