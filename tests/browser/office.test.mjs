// SPDX-License-Identifier: Apache-2.0
/* The pages about the office itself, with the real keeper behind the board: duty, test alarm. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { HUIYING, startBoard, startRole } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots';
let board, browser, page, stopKeeper;

const LOOKS = [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]];
const open = async (p, hash, selector) => { await p.goto(board.base + '/' + hash); await p.waitForSelector(selector); };
const dialogGone = () => page.waitForSelector('dialog', { state: 'detached' });

/* axe finds nothing in light, dark and on the phone, nothing scrolls sideways; pictures are kept. */
async function looks(name, hash, selector, prepare = async () => {}) {
  const storageState = await page.context().storageState();
  for (const [look, options] of LOOKS) {
    const p = await newPage(browser, { ...options, storageState });
    await open(p, hash, selector);
    await prepare(p);
    assert.deepEqual(await violations(p), [], `${look} ${name}`);
    assert.equal(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${look} ${name} scrolls sideways`);
    await p.screenshot({ path: `${SHOTS}/${name}-${look}.png`, fullPage: true });
    assert.deepEqual(p.faults, [], look);
    await p.context().close();
  }
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(HUIYING);
  stopKeeper = await startRole(board, 'keep');
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(15000);
  await setUp(page, board);
});
after(async () => {
  await browser?.close();
  await stopKeeper?.();
  await board?.stop();
});

test('a test alarm to myself goes the whole way and says how long it took', async () => {
  await open(page, '#/duty', '.onduty');
  await page.click('text=给我自己试发');
  await page.waitForSelector('.duty [role=status] ~ .verdict.good');
  assert.match(await page.textContent('.probe'), /处理程序受理\d+\.\d+ 秒.*显示在屏幕上\d+\.\d+ 秒.*回执记入\d+\.\d+ 秒/s);
  assert.match(await page.textContent('.duty [role=status] ~ .verdict'), /提醒通畅：往返 \d+\.\d+ 秒/);
  await page.waitForSelector('.tests [data-seen=shown]');
  assert.match(await page.textContent('.tests'), /王敏 已显示/);
});

test('an absence, cancelled again, with the keeper\'s word on it', async () => {
  await page.click('text=登记不在岗');
  await page.waitForSelector('dialog.act');
  assert.deepEqual(await violations(page), []);
  await page.fill('#f_to', '2001-01-01T00:00');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error');
  assert.match(await page.textContent('dialog .error'), /结束时间应晚于开始时间/);
  await page.keyboard.press('Escape');
  await dialogGone();
  await page.click('text=登记不在岗');
  await page.fill('#f_why', '出差');
  await page.click('dialog button.primary');
  await dialogGone();
  await page.waitForSelector('.by-hand li');
  assert.match(await page.textContent('.by-hand'), /王敏.*不在岗.*出差/s);
  await page.click('.by-hand button:text-is("撤销")');
  await page.click('dialog button.primary');
  await dialogGone();
  await page.waitForSelector('.by-hand li', { state: 'detached' });
});

test('a swap waits for the other, and is hers to take back', async () => {
  await page.click('.turns button:text-is("换班") >> nth=0');
  await page.waitForSelector('#f_mine');
  assert.notEqual(await page.inputValue('#f_mine'), '', 'the turn is chosen already');
  await page.selectOption('#f_with', 'lilei');
  assert.ok((await page.$$('#f_theirs option')).length > 1, 'turns of the other');
  await page.click('dialog button.primary');
  await dialogGone();
  await page.waitForSelector('.by-hand li');
  assert.match(await page.textContent('.by-hand'), /王敏.*⇄ 李雷.*（请对方替班）/s);
  await page.click('.by-hand button:text-is("同意")');
  await page.waitForFunction(() => /值班员 李雷|副班 李雷/.test(document.querySelector('.by-hand')?.textContent));
});

test('a silence with a scope and an end, and ended', async () => {
  await page.click('.page button:text-is("静默")');
  await page.selectOption('#f_what', 'source');
  await page.selectOption('#f_scope', 'news');
  await page.fill('#f_why', '网站改版');
  assert.deepEqual(await violations(page), []);
  await page.click('dialog button.primary');
  await dialogGone();
  await page.waitForSelector('.silences li');
  assert.match(await page.textContent('.silences'), /一个来源.*测穗新闻网.*网站改版/s);
  await looks('duty-full', '#/duty', '.silences li');
  await page.click('text=结束静默');
  await page.waitForSelector('.silences li', { state: 'detached' });
});

test('terms are explained one click away', async () => {
  await page.click('.tip-button >> nth=0');
  await page.waitForSelector('.tip:popover-open');
  assert.match(await page.textContent('.tip:popover-open'), /不响铃/);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/term.png` });
  await page.keyboard.press('Escape');
});
