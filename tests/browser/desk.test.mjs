// SPDX-License-Identifier: Apache-2.0
/* The desk: judging proposals by one key each, who should answer, what a merge or a split would do. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { answerCommands, incident, item, iso, put, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', HOUR = 3600e3;
/* What a crawled title may hold: markup, marks that turn text around, a stack of accents, emoji, length. */
const HOSTILE = '<img src=x onerror=alert(1)>‮gpj.exe' + 'Z̸͓̙̟͎' .repeat(40) + '👩‍👩‍👧‍👦' + '长'.repeat(9000);
let board, browser, page, stop, sent = [], docs = new Map();

const shot = (name, options) => page.screenshot({ path: `${SHOTS}/${name}.png`, ...options });
const save = async (inc, items) => { docs.set(inc.id, inc); await put(board, inc, items); };

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying');
  await board.redis.cmd('SET', 'hy:{cesui}:lease', 'test');
  const at = Date.now();
  for (let n = 1; n <= 6; n++) {
    const title = n === 2 ? '东溪县化工园区仓库火灾，浓烟很大' : n === 3 ? HOSTILE : n === 6 ? '外省一地发生地震' : `东溪县化工园区仓库起火，现场浓烟滚滚（${n}）`;
    const inc = incident(n, at, { hours: n * 0.5, title, topics: [{ id: 'safety', name: '安全生产', score: 80 }] });
    if (n === 1) inc.items.push({ ...inc.items[0], id: 'it-1-b', title: HOSTILE, published: iso(at - 0.2 * HOUR) });
    const text = n === 3 ? HOSTILE : '今天上午，东溪县一化工园区仓库突然起火，已有3人死亡。';
    await save(inc, inc.items.map((x) => ({ ...item(inc, text, [{ rule: 'emergency.fire', field: 'text', start: text.indexOf('起火'), end: text.indexOf('起火') + 2, text: '起火', weight: 20 }]), ...x })));
  }
  stop = answerCommands(board, (cmd) => {
    sent.push(cmd);
    const old = docs.get(cmd.incident), to = { confirm: 'triaged', dismiss: 'dismissed', merge: 'merged', reopen: 'assessed' }[cmd.verb];
    const changed = { ...old, version: old.version + 1, state: to || old.state, merged_into: cmd.verb === 'merge' ? cmd.args.into : null };
    docs.set(changed.id, changed);
    return { reply: { ok: true, incident: changed.id, seq: 1 }, incident: changed };
  });
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(10000);
  await setUp(page, board);
});
after(async () => {
  await stop?.();
  await browser?.close();
  assert.equal(await board.stop(), 0);
});

const title = () => page.$eval('#tri-title', (e) => e.textContent);
const last = () => { const { verb, args, incident: id } = sent.at(-1); return { verb, args, id: Number(id.slice(-4)) }; };
/* The queue has `left`, and `n` commands have come to the keeper and back. */
const judged = async (left, n) => {
  await page.waitForFunction((want) => document.querySelector('h1 .quiet')?.textContent.startsWith(want + ' '), String(left));
  while (sent.length < n) await new Promise((done) => setTimeout(done, 10));
  await page.waitForFunction((want) => document.querySelector('.undo')?.textContent.includes(want), docs.get(sent[n - 1].incident).title.slice(0, 30));
};

test('the queue: nearest deadline first, why, figures, and who should answer', async () => {
  await page.keyboard.press('T');
  await page.waitForSelector('.card .route li');
  assert.match(await page.textContent('nav'), /初筛 6/);
  assert.equal((await page.$$('.queue li')).length, 6);
  await page.waitForSelector('.card mark >> text=起火');
  assert.match(await page.textContent('.card .route'), /建议牵头.*属地/s);
  assert.match(await page.textContent('.card .text .meta'), /稿源：东溪日报/);
  assert.match(await page.textContent('.card .facts'), /死亡（人）3/);
  assert.deepEqual(await violations(page), []);
  await shot('triage', { fullPage: true });
});

test('c: ours; o: not ours; d and a digit: noise with its reason; z takes it back', async () => {
  assert.match(await title(), /外省一地/, 'three hours gone: nearest to its deadline');
  await page.keyboard.press('o');
  await judged(5, 1);
  assert.deepEqual(last(), { verb: 'dismiss', args: { reason: '与本地无关' }, id: 6 });
  await page.keyboard.press('d');
  await page.waitForSelector('.choices');
  await shot('triage-noise');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.choices', { state: 'detached' });
  assert.equal(sent.length, 1, 'Escape sends nothing');
  await page.keyboard.press('d');
  await page.waitForSelector('.choices');
  await page.keyboard.press('2');
  await judged(4, 2);
  assert.deepEqual(last(), { verb: 'dismiss', args: { reason: '旧闻' }, id: 5 });
  await page.keyboard.press('z');
  await judged(4, 3);
  assert.equal(await page.$('.undo button'), null);
  assert.deepEqual(last(), { verb: 'reopen', args: { reason: '误排除，撤回' }, id: 5 });
  await page.keyboard.press('c');
  await judged(3, 4);
  assert.deepEqual(last(), { verb: 'confirm', args: {}, id: 4 });
});

test('a hostile title stays text', async () => {
  await page.waitForFunction(() => document.querySelector('#tri-title')?.textContent.startsWith('<img'));
  assert.equal(await page.$('#app img[src="x"]'), null);
  assert.ok(!(await title()).includes('‮'));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, 'nothing runs out of the window');
  assert.deepEqual(await violations(page), []);
  await shot('triage-hostile');
  await page.keyboard.press('j');
});

test('m: the likeliest first, the clocks after it before anything is done, Enter does it', async () => {
  await page.waitForFunction(() => document.querySelector('#tri-title')?.textContent.includes('浓烟很大'));
  await page.keyboard.press('m');
  await page.waitForSelector('.choices button.wide');
  assert.match(await page.textContent('.choices button.wide'), /东溪县化工园区仓库起火/);
  await page.keyboard.press('1');
  await page.waitForSelector('.choices .preview section');
  const text = await page.textContent('.choices .preview');
  assert.match(text, /还没有执行.*它的时限到此为止.*最早/s);
  assert.match(text, /5小时/);
  assert.deepEqual(await violations(page), []);
  await shot('triage-merge', { fullPage: true });
  const n = sent.length;
  await page.keyboard.press('Enter');
  await judged(2, n + 1);
  assert.equal(sent.length, n + 1);
  assert.equal(last().verb, 'merge');
});

test('split shows both halves; what the keeper would refuse is said before', async () => {
  await page.goto(board.base + '/#/incident/' + [...docs.keys()][0]);
  await page.waitForSelector('.incident .acts');
  await page.keyboard.press('.');
  await page.waitForSelector('dialog.sheet');
  await page.fill('#act-search', '拆分');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog.act input[name="items"]');
  const boxes = await page.$$('dialog.act input[name="items"]');
  await boxes[1].check();
  await page.waitForSelector('dialog .preview section');
  assert.match(await page.textContent('dialog .preview'), /拆出的新事件/);
  assert.equal((await page.$$('dialog .preview section')).length, 2);
  assert.ok((await page.$eval('dialog.act', (d) => d.scrollHeight)) < 1200, 'a title of 9,000 characters does not push the form away');
  assert.deepEqual(await violations(page), []);
  await shot('split');
  await boxes[0].check();
  await page.waitForSelector('dialog .preview .error >> text=至少留一篇');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog.act', { state: 'detached' });
});

test('assigning: the proposal with its reasons beside the choice', async () => {
  await page.keyboard.press('g');
  await page.waitForSelector('dialog.act .route li');
  assert.match(await page.textContent('dialog.act .route'), /建议牵头/);
  assert.deepEqual(await violations(page), []);
  await shot('assign');
  await page.keyboard.press('Escape');
});

test('consultation: experts of the topic, liaison units, tasks', async () => {
  await page.goto(board.base + '/#/incident/' + [...docs.keys()][0]);
  await page.waitForSelector('.incident .acts');
  await page.keyboard.press('h');
  await page.waitForSelector('dialog.act .boxes >> text=方工');
  const offered = await page.textContent('dialog.act .boxes');
  assert.match(offered, /方工.*陆律师/s, 'who knows the topic, then who is asked about everything');
  assert.doesNotMatch(offered, /沈主任/, 'epidemics are not the topic');
  await page.click('dialog.act .boxes button >> text=方工');
  await page.check('dialog.act input[name="liaison"] >> nth=0');
  await page.fill('#f_conclusions', '先发快报');
  await page.fill('#f_tasks', '市应急管理局 18:00 前报伤亡核实情况');
  assert.deepEqual(await violations(page), []);
  await shot('consult');
  const n = sent.length;
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(sent.length, n + 1);
  const { members, liaison, conclusions, tasks } = sent.at(-1).args;
  assert.deepEqual({ members, liaison, conclusions, tasks }, { members: ['方工（市安全生产专家组，危险化学品处置）'], liaison: ['cyberspace_office'], conclusions: '先发快报', tasks: ['市应急管理局 18:00 前报伤亡核实情况'] });
});

for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }]]) {
  test(`the queue, ${name}`, async () => {
    const p = await newPage(browser, { storageState: await page.context().storageState(), ...options });
    await p.goto(board.base + '/#/triage');
    await p.waitForSelector('.card .route li');
    assert.deepEqual(await violations(p), []);
    assert.ok(!(await p.evaluate(() => document.documentElement.scrollWidth > innerWidth)));
    await p.screenshot({ path: `${SHOTS}/triage-${name}.png` });
    assert.deepEqual(p.faults, []);
    await p.context().close();
  });
}

test('English, and nothing went wrong on the way', async () => {
  await page.goto(board.base + '/#/triage');
  await page.waitForSelector('.card');
  await page.click('.tools button[lang="en"]');
  await page.waitForSelector('h1 >> text=Triage');
  assert.match(await page.textContent('.card'), /Proposed lead/);
  await shot('triage-english');
  assert.deepEqual(page.faults, []);
});
