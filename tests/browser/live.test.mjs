// SPDX-License-Identifier: Apache-2.0
/* The live list: what is mine, views under a name, a thousand matters, and changes that come calmly. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { incident, iso, put, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', N = 1000;
const HOSTILE = '"><script>alert(1)</script>‮' + '恶'.repeat(10000);
let board, browser, page, list = [];

const shot = (name) => page.screenshot({ path: `${SHOTS}/${name}.png` });
const count = () => page.textContent('.filters .count');
const rows = () => page.$$eval('.row', (all) => all.map((r) => r.dataset.id));
/* As the keeper does: the document and its event; a list that is read meanwhile has it too. */
const open = async (i) => { await put(board, i); await board.feed('incident', i); };
const ready = (want) => page.waitForFunction((w) => document.querySelector('.filters .count')?.textContent.startsWith(w), want);

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying');
  await board.redis.cmd('SET', 'hy:{cesui}:lease', 'test');
  const at = Date.now();
  for (let n = 1; n <= N; n++) list.push(incident(n, at, { hours: (n * 0.37) % 40, title: `东溪县第${n}号路段积水`, level: 1 + (n % 4) }));
  list[4].ack = { by: 'wangmin', name: '王敏', at: list[4].opened };
  list[5].notices = [{ id: `${list[5].id}/-/new`, step: 'new', title: 'x', to: [], states: { wangmin: 'shown', lilei: 'sent' }, at: list[5].opened }];
  list[6].notices = [{ id: `${list[6].id}/-/new`, step: 'new', title: 'x', to: [], states: { lilei: 'sent' }, at: list[6].opened }];
  for (const i of list) await put(board, i);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(60000);
  await setUp(page, board);
  await ready(`${N} / ${N}`);
});
after(async () => {
  await browser?.close();
  assert.equal(await board.stop(), 0);
});

test('a thousand: the nearest are drawn, the rest comes by scrolling, by the button and by keyboard', async () => {
  await page.waitForSelector('.rest');
  assert.equal((await rows()).length, 100);
  assert.match(await page.textContent('.rest'), /还有 900 件/);
  await page.click('.rest');
  await page.waitForFunction(() => document.querySelectorAll('.row').length >= 200);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll('.row').length >= 300);
  await page.keyboard.press('k');
  await page.waitForFunction((n) => document.querySelectorAll('.row').length === n, N);
  assert.equal(await page.$('.rest'), null, 'k from nowhere goes to the last');
  await page.evaluate(() => scrollTo(0, 0));
});

test('title and icon show the most urgent clock of all, whatever the list is filtered by', async () => {
  const title = () => page.evaluate(() => document.title), icon = () => page.getAttribute('#icon', 'href');
  await page.waitForFunction(() => /\d:\d\d · /.test(document.title)); /* the next beat writes a clock there */
  const [was, lamp] = [(await title()).split(' · ')[1], await icon()];
  await page.fill('#search', '没有这样的事件');
  await ready('0 / ');
  for (let n = 0; n < 2; n++) await page.waitForFunction((was) => document.getElementById('clock').textContent !== was, await page.textContent('#clock')); /* two beats */
  assert.deepEqual([(await title()).split(' · ')[1], await icon()], [was, lamp]);
  await page.fill('#search', '');
  await ready(`${N} / `);
});

test('the most urgent clock may be a case\'s: title and icon take it from the server, and leave it when it is answered', async () => {
  const key = (k) => `hy:{cesui}:${k}`, id = 'M20261123-0001', due = Date.now() - 90 * 3600e3, clock = { id: `${id}/WD5`, clock: 'WD5', label: '5个工作日内答复', start: iso(due - 9e7), due: iso(due), state: 'open' };
  const tell = (doc) => board.redis.cmd('SET', key(`incident:${id}`), JSON.stringify(doc)).then(() => board.feed('case', doc));
  const doc = { id, version: 1, kind: 'message', title: '滨河路路灯多日不亮', state: 'collected', opened: iso(due - 9e7), obligations: [clock], notices: [] };
  await board.redis.cmd('ZADD', key('cases:due'), due, id);
  await tell(doc);
  await page.waitForFunction(() => /^超时.* · 滨河路路灯多日不亮$/.test(document.title));
  await board.redis.cmd('ZREM', key('cases:due'), id);
  await tell({ ...doc, version: 2, state: 'closed', obligations: [{ ...clock, state: 'late', ended: iso(Date.now()) }] });
  await page.waitForFunction(() => /路段积水/.test(document.title));
});

test('mine: acknowledged by me or told to me, from the list and from an event alike', async () => {
  await page.click('.views a >> text=我的');
  await ready('2 / ');
  assert.deepEqual((await rows()).sort(), [list[4].id, list[5].id].sort());
  list[6] = { ...list[6], version: list[6].version + 1, notices: [{ ...list[6].notices[0], states: { wangmin: 'sent' } }] };
  await board.feed('incident', list[6]);
  await ready('3 / ');
  assert.match(await page.textContent('.views [aria-current]'), /我的 3/);
  assert.ok(page.url().endsWith('#/?mine=1'));
});

test('a view gets a name, keeps its count, outlives a reload, and goes', async () => {
  await page.goto(board.base + '/#/?level=1&ack=none');
  const text = await (await ready('250 / '), count());
  await page.click('.views button >> text=存为视图');
  await page.waitForSelector('.views input:focus');
  await page.keyboard.type('<b>特重未签收');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.views [aria-current] >> text=<b>特重未签收');
  await page.reload();
  await page.waitForSelector('.views [aria-current] >> text=<b>特重未签收');
  await ready(text.split(' ')[0]);
  assert.match(await page.textContent('.views [aria-current]'), /250/);
  assert.deepEqual(await violations(page), []);
  await shot('views');
  await page.click('.views button[title^="删除视图"]');
  await ready(`${N} / ${N}`);
  assert.equal(await page.$('.views >> text=<b>特重未签收'), null);
});

test('broken views of this browser are passed over', async () => {
  await page.evaluate(() => localStorage.setItem('views wangmin', '[{"name":5},{"name":"好","query":"level=2"},null]'));
  await page.reload();
  await page.waitForSelector('.views a >> text=好');
  await page.evaluate(() => localStorage.setItem('views wangmin', '{{'));
  const listening = page.waitForResponse('**/api/v1/events');
  await page.reload();
  await listening; /* what comes from here on comes as an event */
  await ready(`${N} / ${N}`);
});

test('many at once are announced once; new ones are marked', async () => {
  await page.evaluate(() => {
    window.said = [];
    const live = document.querySelector('#app > [aria-live="polite"]');
    new MutationObserver(() => live.textContent && window.said.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
  });
  for (let n = 0; n < 30; n++) {
    list[n] = { ...list[n], version: list[n].version + 1, reprints: 5 };
    await board.feed('incident', list[n]);
  }
  await open(incident(2001, Date.now() - 50 * 3600e3, { title: HOSTILE }));
  await page.waitForSelector('.row:first-child .chip.fresh');
  await page.waitForFunction(() => window.said.length);
  await page.waitForFunction(() => window.said.map((x) => x.match(/\d+(?= 件有变化)/)).reduce((sum, m) => sum + Number(m || 0), 0) === 30);
  const all = await page.evaluate(() => window.said), said = all.find((x) => x.startsWith('1 件新事件'));
  assert.ok(all.length <= 5, `31 events, said ${all.length} times`);
  assert.ok(said.length < 120, 'a title of 10,000 characters is cut');
  assert.ok((await page.title()).length < 120);
  assert.equal(await page.$('#app script'), null);
  assert.ok(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)));
  await shot('live-hostile');
});

test('under the pointer nothing moves: what came is counted, and stands there a moment later', async () => {
  const box = await (await page.waitForSelector('.row:nth-child(3)')).boundingBox();
  let before = [];
  /* A hand that works: it moves until the change has been seen. */
  const working = () => { let n = 0; return setInterval(() => page.mouse.move(box.x + 60 + (n++ % 5), box.y + 20).catch(() => {}), 200); };
  /* A browser that stood still for longer than rows are held has let them go, rightly: another comes. */
  const comes = async (n, title) => {
    for (let tries = 0; ; tries++) {
      before = await rows();
      await open(incident(n + tries, Date.now() - (n + tries) * 3600e3, { title }));
      if (await page.waitForSelector('.held button', { timeout: 5000 }).catch(() => tries > 8 && Promise.reject(new Error('rows were never held')))) return;
    }
  };
  let hand = working();
  await page.mouse.move(box.x + 64, box.y + 22);
  await comes(2002, '最急的一件');
  assert.deepEqual((await rows()).slice(0, 5), before.slice(0, 5));
  await shot('held');
  assert.deepEqual(await violations(page), []);
  clearInterval(hand);
  await page.waitForFunction(() => document.querySelector('.row .title').textContent === '最急的一件');
  assert.equal(await page.$('.held'), null, 'held for some seconds at most');
  hand = working();
  await comes(2102, '更急的一件');
  clearInterval(hand);
  await page.mouse.move(5, 5);
  await page.waitForFunction(() => document.querySelector('.row .title').textContent === '更急的一件');
  assert.deepEqual(page.faults, []);
});

for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }]]) {
  test(`views, ${name}`, async () => {
    const p = await newPage(browser, { storageState: await page.context().storageState(), ...options });
    await p.goto(board.base + '/#/?mine=1');
    await p.waitForSelector('.row');
    assert.deepEqual(await violations(p), []);
    assert.ok(!(await p.evaluate(() => document.documentElement.scrollWidth > innerWidth)));
    await p.screenshot({ path: `${SHOTS}/views-${name}.png` });
    await p.context().close();
  });
}
