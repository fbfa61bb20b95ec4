// SPDX-License-Identifier: Apache-2.0
/* All web sites of a province in one process: source i is the host 127.1.x.y, each with a list of its
 * newest 20 items, a page for each item, and robots.txt.  Items come by a Poisson process whose rate
 * has the day's quiet and busy hours, and are counted from the clock when somebody asks; a page's
 * address holds the millisecond in which it came, so whoever reads it knows how late he is.
 *
 *     node sites.mjs PORT SOURCES OFFICES ITEMS_PER_SOURCE_AND_DAY SPEED SEED
 *
 * SPEED runs the posting faster than the clock: 24 is a day in an hour.  GET /figures (any host)
 * answers {"requests","lists","not_modified","pages","posted","emergencies"}. */
import { createServer } from 'node:http';
import { isReprint, offices, random, sources, write } from './world.mjs';

const [port, count, nOffices, perDay, speed, seed] = process.argv.slice(2).map(Number);
const SHOWN = 20, KEPT = 60, DAY = 86400e3, DIURNAL = 0.9;
const counties = offices(nOffices), began = Date.now(), recent = []; /* recent: originals to reprint */
const figures = { requests: 0, lists: 0, not_modified: 0, pages: 0, posted: 0, emergencies: 0 };
const two = (n) => String(n).padStart(2, '0');
const stamp = (t) => { const d = new Date(t + 8 * 3600e3); return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`; };

/* Busiest at 15:00 of the province's day, which begins with us at 09:00. */
const busy = (t) => 1 + DIURNAL * Math.sin((2 * Math.PI * (((t - began) * speed) / DAY + 0)) );

const all = sources(count, perDay, seed).map((s) => ({ ...s, rnd: random(seed + s.i * 31), n: 0, items: [], next: 0 }));
const wait = (s) => -Math.log(1 - s.rnd()) * (DAY / speed / (s.perDay * (1 + DIURNAL)));

function post(s, at) {
  const n = s.n++;
  let text = isReprint(s.i, n, seed) && recent.length > 5 ? recent[Math.floor(s.rnd() * recent.length)] : null;
  if (!text) {
    text = write(counties, s.i, n, seed);
    recent.push(text);
    if (recent.length > 200) recent.shift();
  }
  s.items.push({ at, n, text });
  if (s.items.length > KEPT) s.items.shift();
  figures.posted++;
  if (text.emergency) figures.emergencies++;
}

/* Ogata's thinning: candidates at the busiest rate, kept with the part that the hour has. */
function catchUp(s, now) {
  for (; s.next <= now; s.next += wait(s))
    if (s.next > 0 && s.rnd() < busy(s.next) / (1 + DIURNAL)) post(s, Math.floor(s.next));
}
for (const s of all) {
  s.next = began + wait(s);
  for (let k = SHOWN; k > 0; k--) /* a full list, of which the first visit takes the newest three */
    post(s, k > 3 ? Math.floor(began - (3 + k + s.rnd()) * DAY) : began - k * 1000);
}
figures.posted = figures.emergencies = 0;
setInterval(() => { const now = Date.now(); for (const s of all) if (s.next <= now) catchUp(s, now); }, 1000);

const page = (title, inner) => `<!doctype html><html lang=zh><head><meta charset=utf-8><title>${title}</title></head><body><div class=nav><a href="/">首页</a> <a href="/about.html">关于本站</a> <a href="/map.html">网站地图</a></div>${inner}<div class=foot>版权所有 未经许可不得转载</div></body></html>`;
const list = (s) => page(`资讯${s.i}`, `<ul class=list>${s.items.slice(-SHOWN).reverse().map((p) => `<li><a href="/n/${p.at}-${p.n}.html">${p.text.title}</a><span>${stamp(p.at)}</span></li>`).join('\n')}</ul>`);
const item = (s, p) => page(p.text.title, `<div class=article><h1>${p.text.title}</h1><div class=info>发布时间：${stamp(p.at)} 来源：资讯${s.i}</div><div class=content>${p.text.text.map((t) => `<p>${t}</p>`).join('\n')}</div></div>`);

function answer(req, res) {
  const [, hi, lo] = (req.headers.host ?? '').match(/^127\.1\.(\d+)\.(\d+):/) ?? [], s = all[(Number(hi) << 8) | Number(lo)];
  figures.requests++;
  if (!/^(::ffff:)?127\./.test(req.socket.remoteAddress ?? '')) return req.socket.destroy();
  if (req.url === '/figures') return res.end(JSON.stringify(figures));
  if (!s) return res.writeHead(404).end();
  if (req.url === '/robots.txt') return res.writeHead(200, { 'content-type': 'text/plain' }).end('User-agent: *\nAllow: /\n');
  const found = req.url.match(/^\/n\/(\d+)-(\d+)\.html$/);
  if (found) {
    const p = s.items.find((x) => x.n === Number(found[2]));
    figures.pages++;
    return p ? res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(item(s, p)) : res.writeHead(404).end();
  }
  if (req.url !== '/') return res.writeHead(404).end();
  catchUp(s, Date.now());
  const etag = `"${s.n}"`;
  figures.lists++;
  if (req.headers['if-none-match'] === etag) { figures.not_modified++; return res.writeHead(304, { etag }).end(); }
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', etag }).end(list(s));
}
const server = createServer({ keepAliveTimeout: 60000, noDelay: true }, answer);
server.listen(port, '0.0.0.0', 4096, () => console.log('ready'));
