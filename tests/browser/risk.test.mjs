// SPDX-License-Identifier: Apache-2.0
/* A pre-release risk assessment from the form to what its words find, with the real keeper and
 * analyzer behind the board: written, judged by another person, looked for across a restart and a
 * reload, shown where people look. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HUIYING, iso, startBoard, startRole } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', PASSWORD = '这是一句足够长的测试口令', HOUR = 3600e3;
const LOOKS = [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]];
let board, browser, page, other, stopKeeper, stopAnalyzer, id, dir;

const open = async (p, hash, selector) => { await p.goto(board.base + '/' + hash); await p.waitForSelector(selector); };
const gone = (p) => p.waitForSelector('dialog', { state: 'detached' });
const local = (ms) => iso(ms).slice(0, 16);
const api = (path) => page.evaluate((url) => fetch('/api/v1' + url).then(async (r) => ({ status: r.status, body: await r.json() })), path);
const send = (n, title, text) => board.redis.cmd('XADD', 'hy:items', '*', 'item', JSON.stringify({ id: `item-${n}`, url: `http://127.0.0.1/x/${n}`, source: 'forum', title, text, published: iso(Date.now()), published_precision: 'minute', published_from: 'time',
  fetched: iso(Date.now()), charset: 'utf-8', kind: 'article', replies: [], hash: String(n).padStart(64, '0') }));

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
  dir = mkdtempSync(`${tmpdir()}/huiying-risk-`);
  cpSync(fileURLToPath(new URL('office', import.meta.url)), `${dir}/office`, { recursive: true });
  board = await startBoard(HUIYING, { office: `${dir}/office` });
  stopKeeper = await startRole(board, 'keep');
  stopAnalyzer = await startRole(board, 'analyze', /event=lookouts|event=redis_up/);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(20000);
  await setUp(page, board);
  const made = spawnSync(HUIYING, ['user', 'add', 'zhaogang', '--name', '赵刚', '--roles', 'supervisor', '--data', board.data], { input: `${PASSWORD}\n`, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr + made.stdout);
  other = await newPage(browser);
  other.setDefaultTimeout(20000);
  await other.goto(board.base);
  await other.fill('#id', 'zhaogang');
  await other.fill('#password', PASSWORD);
  await other.click('button.primary');
  await other.waitForSelector('.live, .empty');
});
after(async () => {
  await browser?.close();
  await stopAnalyzer?.();
  await stopKeeper?.();
  assert.equal(await board?.stop(), 0);
  rmSync(dir, { recursive: true, force: true });
});

test('the form is written, says what is wrong, and becomes an assessment', async () => {
  await page.click('nav >> text=风险评估');
  await page.waitForSelector('.risks .empty');
  await page.click('text=新的评估');
  await page.fill('#f_name', '调整居民供热价格的通知');
  await page.selectOption('#f_type', 'announcement');
  await page.fill('#f_release', local(Date.now() - HOUR));
  await page.fill('#f_days', '7');
  await page.fill('#f_summary', '每平方米上调一元，低保户不调。');
  await page.fill('#f_risks', '老人觉得贵\n与去年的说法不一致');
  await page.fill('#f_words', '热');
  await page.fill('#f_plan', '物价局先发解读；热线备好答问。');
  await page.selectOption('#f_grade', 'medium');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error');
  assert.match(await page.textContent('dialog .error'), /“热”太短/);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/risk-form.png`, fullPage: true });
  await page.fill('#f_words', '供热 涨价\n热力公司');
  await page.click('dialog button.primary');
  await gone(page);
  await page.waitForSelector('.risks tbody tr');
  assert.match(await page.textContent('.risks tbody'), /调整居民供热价格的通知.*中风险.*待审批.*关注中/s);
  await page.click('.risks tbody a');
  await page.waitForSelector('.risk h1');
  id = decodeURIComponent(page.url().split('/').pop());
  assert.match(id, /^A\d{8}-0001$/);
  assert.match(await page.textContent('.risk'), /您是最后的拟稿人|物价局先发解读/s);
  assert.equal(await page.isVisible('text=批准 >> visible=true').catch(() => false), false);
});

test('an expert is heard, another person sends it back and signs the changed one; both see it at once', async () => {
  await page.click('text=登记专家意见');
  await page.fill('#f_who', '陆律师');
  await page.fill('#f_text', '听证程序已完成，依据充分。');
  await page.click('dialog button.primary');
  await gone(page);
  await page.waitForSelector('.records >> text=依据充分');
  await open(other, `#/risks/${id}`, '.risk h1');
  await other.click('.acts >> text=退回');
  await other.fill('#f_reason', '补上低保户的答问');
  await other.click('dialog button.primary');
  await gone(other);
  await page.waitForSelector('.crumb >> text=已退回');
  assert.deepEqual(await board.redis.cmd('HGETALL', 'hy:{cesui}:lookouts'), [], 'what was sent back is not looked for');
  await page.click('.acts >> text=修改');
  assert.equal(await page.inputValue('#f_words'), '供热 涨价\n热力公司', 'the form knows what was written');
  await page.fill('#f_plan', '物价局先发解读；热线备好答问，低保户另答。');
  await page.fill('#f_reason', '补上了');
  await page.click('dialog button.primary');
  await gone(page);
  await other.waitForSelector('.acts >> text=批准');
  await other.click('.acts >> text=批准');
  for (const box of await other.$$('dialog input[type=checkbox]')) await box.check();
  await other.click('dialog button.primary');
  await gone(other);
  await page.waitForSelector('.crumb >> text=已批准');
  assert.match(await page.textContent('.risk'), /赵刚.*公开内容表述妥当.*公开时机合适.*公开方式合适/s);
  assert.equal((await board.redis.cmd('HGETALL', 'hy:{cesui}:lookouts')).length, 2);
});

test('its words are found whatever the item scores, after a restart as well', async () => {
  await stopAnalyzer();
  stopAnalyzer = await startRole(board, 'analyze', /event=lookouts n=1/);
  await send(1, '今年冬天的供热', '听邻居说要涨价了，一平米多一块。');
  await page.waitForSelector('.caught li');
  assert.match(await page.textContent('.caught'), /今年冬天的供热.*测穗论坛.*供热 涨价.*因关注列入待办/s);
  await send(2, '菜价也涨价', '与此无关。');
  await send(3, '熱力公司又上門了', '說要換表。');
  await page.waitForFunction(() => document.querySelectorAll('.caught li').length === 2);
  assert.match(await page.textContent('.risk'), /出现 2 条相关信息/);
  const { body } = await api(`/risks/${id}`);
  assert.deepEqual(body.caught.map((c) => [c.id, c.raised_from, !!c.incident]), [['item-1', 'none', true], ['item-3', 'none', true]]);
  assert.equal((await api('/risks/A20200101-0001')).status, 404);
  assert.equal((await api(`/risks/${body.caught[0].incident}`)).status, 404, 'an incident is no assessment');
  await send(4, `<img src=x onerror=alert(1)>\u202Egpj.exe Z\u0351\u0352\u0353 ${'热力公司'.repeat(2500)}`, '长标题');
  await page.waitForFunction(() => document.querySelectorAll('.caught li').length === 3);
  assert.equal(await page.$('.caught img'), null);
  assert.doesNotMatch(await page.textContent('.caught'), /\u202E/);
  await looks('risk', `#/risks/${id}`, '.caught li');
  await looks('risks', '#/risks', '.risks tbody tr');
});

test('new rules keep what is looked for, in the analyzer and in the keeper; broken ones change nothing', async () => {
  appendFileSync(`${dir}/office/office.yaml`, '\n# another version\n');
  await stopAnalyzer.reload(/event=lookouts n=1/);
  await stopKeeper.reload(/event=rules_loaded/);
  await send(6, '热力公司换了新门面', '路过看见的。');
  await page.waitForFunction(() => document.querySelectorAll('.caught li').length === 4);
  appendFileSync(`${dir}/office/office.yaml`, 'no such key: [');
  await stopAnalyzer.reload(/event=rules_broken[^]*event=lookouts n=1/);
  await stopKeeper.reload(/event=rules_rejected/);
  await send(7, '供热管道要挖路，涨价也要挖', '问了施工的人。');
  await page.waitForFunction(() => document.querySelectorAll('.caught li').length === 5);
  cpSync(fileURLToPath(new URL('office', import.meta.url)), `${dir}/office`, { recursive: true });
  await stopAnalyzer.reload(/event=lookouts n=1/);
  await stopKeeper.reload(/event=rules_loaded/);
});

test('the list and the incident say by what it is looked for, and lead back', async () => {
  await open(page, '#/', '.row .watched');
  await page.click('.row .title >> nth=0');
  await page.waitForSelector('.incident .watched');
  assert.match(await page.textContent('.incident .head'), /专项关注：调整居民供热价格的通知/);
  await page.click('.incident .watched');
  await page.waitForSelector('.risk h1');
  await open(page, `#/incident/${id}`, '.risk h1'); /* as a notice names it */
  const { body } = await api('/notices');
  assert.ok(body.notices.some((n) => n.incident === id && /第 1 条/.test(n.body)), JSON.stringify(body.notices.map((n) => n.body)));
});

test('Redis loses everything: the words are there again with the record, and are looked for', async () => {
  await stopKeeper();
  for (let next = '0', keys; ;) {
    [next, keys] = await board.redis.cmd('SCAN', next, 'MATCH', 'hy:{cesui}:*', 'COUNT', 1000);
    const lost = keys.filter((k) => !/:session/.test(k));
    if (lost.length) await board.redis.cmd('DEL', ...lost);
    if (next === '0') break;
  }
  stopKeeper = await startRole(board, 'keep');
  const [field, text] = await board.redis.cmd('HGETALL', 'hy:{cesui}:lookouts');
  assert.equal(field, id);
  assert.deepEqual(JSON.parse(text).words, ['供热 涨价', '热力公司']);
  await stopAnalyzer();
  stopAnalyzer = await startRole(board, 'analyze', /event=lookouts n=1/);
  await send(5, '热力公司的电话打不通', '打了一上午。');
  await open(page, `#/risks/${id}`, '.caught >> text=电话打不通');
});

test('it is ended by hand and looks for nothing any more', async () => {
  await page.click('.acts >> text=结束关注');
  await page.fill('#f_reason', '议论已平息');
  await page.click('dialog button.primary');
  await gone(page);
  await page.waitForSelector('.crumb >> text=关注已结束');
  assert.deepEqual(await board.redis.cmd('HGETALL', 'hy:{cesui}:lookouts'), []);
  await open(page, '#/risks', '.risks .empty');
  await page.click('.buttons >> text=全部');
  await page.waitForSelector('.risks tbody >> text=关注已结束');
  assert.deepEqual(page.faults, []);
  assert.deepEqual(other.faults, []);
});
