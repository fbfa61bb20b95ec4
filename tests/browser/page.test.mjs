// SPDX-License-Identifier: Apache-2.0
/* What people do on the page, in real Chromium.  Screenshots go to $SHOTS to be looked at. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { answerCommands, incident, item, iso, put, seed, startArchive, startBoard } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots';
let board, browser, page, s;

const shot = (p, name, options) => p.screenshot({ path: `${SHOTS}/${name}.png`, ...options });
const rows = (p) => p.$$eval('.row', (list) => list.map((r) => r.dataset.id));
const open = async (p, hash, selector) => { await p.goto(board.base + '/' + hash); await p.waitForSelector(selector); };

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  board = await startBoard(process.env.HUIYING || 'build/dev/huiying');
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(10000);
});
after(async () => {
  await browser.close();
  assert.equal(await board.stop(), 0);
});

test('set-up by the one-time link, then an empty board that teaches', async () => {
  await page.goto(board.setup);
  await page.waitForSelector('#id');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'setup');
  await setUp(page, board);
  await page.waitForSelector('.empty');
  assert.match(await page.textContent('.empty'), /现在没有需要回应的事件/);
  assert.match(await page.textContent('.foot'), /不提供删帖、限流、控评等功能/);
  assert.match(await page.textContent('.banner'), /处理程序（keep）没有在运行/, 'no keeper, and the page says so');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'empty');
});

test('nearest deadline first, in words as well as colours, counting down', async () => {
  s = await seed(board);
  await page.reload();
  await page.waitForSelector('.row');
  assert.deepEqual(await rows(page), [s.two, s.one, s.three, s.four, s.five].map((i) => i.id));
  assert.deepEqual(await page.$$eval('.row .time .lamp-word', (l) => l.map((e) => e.textContent)), ['超时', '红灯', '绿灯', '黄灯', '绿灯']);
  const digits = () => page.$eval('.row .digits', (e) => e.textContent);
  const first = await digits();
  await page.waitForFunction((old) => document.querySelector('.row .digits').textContent !== old, first);
  assert.match(await page.title(), /^超时 0:\d\d · 西浦区/);
  const said = await page.textContent('.rows');
  assert.match(said, /截止 .*5小时内发布权威信息/s, 'clocks stand by name, not by the ids of the rules');
  assert.doesNotMatch(said, /H5|H24/);
});

test('the countdown follows the server, not this computer', async () => {
  const p = await newPage(browser, { storageState: await page.context().storageState() });
  await p.addInitScript(() => { const now = Date.now; Date.now = () => now() + 3 * 3600e3; });
  await open(p, '#/', '.row');
  const [h] = (await p.$eval('.row:nth-child(3) .digits', (e) => e.textContent)).split(':');
  assert.equal(h, '3', 'four hours less a moment left, although the computer is three hours ahead');
  await p.context().close();
});

test('a new incident appears by itself, at its place, and is announced', async () => {
  const fresh = incident(6, Date.now(), { hours: 4.8, title: '新镇一商场火警，人员正在疏散' });
  await put(board, fresh);
  await board.feed('incident', fresh);
  await page.waitForSelector(`.row[data-id="${fresh.id}"]`);
  assert.equal((await rows(page))[1], fresh.id);
  await page.waitForFunction(() => /新事件：新镇一商场火警/.test(document.querySelector('[aria-live="polite"]').textContent)); /* a moment later, with what came beside it */
  const closed = { ...fresh, version: 99, state: 'dismissed', closed: { at: iso(Date.now()) } };
  await put(board, closed);
  await board.feed('incident', closed);
  await page.waitForSelector(`.row[data-id="${fresh.id}"]`, { state: 'detached' });
});

test('keys: move, open, acknowledge, note, back; the sheet of keys', async () => {
  const stop = answerCommands(board, (cmd) => {
    const i = s.one;
    if (cmd.verb === 'ack') i.ack = { by: cmd.actor.id, name: cmd.actor.name, at: iso(Date.now()) };
    i.version++;
    return { reply: { ok: true, incident: i.id, seq: i.version }, incident: i };
  });
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  assert.equal(await page.$eval('.row.selected', (e) => e.dataset.id), s.one.id);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.incident .headline');
  await page.keyboard.press('a');
  await page.waitForSelector('.head .done');
  assert.match(await page.textContent('.head .done'), /王敏 已签收/);
  await page.keyboard.press('n');
  await page.fill('#f_text', '现场已核实');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.keyboard.press('?');
  await page.waitForSelector('dialog.keys');
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.keyboard.press('u');
  await page.waitForSelector('.rows');
  await page.keyboard.press('1');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  await page.keyboard.press('1');
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement.id === 'search');
  await page.keyboard.type('供暖');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  assert.match(page.url(), /q=%E4%BE%9B%E6%9A%96/, 'the view stands in the address');
  await page.keyboard.press('Escape');
  await open(page, '#/', '.row');
  await stop();
});

test('the incident says why: words in the text, rule, weight, basis and anchor', async () => {
  await open(page, '#/incident/' + s.one.id, '.text mark');
  assert.deepEqual(await page.$$eval('.text mark', (l) => l.map((m) => m.textContent)), ['起火', '起火', '爆炸', '3人死亡', '得到控制']);
  assert.match(await page.getAttribute('.text mark >> nth=2', 'title'), /emergency.explosion \+35/);
  assert.match(await page.textContent('.text .meta'), /测穗论坛稿源：东溪日报发布 /, 'the site, and whom its page names as the source');
  assert.match(await page.textContent('.obligation'), /起算：首次公开传播 .*截止 .*依据：示例依据/s);
  assert.match(await page.textContent('.timeline'), /找到可能的官方发布：东溪县发布关于仓库火灾的情况通报/);
  assert.match(await page.textContent('.notices'), /王敏 已显示.*李雷 未送达/s);
  assert.match(await page.textContent('.items'), /测穗论坛/);
});

test('a found response opens the form filled in; the refusal of the server stands in the form', async () => {
  let seen;
  const stop = answerCommands(board, (cmd) => {
    seen = cmd;
    return { reply: { ok: false, code: 'invalid', message: '发布时间早于事发时间', field: 'published' } };
  });
  await page.click('.found button.primary');
  await page.waitForSelector('dialog.act');
  assert.equal(await page.inputValue('#f_url'), s.one.found[0].url);
  await page.check('dialog .many >> nth=1 >> text=事实');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'respond');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error');
  assert.match(await page.textContent('dialog .error'), /发布时间早于事发时间/);
  assert.equal(seen.verb, 'respond');
  assert.deepEqual(seen.args.clock, ['H5']);
  assert.equal(seen.args.found, 'f1');
  assert.equal(seen.args.published, s.one.found[0].published.replace(/:\d\d\+/, ':00+'));
  assert.deepEqual(seen.args.boxes, ['facts']);
  await page.keyboard.press('Escape');
  await stop();
});

test('every act with a form asks for what it needs, by its key', async () => {
  for (const [key, fields] of [['c', ['kind']], ['l', ['level', 'reason']], ['g', ['lead', 'reason']], ['t', ['occurred', 'first_public', 'reason']], ['m', ['into']], ['d', ['reason']], ['x', ['follow_up']]]) {
    await page.keyboard.press(key);
    await page.waitForSelector('dialog.act');
    for (const f of fields) assert.ok(await page.$('#f_' + f), `${key}: ${f}`);
    assert.deepEqual(await violations(page), [], key);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
  }
  await page.keyboard.press('w');
  await page.waitForSelector('.toasts .bad');
  assert.match(await page.textContent('.toasts'), /您的角色不能做这件事/, 'waiving is the supervisor\'s');
});

test('the sheet holds everything that may be done now; typing narrows it', async () => {
  await open(page, '#/incident/' + s.one.id, '.acts button');
  await page.keyboard.press('.');
  await page.waitForSelector('dialog.sheet');
  assert.deepEqual(await page.$$eval('.sheet h3', (l) => l.map((e) => e.textContent)), ['监测', '研判交办', '拟稿审签', '回应', '时限', '督办记录', '流转办结']);
  assert.equal(await page.$('.sheet button >> text=免除时限'), null, 'waiving is the supervisor\'s');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'sheet');
  await page.keyboard.type('会商');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog.act #f_members');
  await page.click('.boxes button >> text=赵刚');
  assert.equal(await page.inputValue('#f_members'), '赵刚');
  await shot(page, 'consult');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
});

test('a level shows which clocks it opens before it is set', async () => {
  await page.keyboard.press('l');
  await page.waitForSelector('.preview');
  await shot(page, 'level');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
});

test('what was done stands on the page; nobody is offered to approve what he proposed', async () => {
  await open(page, '#/incident/' + s.two.id, '.records li');
  assert.match(await page.textContent('[aria-labelledby=p-records]'), /核实.*部分属实.*会商.*两小时内公布就诊人数.*较早的 1 份/s);
  const waiting = await page.$$eval('[aria-labelledby=p-approvals] li', (l) => l.map((e) => [e.querySelector('code').textContent, [...e.querySelectorAll('button')].map((b) => b.textContent).join()]));
  assert.deepEqual(waiting, [['D2', ''], ['W1', ''], ['G1', '批准,不批准']], 'a draft is the approver\'s, a waiver not hers who asked');
  await page.click('[aria-labelledby=p-approvals] li:nth-child(3) button.primary');
  await page.waitForSelector('dialog.act #f_what');
  assert.equal(await page.inputValue('#f_what'), 'G1');
  assert.equal(await page.$('dialog input[name=checks]'), null, 'checks are for drafts');
  assert.deepEqual(await violations(page), []);
  const stop = answerCommands(board, async (cmd) => ({ reply: { ok: false, code: 'state', message: `这项定级建议已经处理过（${cmd.verb} ${cmd.args.what}）` } }));
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error');
  assert.match(await page.textContent('dialog .error'), /已经处理过（approve G1）/);
  await stop();
  await shot(page, 'approve');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  await shot(page, 'records', { fullPage: true });
});

test('hostile texts stay texts', async () => {
  const evil = ['<img src=x onerror="alert(1)"><script>alert(2)</script>', '\u202Egnp.exe 反转\u2066\u2069', 'Z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F\u0334\u0319\u0324\u031E\u0349\u035A\u032F\u031E\u0320\u034DA\u036B\u0357\u0334\u0362\u0335', '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿💥'.repeat(20), '长'.repeat(10000), '{{constructor.constructor("alert(3)")()}}', 'javascript:alert(4)'];
  for (const [n, title] of evil.entries()) {
    const head = (k) => Array.from(title).slice(0, k).join('');
    const i = incident(50 + n, Date.now(), { title });
    i.items[0].url = 'javascript:alert(5)';
    i.places = [{ code: 'x"><b>', name: head(60) }];
    i.topics = [{ id: 't', name: head(60) }];
    i.notes = [{ text: title, by: 'x', at: iso(Date.now()) }];
    i.found = [{ id: 'f', url: 'javascript:alert(6)', title, why: head(99), published: null }];
    await put(board, i, [item(i, title + '\n' + title, [{ rule: '<b>', field: 'text', start: 0, end: 3, text: head(9), weight: 1 }, { rule: 'out', field: 'text', start: 5, end: 9e9, text: 'x', weight: 1 }])]);
    await board.feed('incident', i);
  }
  await page.waitForTimeout(300);
  for (let n = 0; n < evil.length; n++) {
    await open(page, `#/incident/I20261123-${String(50 + n).padStart(4, '0')}`, '.text .body').catch(async (e) => { await shot(page, 'failed'); throw new Error(`${n}: ${e.message} ${page.faults}`); });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `no sideways scrolling: ${n}`);
    assert.equal(await page.$$eval('a[href]', (l) => l.filter((a) => /^javascript:/i.test(a.getAttribute('href'))).length), 0);
    assert.equal(await page.$('.incident img, .incident script, .incident b > b'), null);
  }
  await open(page, '#/', '.row');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await shot(page, 'hostile');
  assert.equal(await page.$$eval('.row .title', (l) => l.filter((e) => /[\u202A-\u202E]/.test(e.textContent)).length), 0, 'nothing is read backwards');
  assert.deepEqual(page.faults, []);
  for (let n = 0; n < evil.length; n++) {
    const gone = { ...incident(50 + n, Date.now()), version: 9999, state: 'dismissed', closed: {} };
    await put(board, gone);
    await board.feed('incident', gone);
  }
});

test('English by one click, and back', async () => {
  await page.click('text=English');
  assert.match(await page.textContent('nav'), /Incidents.*Sources.*Duty/s);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'english');
  await page.click('text=中文');
  assert.match(await page.textContent('nav'), /事件/);
});

test('quiet and blind are told apart; who is on duty now', async () => {
  await open(page, '#/sources', '.sources tbody tr');
  assert.deepEqual(await page.$$eval('.health', (l) => l.map((e) => e.textContent.trim())), ['看不见', '安静', '正常']);
  assert.match(await page.textContent('.verdict'), /1 个来源看不见了/);
  await open(page, '#/duty', '.onduty');
  assert.match(await page.textContent('.onduty'), /现在值班(王敏|李雷)/);
});

test('search: before there is an archive it says so; then words, facets, marks, an address to keep', async (context) => {
  await open(page, '#/search', '.search .empty');
  assert.match(await page.textContent('.search .empty'), /档案现在查不了/);
  const at = Date.now(), kept = (n, title, text, source, score) => ({ id: `kept-${n}`, url: `http://127.0.0.1/kept/${n}`, source, title, text, published: iso(at - n * 3600e3), fetched: iso(at - n * 3600e3), score });
  const items = [kept(1, '化工厂爆炸，现场浓烟', '今天上午化工厂爆炸。', 'forum', { relevance: 90, emergency: 88, level: 2, alert: 'alert', topics: [{ id: 'safety', name: '安全生产', score: 90 }] }),
    kept(2, '化工厂应急演练', '演练模拟化工厂爆炸。', 'news', { relevance: 40, alert: 'none' }), kept(3, '<b>菜价</b>平稳', '今日菜价平稳。', 'news', { alert: 'none' })];
  const total = async () => (await page.evaluate(() => fetch('/api/v1/archive/search').then((r) => r.json()))).total ?? 0;
  context.after(await startArchive(board, items, total));
  await page.fill('#search', '化工厂 -演练');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.hits li');
  assert.match(await page.textContent('.hits'), /化工厂爆炸/);
  assert.equal((await page.$$('.hits li')).length, 1);
  assert.ok(await page.$('.hits mark'));
  assert.match(page.url(), /q=/);
  await open(page, '#/search?source=news', '.hits li');
  await page.waitForFunction(() => document.querySelectorAll('.hits li').length === 2);
  assert.match(await page.textContent('aside'), /来源.*测穗新闻网2.*测穗论坛1/s, 'the other values of a facet stay on offer');
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search');
  await page.click('aside [aria-pressed=true]');
  await page.waitForFunction(() => document.querySelectorAll('.hits li').length >= 3); /* and the incidents of the tests before */
  assert.equal((await page.evaluate(() => fetch('/api/v1/archive/search?level=9').then((r) => r.status))), 400);
  assert.deepEqual(page.faults, []);
});

test('a notice to me is shown, and the receipt says so', async () => {
  await open(page, '#/', '.row');
  const notice = { id: `${s.one.id}/H5/left-1h`, incident: s.one.id, clock: 'H5', class: 'urgent', to: ['wangmin'], title: '还有一小时' };
  const receipt = page.waitForRequest((r) => r.url().endsWith('/notices/receipt'));
  await board.feed('notice', notice, 'wangmin');
  assert.deepEqual((await receipt).postDataJSON(), { notice: notice.id, state: 'shown' });
  await page.waitForSelector('.toasts .urgent');
});

test('axe finds nothing in light, dark and on the phone; nothing scrolls sideways', async () => {
  const storageState = await page.context().storageState();
  for (const [look, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]]) {
    const p = await newPage(browser, { ...options, storageState });
    for (const [name, hash, selector] of [['live', '#/', '.row'], ['incident', '#/incident/' + s.one.id, '.timeline li'], ['sources', '#/sources', '.sources tbody tr'], ['duty', '#/duty', '.onduty'], ['search', '#/search', '.search'], ['wall', '#/wall', '.row']]) {
      await open(p, hash, selector);
      assert.deepEqual(await violations(p), [], `${look} ${name}`);
      assert.equal(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${look} ${name} scrolls sideways`);
      await shot(p, `${name}-${look}`, { fullPage: name === 'incident' || look === 'phone' });
    }
    assert.deepEqual(p.faults, [], look);
    await p.context().close();
  }
  const p = await newPage(browser, { storageState });
  await open(p, '#/incident/' + s.one.id, '.timeline li');
  await p.emulateMedia({ media: 'print' });
  await shot(p, 'incident-print', { fullPage: true });
  await p.context().close();
});

test('a lost connection is said, and healed without a reload', async () => {
  await open(page, '#/', '.row');
  await page.context().setOffline(true);
  await page.waitForSelector('.banner.bad', { timeout: 25000 });
  assert.match(await page.textContent('.banner'), /与服务器的连接断了/);
  await shot(page, 'lost');
  const later = incident(8, Date.now(), { title: '断线期间出现的事件' });
  await put(board, later);
  await board.feed('incident', later);
  await page.context().setOffline(false);
  await page.waitForSelector(`.row[data-id="${later.id}"]`, { timeout: 20000 });
  await page.waitForSelector('.banner.bad', { state: 'detached', timeout: 20000 });
});

test('sign out, wrong password, sign in', async () => {
  await page.click('text=退出');
  await page.waitForSelector('#password');
  assert.deepEqual(await violations(page), []);
  await page.fill('#id', 'wangmin');
  await page.fill('#password', '不对不对不对不对不对');
  await page.click('button.primary');
  await page.waitForSelector('.error');
  assert.match(await page.textContent('.error'), /编号或口令不对/);
  await page.fill('#password', '这是一句足够长的测试口令');
  await page.click('button.primary');
  await page.waitForSelector('.row');
  assert.deepEqual(page.faults, []);
});
