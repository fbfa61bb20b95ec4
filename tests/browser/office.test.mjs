// SPDX-License-Identifier: Apache-2.0
/* The pages about the office itself, with the real keeper behind the board: duty, test alarm. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';
import { HUIYING, startBoard, startRole } from './fixture.mjs';
import { launch, newPage, setUp, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots';
let board, browser, page, stopKeeper, stopCrawler, site, rules;

/* A small web site, and the rules of an office that watches it. */
const PAGES = {
  '/robots.txt': ['text/plain', 'User-agent: *\nDisallow: /secret\n'],
  '/news': ['text/html; charset=utf-8', `<html><head><title>测穗新闻</title></head><body><ul class="news">${Array.from({ length: 12 }, (_, n) => `<li><a href="/news/${n}.html">测穗市第${n}号民生实事项目本周开工建设</a><span>2026-11-${10 + n}</span></li>`).join('')}</ul></body></html>`],
  '/news/3.html': ['text/html; charset=utf-8', `<html><head><title>东溪县一化工厂爆炸</title><meta property="article:published_time" content="2026-11-20T09:12:00+08:00"></head><body><article><h1>东溪县一化工厂爆炸</h1>${'<p>今天上午，东溪县一化工厂发生爆炸，现场浓烟滚滚，已有3人死亡，消防人员正在扑救，附近居民已经转移。</p>'.repeat(4)}</article></body></html>`],
  '/feed.xml': ['application/rss+xml', '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>测穗要闻</title><item><title>供暖不足问题</title><link>/news/3.html</link><pubDate>Fri, 20 Nov 2026 09:12:00 +0800</pubDate></item></channel></rss>'],
};
async function startSite() {
  site = http.createServer((req, res) => {
    if (req.url === '/away') { res.writeHead(302, { location: `http://127.0.0.2:${site.address().port}/news` }); return res.end(); }
    const [type, body] = PAGES[req.url] || ['text/plain', ''];
    res.writeHead(PAGES[req.url] ? 200 : 404, { 'content-type': type });
    res.end(body);
  });
  await new Promise((done) => site.listen(0, '127.0.0.1', done));
  rules = mkdtempSync(`${tmpdir()}/huiying-rules-`);
  cpSync(fileURLToPath(new URL('office', import.meta.url)), rules, { recursive: true });
  writeFileSync(`${rules}/sources.yaml`, `sources:\n  - {id: news, name: 测穗新闻网, kind: list, url: "http://127.0.0.1:${site.address().port}/news", allow_private: true}\n  - {id: gov, name: 测穗市政府网, kind: feed, url: "http://127.0.0.1:1/feed", allow_private: true, official: true}\n`);
}
const address = (path) => `http://127.0.0.1:${site.address().port}${path}`;

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
  await startSite();
  board = await startBoard(HUIYING, { office: rules });
  stopKeeper = await startRole(board, 'keep');
  stopCrawler = await startRole(board, 'crawl', /event=redis_up/);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(15000);
  await setUp(page, board);
});
after(async () => {
  await browser?.close();
  await stopCrawler?.();
  await stopKeeper?.();
  await board?.stop();
  site?.close();
  if (rules) rmSync(rules, { recursive: true });
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
  await page.waitForFunction(() => /值班员 李雷|备班 李雷/.test(document.querySelector('.by-hand')?.textContent));
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

async function tryUrl(url) {
  await page.fill('#try-url', url);
  await page.click('.try button.primary');
}

test('an address is tried by the crawler: list, article with its score, feed, and a row for the file', async () => {
  await open(page, '#/sources', '.try');
  await tryUrl(address('/news'));
  await page.waitForSelector('.tried .links li', { timeout: 40000 });
  assert.match(await page.textContent('.tried'), /列表里认出 12 条/);
  assert.match(await page.inputValue('#row'), /^- \{id: .*kind: list, url: "http:\/\/127\.0\.0\.1:\d+\/news"\}$/);
  await page.click('.links li:nth-child(4) button');
  await page.waitForSelector('.judged .told', { timeout: 40000 });
  assert.match(await page.textContent('.tried'), /东溪县一化工厂爆炸/);
  assert.match(await page.textContent('.tried'), /发布 .*11-20 09:12（网页标签）/);
  assert.ok((await page.$$('.judged .text mark')).length > 1, 'the words are marked');
  assert.match(await page.textContent('.judged'), /报警.*立即提醒值班员/s);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/try.png`, fullPage: true });
  await tryUrl(address('/feed.xml'));
  await page.waitForSelector('.tried >> text=订阅，1 条', { timeout: 40000 });
});

test('what may not be fetched is refused with the reason: robots.txt, private addresses, other protocols', async () => {
  await tryUrl(address('/secret'));
  await page.waitForSelector('.try .verdict.bad >> text=robots.txt 不允许', { timeout: 40000 });
  await tryUrl(`http://127.0.0.2:${site.address().port}/news`);
  await page.waitForSelector('.try .verdict.bad >> text=内网或本机', { timeout: 40000 });
  await tryUrl(address('/away'));
  await page.waitForSelector('.try .verdict.bad >> text=内网或本机', { timeout: 40000 });
  const status = (body) => page.evaluate((b) => fetch('/api/v1/sources/try', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(b) }).then((r) => r.status), body);
  assert.equal(await status({ url: 'file:///etc/passwd' }), 400);
  assert.equal(await status({}), 400);
});

test('one source: rhythm, what is next, and its row with check applied', async () => {
  await board.redis.cmd('HSET', 'hy:crawl:source:gov', 'state', 'blind', 'why', '连续 6 次被拒绝（403）', 'per_day', '12', 'rhythm', Array.from({ length: 31 }, (_, n) => `${n % 24 > 7 ? 9 : 0}/4`).join(' '), 'last_status', '403');
  await board.redis.cmd('HSET', 'hy:crawl:source:gov', 'extras', JSON.stringify([{ url: 'http://127.0.0.1:1/rss.xml', kind: 'feed', used: true, begun: true, polls: 34, found: 3, failures: 0, next: Date.now() + 600e3 }, { url: 'http://127.0.0.1:1/sitemap.xml', kind: 'sitemap', used: true, begun: false, polls: 2, found: 0, failures: 2, next: Date.now() + 600e3 }]));
  const aside = (url, source) => JSON.stringify({ url, source, what: 'page', why: '读取它的程序中断了', first: Date.now() - 7200e3, last: Date.now() - 3600e3, times: 2, bytes: 1, content_type: 'text/html', sha256: 'x' });
  await board.redis.cmd('HSET', 'hy:crawl:quarantine', 'a', aside('http://127.0.0.1:1/bad.html', 'gov'), 'b', aside('http://127.0.0.1:1/others.html', 'news'));
  await board.redis.cmd('ZADD', 'hy:crawl:frontier:gov', 1, 'http://127.0.0.1:1/a', 2, 'javascript:alert(1)');
  const at = Date.now(), time = (h) => new Date(at - h * 3600e3).toISOString();
  await board.redis.cmd('SET', 'hy:{cesui}:incident:S-gov', JSON.stringify({ id: 'S-gov', kind: 'source', windows: [{ state: 'healthy', from: time(100), to: time(3), why: '' }, { state: 'blind', from: time(3), to: null, why: '被拒绝' }], gaps: [{ id: 'g', from: time(30), to: time(28) }] }));
  await open(page, '#/sources', '.sources tbody tr');
  await page.click('.sources a[href="#/sources/gov"]');
  await page.waitForSelector('.one-source .rhythm');
  assert.match(await page.textContent('.one-source'), /连续 6 次被拒绝.*平常每天约 12 条.*一周里看不见共 180 分钟.*可能看漏的时段.*还有 2 个网页排队/s);
  assert.match(await page.textContent('.one-source'), /同时看的订阅和网站地图.*订阅.*rss\.xml.*看过 34 次，先于列表发现 3 条 · 下次.*网站地图.*连续 2 次没有读到.*隔离的网页.*bad\.html.*程序中断了 · 2 次/s);
  assert.doesNotMatch(await page.textContent('.one-source'), /others\.html/);
  assert.equal(await page.$$eval('a[href]', (l) => l.filter((a) => /^javascript:/i.test(a.getAttribute('href'))).length), 0);
  assert.match(await page.inputValue('#row'), /official: true, allow_private: true\}$/);
  await page.click('button:text-is("检查")');
  await page.waitForSelector('.edit .verdict.good', { timeout: 40000 });
  await page.fill('#row', '- {id: gov, name: 测穗市政府网, kind: listt, url: "http://127.0.0.1:1/feed"}');
  await page.click('button:text-is("检查")');
  await page.waitForSelector('.edit .verdict.bad', { timeout: 40000 });
  assert.match(await page.textContent('.edit pre'), /sources\.yaml:3:\d+.*listt/s);
  assert.deepEqual(page.faults, []);
  await looks('source', '#/sources/gov', '.rhythm');
  await looks('sources-try', '#/sources', '.try');
});

test('a drill runs with clocks and a marked notice, and stays out of the statistics', async () => {
  await open(page, '#/start', '.steps li');
  await page.click('text=开始一场演练');
  await page.fill('#f_title', '城东一化工仓库起火');
  await page.selectOption('#f_level', '2');
  assert.deepEqual(await violations(page), []);
  await page.click('dialog button.primary');
  await dialogGone();
  await open(page, '#/', '.row');
  assert.match(await page.textContent('.row'), /【演练】城东一化工仓库起火/);
  assert.ok(await page.$('.row .chip.drill'), 'marked in the list');
  assert.ok(await page.$('.row .bar'), 'clocks run');
  await page.screenshot({ path: `${SHOTS}/drill.png` });
  const { incidents } = await page.evaluate(() => fetch('/api/v1/incidents').then((r) => r.json()));
  assert.equal(incidents[0].drill, true);
  const told = (await board.redis.cmd('XRANGE', 'hy:{cesui}:notices', '-', '+')).map(([, f]) => JSON.parse(f[1])).filter((n) => n.incident === incidents[0].id);
  assert.ok(told.length > 0);
  for (const n of told) assert.match(n.title, /^【演练·/);
  const rows = await page.evaluate(() => fetch('/api/v1/stats?from=' + encodeURIComponent('2020-01-01T00:00:00+08:00')).then((r) => r.json()));
  assert.doesNotMatch(JSON.stringify(rows), new RegExp(incidents[0].id));
});
