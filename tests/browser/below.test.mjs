// SPDX-License-Identifier: Apache-2.0
/* A superior office's look at its subordinates: what is open and late with each, how they kept the
 * times, alone and together; to read and no more. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { incident, iso, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', HOUR = 3600e3, DAY = 24 * HOUR;
const HOSTILE = `<img src=x onerror=alert(1)>\u202E${'长'.repeat(3000)}`;
let board, browser, page, dir;

/* As that office's keeper writes it. */
async function putAt(office, i) {
  const key = (k) => `hy:{${office}}:${k}`;
  await board.redis.cmd('SET', key(`incident:${i.id}`), JSON.stringify(i));
  await board.redis.cmd('ZADD', key('incidents'), Date.parse(i.opened), i.id);
  if (i.state !== 'settled') await board.redis.cmd('SADD', key('open'), i.id);
}

function settled(n, at, late) {
  const i = incident(n, at, { title: `办结事件${n}`, state: 'settled' });
  i.obligations = [{ ...i.obligations[0], state: late ? 'late' : 'met', ended: iso(at + (late ? 9 : 3) * HOUR) }];
  return i;
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  dir = mkdtempSync(`${tmpdir()}/huiying-below-`);
  cpSync(fileURLToPath(new URL('office', import.meta.url)), `${dir}/office`, { recursive: true });
  appendFileSync(`${dir}/office/office.yaml`, '\nsubordinates:\n  - {id: dongxi, name: 东溪县}\n  - {id: xishan, name: 西山区}\n');
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying', { office: `${dir}/office` });
  const now = Date.now();
  await putAt('dongxi', incident(1, now - HOUR, { title: '东溪县一厂房起火' }));
  await putAt('dongxi', incident(2, now - 9 * HOUR, { title: HOSTILE }));
  for (let n = 3; n <= 5; n++) await putAt('dongxi', settled(n, now - n * HOUR, n === 3));
  for (let n = 6; n <= 8; n++) await putAt('xishan', settled(n, now - n * HOUR, n === 6));
  await putAt('elsewhere', incident(9, now - HOUR, { title: '别处的事件' }));
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(60000);
  await setUp(page, board);
});
after(async () => {
  await browser.close();
  assert.equal(await board.stop(), 0);
  rmSync(dir, { recursive: true, force: true });
});

const row = (name) => page.textContent(`.below tr:has(th:has-text("${name}"))`);

test('the page stands in the bar and counts each and all', async () => {
  await page.click('nav a[href="#/below"]');
  await page.waitForFunction(() => document.querySelectorAll('.below tbody tr').length === 2 && !document.querySelector('.below table').textContent.includes('…'));
  const first = await row('东溪县'), second = await row('西山区'), sum = await row('合计');
  assert.match(first, /东溪县\s*2\s*1/, 'two open, one of them late');
  assert.match(second, /西山区\s*0\s*0\s*没有时限在走/);
  assert.match(second, /2\/3（不足 5 件）/, 'no rate below five');
  assert.match(sum, /合计\s*8\s*4\s*3\s*57\.1%/, 'eight in all; the times of seven are known');
  assert.doesNotMatch(await page.textContent('.below'), /别处/);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/below.png` });
});

test('each number opens the rows it counts', async () => {
  const behind = async (label) => {
    await page.click(`.below [aria-label^="${label}"]`);
    await page.waitForSelector('.behind tbody tr');
    return page.$$eval('.behind tbody tr', (l) => l.map((r) => r.textContent));
  };
  for (const b of await page.$$eval('.below button.number', (l) => l.map((e) => e.getAttribute('aria-label')))) assert.equal((await behind(b)).length, Number(b.split(': ')[1]), b);
  assert.ok((await behind('合计 超时')).some((x) => /办结事件6西山区|西山区/.test(x)), 'of all of them each says whose it is');
  assert.equal(await page.$$eval('.behind a', (l) => l.length), 0, 'there is no page of theirs here to lead to');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/below-rows.png`, fullPage: true });
  await page.click('.below [aria-label^="东溪县 有超时"]');
  await page.waitForFunction(() => document.querySelectorAll('.below .row').length === 1);
  await page.click('text=只看有超时的');
  await page.waitForFunction(() => document.querySelectorAll('.below .row').length === 2);
  assert.match(page.url(), /#\/below\/dongxi$/);
  await page.click('.below a[href="#/below"]');
});

test('one office: its open matters, hostile words and all, and no act', async () => {
  await page.click('.below a:has-text("东溪县")');
  await page.waitForSelector('.below .row .title');
  assert.equal(await page.$$eval('.below .row', (l) => l.length), 2);
  assert.match(await page.textContent('.below'), /东溪县一厂房起火/);
  assert.equal(await page.$$eval('.below img', (l) => l.length), 0, 'a title is text');
  assert.equal(await page.$$eval('.below button', (l) => l.length), 0, 'nothing to do here');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/below-one.png` });
});

test('dark and on the phone', async () => {
  const phone = await newPage(browser, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
  await phone.context().addCookies(await page.context().cookies());
  for (const at of ['#/below', '#/below/dongxi']) {
    await phone.goto(`${board.base}/${at}`);
    await phone.waitForSelector(at === '#/below' ? '.below tbody tr' : '.below .row');
    assert.deepEqual(await violations(phone), []);
  }
  await phone.screenshot({ path: `${SHOTS}/below-phone.png` });
});

test('an office that is not below stays shut', async () => {
  const status = (path) => page.evaluate((p) => fetch(p).then((r) => r.status), path);
  assert.equal(await status('/api/v1/subordinates/elsewhere/incidents'), 404);
  assert.equal(await status('/api/v1/subordinates/elsewhere/stats'), 404);
  assert.equal(await status('/api/v1/subordinates/dongxi/incidents/I20261123-0001'), 200);
});
