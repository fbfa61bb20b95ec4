// SPDX-License-Identifier: Apache-2.0
/* From publication on a site to what people see: a row on the board in a real browser, and the alert
 * handed to the desktop over a real session bus.  Everything between is the real service, watching a
 * site that publishes one emergency after the other.  The site notes when it was asked:
 *
 *     published --- list asked for --- page asked for === painted on the board, handed to the desktop
 *               listed             page         fetched_shown, fetched_desktop (goal: a second)
 *
 * What lies before the page is politeness: the time between two visits of the list (a second or so
 * is what this office allows; on average half of it passes unseen), and the gap to the next request.
 * Its limit is that time: nobody who polls can know sooner.  The rest is ours.
 *
 * Run inside dbus-run-session:  node e2e.mjs HUIYING AGENT FAKE_NOTIFICATIONS */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, newPage, setUp } from '../browser/page.mjs';
import { Happenings, startFake } from '../desktop/desktop.mjs';

const [huiying, agent, fakePath] = process.argv.slice(2);
const VISIT_MS = 1000, GOAL_MS = 1000, PATIENCE_MS = 60000, PORT = 18930, BOARD = `127.0.0.1:${PORT + 1}`, OFFICERS = ['lin.yue', 'he.chuan', 'tang.ning'], PASSWORD = '这是一句足够长的测试口令';
/* Each matter in each place is an incident of its own: no two matters are of one type. */
const PLACES = ['江口区', '云岭县', '石桥县', '南屏区', '清溪县'];
const MATTERS = ['一化工厂爆炸致3人死亡', '发生山体滑坡2人失踪', '一客车侧翻致4人死亡', '一小学多名学生就餐后呕吐腹泻送医', '一在建大桥坍塌5人被困', '发生森林火灾', '自来水出现异味大面积停水', '突降暴雨河水漫堤多个村庄被淹', '一油罐车泄漏周边居民紧急疏散', '一医院发生持刀伤人事件3人受伤',
  '发生4.9级地震部分房屋受损', '发现禽流感疫情扑杀家禽', '一渔船翻沉5人落水', '数百名工人讨薪堵路', '一养老院发生火灾8人死亡', '遭龙卷风袭击多处房屋受损', '发生雪崩4人被埋', '一河流遭工业废水污染死鱼成片', '机场遭劫机事件', '野外考察队11人失联搜救中'];
const TITLES = MATTERS.flatMap((matter) => PLACES.map((place) => `${place}${matter}`));
const dir = mkdtempSync(join(tmpdir(), 'huiying-e2e-')), children = [], posts = [], desktop = new Happenings();

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const two = (n) => String(n).padStart(2, '0');
const stamp = (t) => { const d = new Date(t + 8 * 3600e3); return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`; };

const list = () => `<!doctype html><meta charset=utf-8><title>本地新闻</title><ul>${posts.slice(-20).reverse().map((p) => `<li><a href="/n/${p.n}.html">${p.title}</a><span>${stamp(p.at)}</span></li>`).join('')}</ul>`;
const page = (p) => `<!doctype html><meta charset=utf-8><title>${p.title}</title><h1>${p.title}</h1><p>发布时间：${stamp(p.at)} 来源：本地新闻</p><div><p>${p.title}。事发后，当地应急、消防、公安、医疗等部门赶赴现场处置，救援正在进行，原因正在调查。</p><p>记者从现场了解到，附近道路已经实行交通管制，请市民绕行。</p></div>`;

const site = createServer((req, res) => {
  const m = req.url.match(/^\/n\/(\d+)\.html$/), p = m && posts[Number(m[1])];
  res.setHeader('content-type', 'text/html; charset=utf-8');
  if (req.url === '/') { for (const q of posts) q.listed ??= Date.now(); res.end(list()); }
  else if (p) { p.fetched ??= Date.now(); res.end(page(p)); }
  else { res.statusCode = 404; res.end('none'); }
});

function start(program, args, wanted) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  children.unshift(child);
  return new Promise((resolve, reject) => {
    const hear = (d) => { out += d; if (wanted.test(out)) resolve(out); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}\n${out.slice(-2000)}`)));
  });
}

function office() {
  const rules = join(dir, 'rules');
  if (spawnSync('cp', ['-r', 'rules/sample', rules]).status !== 0) throw new Error('no rules');
  writeFileSync(join(rules, 'sources.yaml'), `sources:\n  - {id: e2e, name: 本地新闻, kind: list, url: "http://127.0.0.1:${PORT}/", gap: 100ms, visit_min: ${VISIT_MS / 1000}s, visit_max: ${VISIT_MS / 1000}s, allow_private: true}\n`);
  return rules;
}

/* The browser notes itself when a row with a new title is painted. */
const WATCH = () => {
  window.seen = {};
  const look = () => {
    for (const t of document.querySelectorAll('.row .title')) {
      const text = t.textContent.trim();
      if (!(text in window.seen)) { window.seen[text] = 0; requestAnimationFrame(() => { window.seen[text] = Date.now(); }); }
    }
    requestAnimationFrame(look);
  };
  look();
};

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
function tell(name, values, peer, limit) { /* all of them: who is never shown ends the run */
  const sorted = [...values].sort((a, b) => a - b);
  for (const [q, label] of [[0.5, 'p50'], [0.99, 'p99']]) {
    const value = quantile(sorted, q);
    console.log(JSON.stringify({ bench: 'e2e', metric: `${name}_${label}`, value, unit: 'ms', peer, peer_value: limit, ratio: Number((limit / value).toFixed(2)), n: sorted.length }));
  }
}

async function main() {
  const rules = office(), data = join(dir, 'data');
  await new Promise((done) => site.listen(PORT, '127.0.0.1', done));
  children.push(await startFake(fakePath, desktop));
  const out = await start(huiying, ['run', '-c', rules, '--listen', BOARD, '--data', data], /everything runs/);
  const browser = await launch();
  const view = await newPage(browser, { viewport: { width: 1440, height: 16000 } }); /* rows that are not in view are not drawn */
  await setUp(view, { setup: out.match(/http:\/\/\S+\/setup#\S+/)[0] }, { id: OFFICERS[0], name: OFFICERS[0], password: PASSWORD });
  for (const id of OFFICERS) { /* whoever is on duty today */
    if (id !== OFFICERS[0]) spawnSync(huiying, ['user', 'add', id, '--name', id, '--roles', 'duty', '--data', data], { input: `${PASSWORD}\n` });
    writeFileSync(join(dir, id), spawnSync(huiying, ['user', 'token', id, '--data', data], { encoding: 'utf8' }).stdout.trim(), { mode: 0o600 });
    await start(agent, ['--server', `http://${BOARD}`, '--token-file', join(dir, id)], /event=connected/);
  }
  await view.evaluate(WATCH);
  await sleep(3 * VISIT_MS); /* the first visit of an empty list */
  for (const title of TITLES) {
    await sleep(Math.random() * VISIT_MS); /* at any time between two visits */
    const p = { n: posts.length, title, at: Date.now() };
    posts.push(p);
    const row = view.waitForFunction((t) => Object.entries(window.seen).find(([k, at]) => at && k.includes(t))?.[1], title, { timeout: PATIENCE_MS, polling: 20 }).then((h) => h.jsonValue());
    const bubble = desktop.take(title, (c) => c.call === 'notify' && c.body.concat(c.title).includes(title)).then(() => Date.now());
    [p.shown, p.alerted] = await Promise.all([row, bubble]);
  }
  await browser.close();
  const since = (from, to) => posts.map((p) => p[to] - p[from]), visits = ['time between two visits', VISIT_MS], goal = ['goal', GOAL_MS];
  tell('listed', since('at', 'listed'), ...visits);
  tell('fetched', since('at', 'fetched'), ...visits);
  tell('fetched_shown', since('fetched', 'shown'), ...goal);
  tell('fetched_desktop', since('fetched', 'alerted'), ...goal);
  tell('shown', since('at', 'shown'), ...visits);
  tell('desktop', since('at', 'alerted'), ...visits);
}

try {
  mkdirSync(dir, { recursive: true });
  await main();
} finally {
  for (const child of children) {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
  }
  await sleep(1500);
  site.close();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
