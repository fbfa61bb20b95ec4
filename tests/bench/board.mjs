// SPDX-License-Identifier: Apache-2.0
/* The board as people feel it: how much the page weighs, how soon the first incident can be read, what
 * a second and an event cost the browser with 1,000 open incidents, how soon an event is painted while
 * 1,000 clients listen, what a client costs the server, and that one who stops reading is cut off.
 *
 * The real binary `board`, a private Redis, Debian's Chromium.  The peer of each figure is its limit.
 *
 *     node tests/bench/board.mjs HUIYING [ROWS] [CLIENTS] [size,work,clients,memory] */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { incident, put, startBoard } from '../browser/fixture.mjs';
import { launch, newPage, setUp } from '../browser/page.mjs';

const [huiying, rows = '1000', clients = '1000', parts = 'size,work,clients,memory'] = process.argv.slice(2);
const N = Number(rows), CLIENTS = Number(clients), EVENTS = 100, SECONDS = 22 /* so that p95 is not the one worst of them */, FRAME_MS = 16;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const at = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];
const round = (v) => Math.round(v * 100) / 100;
/* limit: what must not be exceeded; ratio above 1 is better. */
const say = (metric, value, unit, limit = null, ratio = limit === null ? null : limit / value) =>
  console.log(JSON.stringify({ bench: 'board', metric, value: round(value), unit, peer: limit === null ? null : 'limit', peer_value: limit, ratio: ratio === null ? null : round(ratio) }));

/* ---- raw clients of the stream ---- */

function listen(base, cookie, onData, { read = true, from } = {}) {
  const url = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port: Number(url.port), host: url.hostname, localAddress: from }, () => socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${url.host}\r\nCookie: ${cookie}\r\nAccept: text/event-stream\r\n\r\n`));
    socket.once('error', reject);
    socket.once('data', (first) => {
      if (!first.toString().startsWith('HTTP/1.1 200')) return reject(new Error(first.toString().slice(0, 200)));
      if (!read) socket.pause();
      else socket.on('data', onData);
      resolve(socket);
    });
  });
}

/* ---- what the browser works: sums of its main thread's tasks, from a trace ---- */

async function trace(browser, page, run) {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  const sync = await page.evaluate(() => { performance.mark('hy-sync'); return Date.now(); });
  const marks = await run();
  const events = JSON.parse((await browser.stopTracing()).toString()).traceEvents;
  const mark = events.find((e) => e.name === 'hy-sync'), main = { pid: mark.pid, tid: mark.tid };
  const tasks = events.filter((e) => e.pid === main.pid && e.tid === main.tid && e.ph === 'X' && e.name === 'RunTask').map((e) => ({ at: sync + (e.ts - mark.ts) / 1000, ms: (e.tdur ?? e.dur) / 1000 })); /* processor time: others at work on the machine do not count */
  return { tasks, marks };
}
/* Work in [from, from + width) for each `from`. */
const workIn = (tasks, starts, width) => starts.map((from) => tasks.filter((x) => x.at >= from && x.at < from + width).reduce((sum, x) => sum + x.ms, 0));

async function browserWork(board, browser, page, list) {
  await page.reload();
  await page.waitForFunction((n) => document.querySelector('.count')?.textContent.includes(`/ ${n} `), N);
  await sleep(3000);
  const quiet = await trace(browser, page, async () => { const from = Date.now(); await sleep(SECONDS * 1000); return from; });
  const first = Math.ceil(quiet.marks / 1000) * 1000;
  const ticks = workIn(quiet.tasks, Array.from({ length: SECONDS - 1 }, (_, n) => first + n * 1000 - 50), 1000);
  say('tick_work_p50', at(ticks, 0.5), 'ms');
  say('tick_work_p95', at(ticks, 0.95), 'ms', FRAME_MS);
  say('tick_work_worst', Math.max(...ticks), 'ms');
  /* Events at half past each second, between two ticks. */
  const loud = await trace(browser, page, async () => {
    const sent = [];
    for (let n = 0; n < SECONDS; n++) {
      await sleep(1000 - ((Date.now() - 400) % 1000));
      const i = list[(n * 37) % list.length];
      list[(n * 37) % list.length] = { ...i, version: i.version + 1, reprints: i.reprints + 1 };
      await board.feed('incident', list[(n * 37) % list.length]);
      sent.push(Date.now());
    }
    await sleep(700);
    return sent;
  });
  const events = workIn(loud.tasks, loud.marks.map((t) => t - 20), 450);
  say('event_work_p50', at(events, 0.5), 'ms');
  say('event_work_p95', at(events, 0.95), 'ms', FRAME_MS);
}

/* ---- size and the first paint ---- */

async function weigh(browser, base, storageState) {
  const page = await newPage(browser, { storageState }), cdp = await page.context().newCDPSession(page);
  let bytes = 0, files = 0;
  const asked = new Map();
  await cdp.send('Network.enable');
  cdp.on('Network.responseReceived', (e) => asked.set(e.requestId, new URL(e.response.url).pathname));
  cdp.on('Network.loadingFinished', (e) => { if (!/^\/(api|healthz)/.test(asked.get(e.requestId) || '')) { bytes += e.encodedDataLength; files++; } });
  await page.goto(base + '/#/');
  await page.waitForSelector('.row');
  await sleep(500);
  say('page_gzip', bytes / 1024, 'KB', 100);
  say('page_files', files, '1');
  await page.context().close();
}

/* Until the first deadline is on the screen, in a fresh renderer with nothing cached; its peer beside
 * the limit is a page with nothing on it from the same board in the same minute: what Chromium and
 * the machine take for themselves.  By the clock that is mostly waiting for a processor where others
 * are at work, so the processor time of the page's main thread is said as well. */
async function paintOf(browser, url, storageState, selector) {
  const page = await newPage(browser, { storageState }), cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.addInitScript((what) => {
    const look = () => (!what || document.querySelector(what) ? requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); })) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  }, selector);
  await page.goto(url);
  await page.waitForFunction(() => window.painted);
  const { metrics } = await cdp.send('Performance.getMetrics'), painted = await page.evaluate(() => window.painted);
  await page.context().close();
  return { painted, work: metrics.find((m) => m.name === 'TaskDuration').value * 1000 };
}

async function firstPaint(browser, base, storageState) {
  const times = [], blank = [];
  for (let n = 0; n < 9; n++) {
    blank.push(await paintOf(browser, base + '/icon.svg', storageState, ''));
    times.push(await paintOf(browser, base + '/#/', storageState, '.row .digits'));
  }
  const painted = times.map((x) => x.painted);
  say('first_useful_paint', at(painted, 0.5), 'ms', 300);
  say('first_useful_paint_best', Math.min(...painted), 'ms', 300);
  say('blank_page_paint', at(blank.map((x) => x.painted), 0.5), 'ms');
  say('first_useful_paint_work', at(times.map((x) => x.work), 0.5), 'ms');
  say('blank_page_work', at(blank.map((x) => x.work), 0.5), 'ms');
}

/* ---- many clients ---- */

const cpu = (pid) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) * 10; };

async function manyClients(board, page, cookie, list) {
  const sockets = [];
  let frames = 0;
  const count = (d) => { for (let k = d.indexOf('\n\n'); k >= 0; k = d.indexOf('\n\n', k + 2)) frames++; };
  while (sockets.length < CLIENTS) sockets.push(await listen(board.base, cookie, count));

  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      const title = document.querySelector('.row .title')?.textContent, n = Number(title?.match(/^即时 (\d+)/)?.[1]);
      if (n >= 0 && !window.seen[n]) { window.seen[n] = -1; requestAnimationFrame(() => setTimeout(() => { window.seen[n] = Date.now(); })); }
    }).observe(document.getElementById('app'), { subtree: true, childList: true, characterData: true });
  });
  /* The same matter, the most urgent of all, changes its title. */
  const top = incident(9999, Date.now() - 3600e3 * 40, { title: '即时' }), sent = [];
  for (let n = 0; n < EVENTS; n++) {
    sent.push(Date.now());
    await board.feed('incident', { ...top, version: 100000 + n, title: `即时 ${n}` });
    await sleep(60 + (n % 7) * 15);
  }
  await sleep(1000);
  const seen = await page.evaluate(() => window.seen), delays = sent.map((t, n) => (seen[n] > 0 ? seen[n] - t : null));
  const lost = delays.filter((d) => d === null).length, known = delays.filter((d) => d !== null);
  say('event_to_pixel_p50', at(known, 0.5), 'ms');
  say('event_to_pixel_p99', at(known, 0.99), 'ms', 200);
  if (lost) say('event_to_pixel_overtaken', lost, '1'); /* painted together with the next */

  frames = 0;
  const cpu0 = cpu(board.child.pid), began = Date.now(), small = { ...list[0], items: [], obligations: [] };
  for (let n = 0; n < 200; n++) await board.feed('keeper', { n, title: small.title });
  for (let k = 0; frames < 200 * CLIENTS && k < 200; k++) await sleep(50);
  const took = Date.now() - began;
  say('sse_deliveries_s', frames / ((cpu(board.child.pid) - cpu0) / 1000), '1/s');
  say('sse_deliveries_wall_s', frames / (took / 1000), '1/s');
  for (const s of sockets) s.destroy();
}

/* What a client costs: a board of its own, because in one that has served lists before, the allocator
 * has room for thousands of clients and nothing grows.  The first 200 fill what is free; then anonymous
 * resident memory (RssAnon) is compared, all clients connected and sent an event.  The kernel's part
 * is the slab of the whole machine by the number of sockets, of which both ends are here: a guess. */
const anon = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)[1]);
const slab = () => Number(readFileSync('/proc/meminfo', 'utf8').match(/SUnreclaim:\s+(\d+)/)[1]);
async function clientMemory() {
  const own = await startBoard(huiying), sockets = [];
  try {
    const answer = await fetch(own.base + '/api/v1/setup', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: new URL(own.setup).hash.slice(1), id: 'wangmin', name: '王敏', password: '这是一句足够长的测试口令' }) });
    const cookie = answer.headers.get('set-cookie').split(';')[0];
    const fill = async (n) => {
      while (sockets.length < n) sockets.push(await listen(own.base, cookie, () => {}, { from: `127.0.0.${1 + Math.floor(sockets.length / 2000)}` }));
      await own.feed('keeper', { event: 'rules' });
      await sleep(1500);
      return [anon(own.child.pid), slab()];
    };
    const [first, firstSlab] = await fill(200);
    for (const n of [1000, 3900]) { /* a board takes 4,000 connections, 2,200 of one address */
      const [memory, kernel] = await fill(n);
      say(`memory_a_client_${n}`, (memory - first) / (n - 200), 'KB', 4);
      say(`kernel_memory_a_socket_${n}`, (kernel - firstSlab) / (n - 200) / 2, 'KB');
    }
  } finally {
    for (const s of sockets) s.destroy();
    await own.stop();
  }
}

/* One who never reads: the server must end it by itself. */
async function slowClient(board, cookie) {
  const socket = await listen(board.base, cookie, null, { read: false });
  const ended = () => fetch(board.base + '/healthz').then((r) => r.json()).then((h) => h.clients);
  await sleep(300);
  const before = await ended(), big = '长'.repeat(20000);
  let bytes = 0;
  while ((await ended()) >= before && bytes < 64e6) {
    for (let n = 0; n < 4; n++) { await board.feed('keeper', { big }); bytes += big.length * 3; }
    await sleep(20);
  }
  say('slow_client_cut_after', bytes / 1024, 'KB', 1024);
  socket.destroy();
}

/* ---- all of it ---- */

const board = await startBoard(huiying), browser = await launch();
try {
  const page = await newPage(browser);
  page.setDefaultTimeout(60000);
  await setUp(page, board);
  await board.redis.cmd('SET', 'hy:{cesui}:lease', 'bench');
  const now = Date.now(), list = [];
  for (let n = 1; n <= N; n++) list.push(incident(n, now, { hours: (n * 0.37) % 40, title: `东溪县第${n}号路段积水，多人被困，正在转移群众`, reprints: n % 9 }));
  for (const i of list.slice(0, 60)) await put(board, i);
  const storageState = await page.context().storageState();
  const cookie = storageState.cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const wanted = (part) => parts.split(',').includes(part);
  if (wanted('size')) await weigh(browser, board.base, storageState);
  if (wanted('size')) await firstPaint(browser, board.base, storageState);
  for (const i of list.slice(60)) await put(board, i);
  if (wanted('work')) await browserWork(board, browser, page, list);
  if (wanted('clients')) {
    await manyClients(board, page, cookie, list);
    await slowClient(board, cookie);
  }
  if (wanted('memory')) await clientMemory();
} finally {
  await browser.close();
  await board.stop();
}
