// SPDX-License-Identifier: Apache-2.0
/* Documents, messages and requests as their clerk meets them, with the real keeper behind the board:
 * registered by hand, taken in from a table, answered in time. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { HUIYING, OFFICE, startBoard, startRole } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots';
const LOOKS = [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]];
let board, browser, page, stopKeeper;

const open = async (p, hash, selector) => { await p.goto(board.base + '/' + hash); await p.waitForSelector(selector); };
const dialogGone = () => page.waitForSelector('dialog', { state: 'detached' });
const titles = () => page.$$eval('.row .title', (list) => list.map((a) => a.textContent));
const stamp = (daysAgo) => new Date(Date.now() - daysAgo * 86400e3 + 8 * 3600e3).toISOString().slice(0, 16).replace('T', ' ');

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
  page.setDefaultTimeout(60000);
  await setUp(page, board);
});
after(async () => {
  const faults = page?.faults;
  await browser?.close();
  await stopKeeper?.();
  assert.equal(await board.stop(), 0);
  assert.deepEqual(faults, []);
});

test('an empty list says what belongs here', async () => {
  await open(page, '#/cases', '.cases .empty');
  assert.match(await page.textContent('.empty'), /没有在办的事项.*网民留言/s);
  assert.equal(await page.getAttribute('nav a[href="#/cases"]', 'aria-current'), 'page');
});

test('a message is registered by hand: its clock begins, its text is masked, its page is open', async () => {
  await page.click('text=登记一件');
  await page.fill('#f_title', '滨河路路灯多日不亮');
  await page.fill('#f_ref', 'L-2026-7');
  await page.selectOption('#f_type', 'complaint');
  await page.selectOption('#f_unit', { index: 1 });
  await page.fill('#f_text', '路灯不亮一周了，请派人来看，电话 13800138000。');
  assert.equal(await page.$('#f_signed'), null, 'what a message has no use for is not asked');
  await page.click('dialog .primary');
  await dialogGone();
  await page.waitForSelector('#p-case-text');
  assert.match(page.url(), /#\/incident\/M\d+/);
  assert.equal(await page.textContent('.headline h1'), '滨河路路灯多日不亮');
  const text = await page.textContent('.text .body');
  assert.match(text, /路灯不亮一周了/);
  assert.doesNotMatch(text, /13800138000/);
  assert.match(await page.textContent('.pairs'), /网民留言.*L-2026-7.*投诉/s);
  assert.ok((await page.$$('.obligation[data-state="open"]')).length >= 1, 'a clock runs');
  assert.match(await page.textContent('.timeline'), /登记|立案|发现/);
  assert.match(await page.textContent('.crumb'), /← 事项/);
  assert.deepEqual(await page.$$('#p-why, #p-items, #p-evidence'), [], 'nothing of an incident that a case has not');
});

test('the same number again is the same matter', async () => {
  const before = page.url();
  await open(page, '#/cases', '.row');
  await page.click('text=登记一件');
  await page.fill('#f_title', '路灯');
  await page.fill('#f_ref', 'L-2026-7');
  await page.click('dialog .primary');
  await page.waitForSelector('#p-case-text');
  assert.equal(page.url(), before);
  await page.waitForFunction(() => document.querySelector('.toasts')?.textContent.includes('已经登记过'));
});

test('what is missing is said at its field, and nothing is lost', async () => {
  await open(page, '#/cases?kind=document', '.cases');
  await page.click('text=登记一件');
  assert.equal(await page.inputValue('#f_kind'), 'document');
  await page.fill('#f_title', '测穗市供热管理办法');
  await page.click('dialog .primary');
  await page.waitForSelector('dialog .error');
  assert.match(await page.textContent('dialog .error'), /签发时间/);
  assert.equal(await page.inputValue('#f_title'), '测穗市供热管理办法');
  await page.fill('#f_signed', stamp(1).replace(' ', 'T'));
  await page.click('dialog .primary');
  await page.waitForSelector('#p-case-facts');
  assert.match(await page.textContent('.obligations'), /3个工作日|三个工作日|公开/);
});

test('a request is registered, asked of a third party, and its clock stands still meanwhile', async () => {
  await open(page, '#/cases?kind=foi', '.cases');
  await page.click('text=登记一件');
  await page.fill('#f_title', '申请公开旧城改造补偿标准');
  await page.selectOption('#f_receipt_form', 'online');
  await page.click('dialog .primary');
  await page.waitForSelector('#p-case-facts');
  await page.click('.acts >> text=更多操作');
  await page.click('dialog.sheet >> text=征求意见');
  await page.fill('#f_with', '某公司');
  await page.selectOption('#f_why', 'third_party');
  await page.click('dialog.act .primary');
  await dialogGone();
  await page.waitForFunction(() => document.querySelector('#p-records')?.parentElement.textContent.includes('某公司'));
});

test('answering a message ends its clock', async () => {
  await open(page, '#/cases?kind=message', '.row');
  await page.click('.row .title');
  await page.waitForSelector('.acts');
  await page.click('.acts >> text=登记回应');
  assert.equal(await page.inputValue('#f_form'), 'reply', 'a message is answered by a reply');
  await page.click('dialog.act .primary');
  await dialogGone();
  await page.waitForFunction(() => document.querySelectorAll('.obligation[data-state="met"]').length > 1 && !document.querySelector('.obligation[data-state="open"]'));
  assert.match(await page.textContent('.crumb'), /办结/, 'what owes nothing any more is done');
});

const HEAD = '编号,标题,收到时间,承办单位,内容,姓名';
const rows = (n, from = 0) => Array.from({ length: n }, (_, i) => `X-${from + i},"第${from + i}号小区，垃圾没有清运",${stamp(1)},,"内容",某某`);
const check = async () => { await page.click('.import button:has-text("检查")'); await page.waitForSelector('.import-answer'); };

test('a table with mistakes: each with its line, nothing is registered', async () => {
  await open(page, '#/cases/import', '.import');
  await page.selectOption('#imp-kind', 'message');
  await page.fill('#imp-text', [HEAD, ...rows(2), `X-9,,${stamp(1)},,,`, 'X-10,标题,上周五,,,', `X-0,重复的编号,${stamp(1)},,,`].join('\n'));
  await check();
  assert.match(await page.textContent('.import-answer .error'), /3 处要改，一件也没有登记/);
  const faults = await page.$$eval('.wide-table tbody tr', (list) => list.slice(0, 3).map((r) => r.textContent));
  assert.match(faults.join('|'), /4标题.*请填写标题/);
  assert.match(faults.join('|'), /5收到时间不是时间/);
  assert.equal(await page.$('text=登记这'), null);
  assert.deepEqual(await violations(page), []);
});

test('a right table: shown as it was understood, then registered at once and listed by deadline', async () => {
  const text = [HEAD, ...rows(130)].join('\n');
  await page.fill('#imp-text', text);
  await check();
  assert.match(await page.textContent('.import-answer'), /130 件都没有问题，还没有登记.*不认识、不导入的列：姓名/s);
  assert.match(await page.textContent('.wide-table'), /第0号小区，垃圾没有清运/);
  await page.click('text=登记这 130 件');
  await page.waitForSelector('text=登记完成：130 件');
  await page.click('text=去看列表');
  await page.waitForFunction(() => /已列出 100 件，后面还有/.test(document.querySelector('.count')?.textContent));
  await page.click('.rest');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 130);
  assert.equal(new Set(await titles()).size, 130, 'no row twice');
  const count = () => page.textContent('.kinds [aria-pressed="true"] b');
  for (let n = 0; n < 100 && (await count()) !== '130'; n++) await new Promise((d) => setTimeout(d, 50));
  assert.equal(await count(), '130');
});

test('a file of a spreadsheet in GB18030 is read; a workbook is told from a table', async () => {
  await open(page, '#/cases/import', '.import');
  await page.selectOption('#imp-kind', 'message');
  const gb = Buffer.from('b1e0bac52cb1eacce22ccad5b5bdcab1bce40a472d312cc2b7b5c6b2bbc1c12c323032362d31312d32302030383a30300a', 'hex'); /* 编号,标题,收到时间 / G-1,路灯不亮,... in GB18030 */
  await page.setInputFiles('#imp-file', { name: '留言.csv', mimeType: 'text/csv', buffer: gb });
  await page.waitForFunction(() => document.getElementById('imp-text').value.includes('G-1,路灯不亮'));
  await page.setInputFiles('#imp-file', { name: '留言.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from([0x50, 0x4b, 3, 4, 0, 0]) });
  await page.waitForSelector('.import .error');
  assert.match(await page.textContent('.import .error'), /工作簿.*CSV UTF-8/);
});

test('hostile titles stay text, in the list, on the page and in the preview', async () => {
  const bad = ['<img src=x onerror=alert(1)>', '\u202Egnp.exe', 'a'.repeat(3000), '👨‍👩‍👧‍👦 Z͑ͫ̓a̴l̷g̸o̶', '=cmd|calc'];
  await open(page, '#/cases/import', '.import');
  await page.selectOption('#imp-kind', 'message');
  await page.fill('#imp-text', JSON.stringify(bad.map((title, n) => ({ ref: `H-${n}`, title: title.slice(0, 190), received: stamp(2) }))));
  await check();
  await page.click('text=登记这 5 件');
  await page.waitForSelector('text=登记完成：5 件');
  await open(page, '#/cases', '.row');
  await page.fill('#search', 'H-');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 5);
  assert.ok((await titles()).some((x) => x.startsWith('<img src=x')));
  assert.ok((await titles()).every((x) => !/[\u202A-\u202E]/.test(x)));
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#p-case-facts');
  await page.keyboard.press('u');
  await page.waitForSelector('.cases .row');
  assert.equal(await page.evaluate(() => document.querySelectorAll('main img').length), 0);
});

test('the live list and its numbers know nothing of cases', async () => {
  await open(page, '#/', '.empty');
  assert.equal(await page.evaluate(() => document.title.includes('小区')), false);
});

test('an answered message leaves the open list and stands in the whole one', async () => {
  await open(page, '#/cases?state=all&kind=message', '.row');
  const id = (await board.redis.cmd('ZRANGE', `hy:{${OFFICE}}:cases`, 0, 0))[0];
  assert.equal(await board.redis.cmd('ZSCORE', `hy:{${OFFICE}}:cases:due`, id), null);
  const due = await board.redis.cmd('ZCARD', `hy:{${OFFICE}}:cases:due`), all = await board.redis.cmd('ZCARD', `hy:{${OFFICE}}:cases`);
  assert.equal(all - due, 1);
});

test('how the pages look', async () => {
  await looks('cases', '#/cases', '.cases .row');
  await looks('cases-import', '#/cases/import', '.import', async (p) => {
    await p.selectOption('#imp-kind', 'message');
    await p.fill('#imp-text', [HEAD, ...rows(3, 500), 'X-510,标题,上周五,,,'].join('\n'));
    await p.click('.import button:has-text("检查")');
    await p.waitForSelector('.import-answer table');
  });
  for (let n = 0; n < 60; n++) await board.redis.cmd('XADD', `hy:{${OFFICE}}:notices`, '*', 'notice', JSON.stringify({ id: `I9/-/n-${n}`, incident: 'I9', clock: '-', class: n % 2 ? 'urgent' : 'digest', to: ['wangmin'], title: n ? `【重大】第${n}件` : '<img src=x>'.repeat(40), body: '请处理', at: '2026-11-23T09:12:00+08:00' }));
  await looks('notices', '#/notices', '.notices-page li', async (p) => {
    await p.click('.rest');
    await p.waitForFunction(() => document.querySelectorAll('.notices-page li').length === 60 && !document.querySelector('.rest'));
  });
  const id = (await board.redis.cmd('ZRANGE', `hy:{${OFFICE}}:cases`, 0, 0))[0];
  await looks('case', `#/incident/${id}`, '#p-case-facts');
});
