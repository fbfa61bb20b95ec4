// SPDX-License-Identifier: Apache-2.0
/* One event that became two incidents, with the real analyzer and the real keeper: the queue says
 * which one is the same, the merge shows its clocks first, and what comes afterwards joins the one
 * that is left. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { HUIYING, iso, OFFICE, startBoard, startRole } from './fixture.mjs';
import { launch, newPage, setUp } from './page.mjs';

let board, browser, page, stops = [];
const key = (what) => `hy:{${OFFICE}}:${what}`;
const doc = async (id) => JSON.parse(await board.redis.cmd('GET', key(`incident:${id}`)));
const open = async () => (await board.redis.cmd('SMEMBERS', key('open'))).sort();

/* As the crawler hands it on. */
function report(n, title, text, minutesAgo) {
  const at = iso(Date.now() - minutesAgo * 60e3);
  return board.redis.cmd('XADD', 'hy:items', '*', 'item', JSON.stringify({ id: `same-${n}`, url: `http://127.0.0.1/forum/${n}`, source: n % 2 ? 'forum' : 'news', title, text, published: at, published_precision: 'minute', published_from: 'meta', fetched: at, charset: 'utf-8', kind: 'article', replies: [], hash: createHash('sha256').update(`${title}\n${text}`).digest('hex') }));
}
async function until(what, ask) {
  for (let n = 0; n < 1200; n++) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`never: ${what}`);
}

before(async () => {
  board = await startBoard(HUIYING);
  for (const role of ['keep', 'analyze']) stops.push(await startRole(board, role, /event=(leading|started|ready|redis_up|start)/));
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(60000);
  await setUp(page, board);
});
after(async () => {
  const faults = page?.faults;
  await browser?.close();
  for (const stop of stops) await stop();
  assert.equal(await board.stop(), 0);
  assert.deepEqual(faults, []);
});

test('two words for one event: the queue names the other, and merging leaves one', async () => {
  await report(1, '东溪县工业园区一化工厂爆炸', '今天上午，东溪县工业园区一家化工厂发生爆炸，现场浓烟滚滚，已有3人死亡，消防人员正在扑救。', 50);
  await until('the first incident', async () => (await open()).length === 1);
  await report(2, '东溪县一化工厂起火，附近居民紧急转移', '网友说，县城东边的化工厂烧了起来，火势很大，居民楼的人都下来了，学校停课。', 20);
  const ids = await until('two incidents', async () => { const list = await open(); return list.length === 2 && list; });
  await page.goto(board.base + '/#/triage');
  await page.waitForFunction(() => document.querySelectorAll('.queue li').length === 2);
  while (!(await page.textContent('#tri-title')).includes('起火')) await page.keyboard.press('j');
  await page.keyboard.press('m');
  await page.waitForSelector('.choices button.wide');
  assert.match(await page.textContent('.choices button.wide'), /东溪县工业园区一化工厂爆炸/);
  await page.keyboard.press('1');
  await page.waitForSelector('.choices .buttons button.primary');
  await page.waitForFunction(() => /时限到此为止/.test(document.querySelector('.choices').textContent));
  await page.keyboard.press('Enter');
  const left = await until('one incident', async () => { const list = await open(); return list.length === 1 && list[0]; });
  const gone = await doc(ids.find((id) => id !== left)), stays = await doc(left);
  assert.equal(gone.state, 'merged');
  assert.equal(gone.merged_into, left);
  assert.equal(gone.obligations.filter((o) => o.state === 'open').length, 0, 'its clocks have ended');
  assert.deepEqual(stays.items.map((i) => i.id).sort(), ['same-1', 'same-2']);
  assert.equal((await board.redis.cmd('ZRANGE', key('timers'), 0, -1)).filter((m) => m.startsWith(gone.id)).length, 0);
  await page.waitForFunction(() => document.querySelectorAll('.queue li').length === 1);
});

test('what is like the one that went joins the one that stayed', async () => {
  const [left] = await open();
  await report(4, '东溪县化工厂起火，附近居民紧急转移（视频）', '网友说，县城东边的化工厂烧了起来，火势很大，居民楼的人都下来了，学校停课。现场视频。', 5);
  await until('it has joined', async () => (await doc(left)).items.some((i) => i.id === 'same-4'));
  assert.deepEqual(await open(), [left]);
});
