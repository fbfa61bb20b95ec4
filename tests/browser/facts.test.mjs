// SPDX-License-Identifier: Apache-2.0
/* The incident page: figures that differ, with who said them when; how it spread; who was told by which
 * way and saw it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { incident, item, iso, put, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', HOUR = 3600e3, at = Date.now() - 60e3;
const HOSTILE = '<svg onload=alert(1)>‮' + '险'.repeat(9000);
let board, browser, page, inc;

const report = (id, source, title, text, fact, hours, more = {}) => {
  const piece = `${fact.min}人死亡`, where = text.indexOf(piece);
  return { ...item(inc, text, [{ rule: 'facts.deaths', field: 'text', start: where, end: where + piece.length, text: piece, weight: 5 }]), id, source, title, url: `http://127.0.0.1/${id}`, published: iso(at - hours * HOUR), ...more,
    score: { facts: { deaths: fact, injured: { min: 12, max: 12 } }, hits: [{ rule: 'facts.deaths', field: 'text', start: where, end: where + piece.length, text: piece, weight: 5 }] } };
};

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying');
  await board.redis.cmd('SET', 'hy:{cesui}:lease', 'test');
  inc = incident(1, at, { hours: 5, title: '东溪县一化工厂爆炸' });
  const items = [report('a', 'forum', '化工厂爆炸致3人死亡', '据在场群众讲，已有5人死亡，伤者送医。', { min: 5, max: 5, differs: true }, 5), report('b', 'news', '东溪县通报爆炸事故', '事故造成7人死亡，12人受伤。', { min: 7, max: 7 }, 1), report('c', 'news', HOSTILE, `${HOSTILE}有人说5人死亡`, { min: 5, max: 5 }, 3)];
  inc.items = items.map(({ id, source, title, url, published, fetched, hash }) => ({ id, source, title, url, published, fetched, hash, reprint_of: null }));
  for (let n = 0; n < 14; n++) inc.items.push({ ...inc.items[0], id: `r${n}`, title: `转载（${n}）`, reprint_of: 'a', published: iso(at - (4.9 - n * 0.3) * HOUR) });
  inc.reprints = 14;
  inc.heat = { value: 63.4, peak: 71, peak_at: at - 2 * HOUR, series: { from: at - 5 * HOUR, step_ms: HOUR, items: [1, 4, 5, 4, 3], reprints: [0, 4, 4, 4, 2], replies: [0, 0, 0, 0, 0], heat: [12, 40, 71, 66, 63] }, floods: [{ kind: 'text', n: 14, why: '同一篇文章被转载 14 次，热度主要来自转载' }] };
  inc.notices = [{ id: `${inc.id}/-/new`, step: 'new', class: 'urgent', title: '新的突发事件', to: [{ id: 'wangmin', name: '王敏' }, { id: 'lilei', name: '李雷' }], at: iso(at - 4 * HOUR), shown: iso(at - 4 * HOUR + 4000), late_by_ms: 600000, states: { wangmin: 'shown', lilei: 'failed' }, channels: { 'mail:lilei': 'sent', 'duty-group': 'failed' } }];
  inc.ack = { by: 'wangmin', name: '王敏', at: iso(at - 3.9 * HOUR) };
  await put(board, inc, [...items, ...inc.items.slice(3).map((i) => ({ ...i, text: '（转载同文）5人死亡', score: { facts: { deaths: { min: 5, max: 5 } } } }))]);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(20000);
  await setUp(page, board);
  await page.goto(`${board.base}/#/incident/${inc.id}`);
  await page.waitForSelector('.claims li');
});
after(async () => {
  await browser?.close();
  assert.equal(await board.stop(), 0);
});

test('figures that differ stand side by side, newest first, with words, source and time', async () => {
  const claims = await page.$$eval('.claims li', (all) => all.map((li) => li.textContent));
  assert.equal(claims.length, 3, 'a reprint says nothing of its own');
  assert.match(claims[0], /^7“…事故造成7人死亡，12人受伤。…”/);
  assert.match(claims[2], /^5.*5人死亡.*标题与正文不一致，标题：“化工厂爆炸致3人死亡”/);
  assert.match(claims[2], /\d\d:\d\d/);
  assert.equal((await page.$$('.chip.differs')).length, 1, 'twelve injured is what everybody says');
  assert.equal(await page.$('#app svg[onload]'), null);
});

test('the curve: heat, own texts and reprints, said in words too', async () => {
  await page.waitForSelector('.spread canvas');
  const label = await page.getAttribute('.spread [role="img"]', 'aria-label');
  assert.match(label, /独立报道 3 篇，转载 14 篇，现在热度 63，最热在/);
  assert.match(await page.textContent('.spread'), /热度主要来自转载/);
});

test('told, shown, acknowledged, by way', async () => {
  const text = await page.textContent('#p-notices + *');
  assert.match(text, /王敏 .*李雷 /s);
  assert.match(text, /显示在屏幕上（发出后 0:00:04）/);
  assert.match(text, /发出时已晚 0:10/);
  assert.match(await page.textContent('section[aria-labelledby="p-notices"]'), /王敏 已签收/);
});

for (const [name, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }]]) {
  test(`axe and looks, ${name}`, async () => {
    const p = await newPage(browser, { storageState: await page.context().storageState(), ...options });
    await p.goto(`${board.base}/#/incident/${inc.id}`);
    await p.waitForSelector('.spread canvas');
    assert.deepEqual(await violations(p), []);
    assert.ok(!(await p.evaluate(() => document.documentElement.scrollWidth > innerWidth)));
    await p.screenshot({ path: `${SHOTS}/facts-${name}.png`, fullPage: true });
    assert.deepEqual(p.faults, []);
    await p.context().close();
  });
}
