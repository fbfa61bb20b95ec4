// SPDX-License-Identifier: Apache-2.0
/* Does the crawler miss nothing on sites that nobody here wrote?  Starts the whole service with an
 * office that watches the sites named, writes posts into each of them at the pace asked for, reads
 * every item the crawler hands on, and compares: missed, twice, wrong text, wrong time, delay; and
 * how often a source was called anything but healthy while posts kept coming.
 *
 * An item counts as missed when none of the site's sources brought it within the last wait; as twice
 * when it was handed on more than once.  One JSON line a site, then what went wrong, one line each.
 *
 *   node tests/real/watch.mjs HUIYING [--posts N] [--pace MS] [--lull S] [--wait S] [--keep] SITE=DIR[,PACE]...
   --pace: mean of the pauses between two posts, drawn as of a Poisson stream (always the same)
   --lull: half of the posts done, none comes for so long
 *   SITE: hugo, wordpress, nodebb (started before, tests/real/SITE.sh start DIR) */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const RUN = Date.now().toString(36).slice(-5), PORT = 18700, WATCHED = 'gap: 200ms, visit_min: 5s, visit_max: 30s, allow_private: true';

/* Each key is a site as the figures name it; `of` writes the posts of two that show the same. */
const SITES = {
  hugo: { sources: [['list', 'http://127.0.0.1:18140/news/'], ['feed', 'http://127.0.0.1:18140/news/index.xml']] },
  hugo_gb18030: { of: 'hugo', sources: [['list', 'http://127.0.0.1:18141/news/'], ['feed', 'http://127.0.0.1:18141/news/index.xml']] },
  wordpress: { sources: [['list', 'http://127.0.0.1:18120/'], ['feed', 'http://127.0.0.1:18120/?feed=rss2']] },
  nodebb: { sources: [['forum', 'http://127.0.0.1:18230/recent'], ['feed', 'http://127.0.0.1:18230/recent.rss']] },
};
const MATTERS = ['图书馆延长开放时间', '公交12路调整走向', '老旧小区加装电梯', '秋季招聘会举行', '城区供水管网检修', '中小学运动会开幕', '蔬菜价格平稳', '“一网通办”新增十项服务', '河道清淤完成—两岸亮化', '㙍头村举办丰收节'];

function options(args) {
  const o = { posts: 200, pace: 2000, lull: 0, wait: 60, keep: false, dirs: {}, paces: {} };
  for (let i = 0; i < args.length; i++) {
    const site = args[i].match(/^(\w+)=([^,]+)(?:,(\d+))?$/);
    if (site) { o.dirs[site[1]] = site[2]; o.paces[site[1]] = Number(site[3] ?? 0); }
    else if (args[i] === '--keep') o.keep = true;
    else o[args[i].replace(/^--/, '')] = Number(args[++i]);
  }
  return o;
}

const id = (name, kind) => `${name.replaceAll('_', '-')}-${kind}`;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const run = (program, args) => new Promise((done) => execFile(program, args, { encoding: 'utf8' }, (error, out) => done({ error, out })));
const quantile = (sorted, q) => sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] : null;

/* -- what the crawler hands on ----------------------------------------------------------------- */

/* MONITOR quotes like C; what is no ASCII comes as \xNN. */
function unquote(s) {
  const bytes = [];
  for (let i = 0; i < s.length; i++) {
    if (s[i] !== '\\') bytes.push(s.charCodeAt(i));
    else if (s[++i] === 'x') { bytes.push(parseInt(s.slice(i + 1, i + 3), 16)); i += 2; }
    else bytes.push(({ n: 10, r: 13, t: 9, a: 7, b: 8 })[s[i]] ?? s.charCodeAt(i));
  }
  return Buffer.from(bytes).toString('utf8');
}

function listen(items) {
  const c = createConnection(PORT, '127.0.0.1');
  let rest = '';
  c.setEncoding('latin1');
  c.on('data', (d) => {
    const lines = (rest + d).split('\r\n');
    rest = lines.pop();
    for (const line of lines) {
      const m = line.match(/^\+(\d+\.\d+) \[.*?\] "XADD" "hy:items" .*"item" "(.*)"$/i);
      if (m) items.push({ at: Number(m[1]) * 1000, ...JSON.parse(unquote(m[2])) });
    }
  });
  c.on('error', () => {}); /* at the end */
  c.write('MONITOR\r\n');
}

/* -- the office -------------------------------------------------------------------------------- */

function office(dir, names) {
  const rules = join(dir, 'rules'), rows = [];
  if (spawnSync('cp', ['-r', join(HERE, '../../rules/sample'), rules]).status !== 0) throw new Error('no rules');
  for (const name of names)
    for (const [kind, url] of SITES[name].sources)
      rows.push(`  - {id: ${id(name, kind)}, name: ${name} ${kind}, kind: ${kind}, url: "${url}", ${WATCHED}}\n`);
  writeFileSync(join(rules, 'sources.yaml'), `sources:\n${rows.join('')}`);
  return rules;
}

function start(children, program, args, wanted, log) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  children.unshift(child);
  return new Promise((resolve, reject) => {
    const hear = (d) => { appendFileSync(log, d); if (out !== null && wanted.test(out += d)) { out = null; resolve(); } };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}, see ${log}`)));
  });
}

/* -- posting ----------------------------------------------------------------------------------- */

/* Numbers in (0, 1], the same in every run of a writer. */
function chance(name) {
  let s = [...name].reduce((a, c) => (a * 31 + c.charCodeAt(0)) % 2147483647, 7);
  return () => (s = s * 48271 % 2147483647) / 2147483647;
}

async function write(writer, dir, o, posts) {
  const script = join(HERE, `${writer}.sh`), draw = chance(writer);
  for (let i = 0; i < o.posts; i++) {
    if (i === o.posts >> 1) await sleep(o.lull * 1000);
    const due = Date.now() - (o.paces[writer] || o.pace) * Math.log(draw()), mark = `${writer}${RUN}-${String(i).padStart(4, '0')}`;
    const title = `清溪市${MATTERS[i % MATTERS.length]}（编号${mark}）`;
    const text = `${title}。记者从有关部门了解到，这项工作今年以来稳步推进，惠及居民${1000 + i}户，工作人员表示将继续听取市民意见，凭证号为Q${mark}Z。`;
    const { error } = await run('sh', [script, 'post', dir, title, text]);
    if (error) console.error(`${writer}: post ${i}: ${error.message}`);
    else posts.push({ mark, title, at: Date.now() });
    await sleep(Math.max(0, due - Date.now()));
  }
}

/* -- figures ----------------------------------------------------------------------------------- */

function compare(name, posts, items) {
  const ids = SITES[name].sources.map(([kind]) => id(name, kind)), of = items.filter((it) => ids.includes(it.source));
  const wrong = [], delays = [], n = { missed: 0, twice: 0, title: 0, text: 0, time: 0 };
  const note = (what, post, more) => { n[what]++; wrong.push({ site: name, what, title: post.title, ...more }); };
  for (const post of posts) {
    const mine = of.filter((it) => `${it.title}${it.text}`.includes(`Q${post.mark}Z`) || it.title.includes(post.mark));
    if (mine.length === 0) { note('missed', post); continue; }
    if (mine.length > 1) note('twice', post, { items: mine.map((it) => [it.source, it.url, it.at - post.at]) });
    const it = mine[0];
    delays.push(Math.max(0, it.at - post.at));
    if (it.title !== post.title) note('title', post, { got: it.title });
    if (!it.text.includes(`Q${post.mark}Z`) || !it.text.includes(post.title)) note('text', post, { got: it.text.slice(0, 200) });
    if (!(Math.abs(Date.parse(it.published) - post.at) <= 60000)) note('time', post, { got: it.published, from: it.published_from });
  }
  delays.sort((a, b) => a - b);
  return { wrong, figures: { bench: 'real', site: name, posts: posts.length, ...Object.fromEntries(Object.entries(n).map(([k, v]) => [k === 'missed' || k === 'twice' ? k : `wrong_${k}`, v])), delay_ms: { p50: Math.round(quantile(delays, 0.5)), p95: Math.round(quantile(delays, 0.95)), max: Math.round(delays.at(-1) ?? 0) } } };
}

/* Every change of state and every gap the crawler told of between the first post and the last. */
function states(log, from, to) {
  const told = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const at = Date.parse(line.match(/^(?:ts=)?(\S+)/)?.[1]);
    if (at >= from && at <= to && /(event=source|event=gap| source | gap )/.test(line)) told.push(line);
  }
  return told;
}

/* -- main -------------------------------------------------------------------------------------- */

const [huiying, ...rest] = process.argv.slice(2);
const o = options(rest), names = Object.keys(SITES).filter((n) => (SITES[n].of ?? n) in o.dirs);
const dir = mkdtempSync(join(tmpdir(), 'huiying-watch-')), log = join(dir, 'log'), children = [], items = [];
try {
  const posts = Object.fromEntries(Object.keys(o.dirs).map((n) => [n, []]));
  await start(children, 'redis-server', ['--port', String(PORT), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'], /Ready to accept/, join(dir, 'redis.log'));
  listen(items);
  await start(children, huiying, ['run', '-c', office(dir, names), '--listen', `127.0.0.1:${PORT + 1}`, '--data', join(dir, 'data'), '--redis', `redis://127.0.0.1:${PORT}`], /everything runs/, log);
  await sleep(20000); /* what stood there before is known now */
  const first = Date.now();
  await Promise.all(Object.keys(o.dirs).map((n) => write(n, o.dirs[n], o, posts[n])));
  const last = Date.now();
  await sleep(o.wait * 1000);
  const told = states(log, first, last);
  for (const name of names) {
    const { wrong, figures } = compare(name, posts[SITES[name].of ?? name], items);
    const mine = told.filter((l) => SITES[name].sources.some(([kind]) => l.includes(`source=${id(name, kind)} `)));
    const count = (word) => mine.filter((l) => l.includes(`state=${word}`)).length;
    figures.seconds = Math.round((last - first) / 1000);
    figures.states = { suspicious: count('suspicious'), blind: count('blind'), gaps: mine.filter((l) => /event=gap| gap /.test(l)).length };
    console.log(JSON.stringify(figures));
    for (const w of wrong) console.error(JSON.stringify(w));
    for (const l of mine) console.error(l);
  }
} finally {
  for (const child of children) {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
  }
  await sleep(2000);
  if (o.keep) console.error(`kept: ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
