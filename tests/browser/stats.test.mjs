// SPDX-License-Identifier: Apache-2.0
/* The page of statistics: every number opens as many rows as it says, the bars too. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { incident, iso, put, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', MINUTE = 60e3, HOUR = 60 * MINUTE;
let board, browser, page;

/* Seven incidents of two units: five confirmed, two dismissed; answered after 1 to 5 hours, the last
 * two late. */
async function fill() {
  for (let n = 1; n <= 7; n++) {
    const at = Date.now() - n * 26 * HOUR, id = `I20261123-${String(n).padStart(4, '0')}`, answered = n <= 5;
    const i = incident(n, at, { title: `统计事件${n}`, state: answered ? 'settled' : 'dismissed', disposition: answered ? ['hardship'] : [] });
    i.units.lead = n % 2 ? { id: 'a', name: '应急管理局' } : { id: 'b', name: '住建局' };
    i.times.confirmed = answered ? iso(at + 5 * MINUTE) : null;
    i.ack = { by: 'x', name: '某人', at: iso(at + 3 * MINUTE) };
    i.responses = answered ? [{ id: 'R1', form: n === 1 ? 'solution' : 'release', published: iso(at + n * HOUR) }] : [];
    i.obligations = [{ ...i.obligations[0], id: `${id}/H5`, state: n < 4 ? 'met' : answered ? 'late' : 'superseded', ended: iso(at + n * HOUR) }];
    await put(board, i);
  }
  const key = (k) => `hy:{cesui}:${k}`, from = Date.now() - 20 * 24 * HOUR;
  const source = { id: 'S-forum', kind: 'source', source: 'forum', name: '论坛', health: 'healthy', windows: [{ id: 'W1', state: 'healthy', from: iso(from), to: iso(from + 10 * 24 * HOUR) }, { id: 'W2', state: 'blind', from: iso(from + 10 * 24 * HOUR) }], gaps: [] };
  await board.redis.cmd('SET', key('incident:S-forum'), JSON.stringify(source));
  await board.redis.cmd('ZADD', key('sources'), from, 'S-forum');
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying');
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(60000);
  await setUp(page, board);
  await fill();
  await page.goto(board.base + '/#/stats');
  await page.waitForSelector('.stats .counts');
});
after(async () => {
  await browser.close();
  assert.equal(await board.stop(), 0);
});

test('numbers, rates, medians', async () => {
  const text = await page.textContent('.stats');
  assert.match(text, /71\.4%（5\/7）/, 'precision from what people judged');
  assert.match(text, /60\.0%（3\/5）/, 'on time: three of five');
  assert.match(text, /20\.0%（1\/5）/, 'one of five of the class was published');
  assert.match(text, /1\/2（不足 5 件）/, 'no rate below five');
  assert.match(text, /(49\.9|50)%.*1 个来源/s, 'the source was seen half of the time');
  assert.match(text, /首次公开 → 首次回应\s*中位数 3 小时 · P90 5 小时/, 'median of one to five hours');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/stats.png`, fullPage: true });
});

test('every number opens as many rows as it says', async () => {
  const names = await page.$$eval('.stats .number', (l) => l.map((b) => b.getAttribute('aria-label')).filter(Boolean));
  assert.ok(names.length > 20);
  for (const name of names) {
    const n = Number(name.match(/: (\d+)$/)[1]);
    await page.click(`.stats .number[aria-label="${name}"] >> nth=0`);
    await page.waitForFunction((what) => document.querySelector('#rows-head')?.textContent.startsWith(what + '：') && document.querySelector('.stats .behind table'), name.replace(/: \d+$/, ''));
    assert.equal(await page.$$eval('.stats .behind tbody tr', (l) => l.length), n, name);
  }
  assert.equal(await page.evaluate(() => document.activeElement.id), 'rows-head', 'read on where the rows are');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/stats-rows.png` });
});

test('the period stands in the address', async () => {
  await page.goto(board.base + '/#/stats?from=2020-01-01&to=2020-02-01');
  await page.waitForSelector('.stats .counts', { state: 'detached' });
  assert.match(await page.textContent('.stats'), /没有记录/);
  assert.deepEqual(page.faults, []);
});
