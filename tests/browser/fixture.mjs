// SPDX-License-Identifier: Apache-2.0
/* The real binary `board` on a private Redis, and incidents written as the keeper writes them
 * (docs/ARCHITECTURE.md, "Shapes").  Everything is invented. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startRedis } from './redis.mjs';

export const HUIYING = process.env.HUIYING || 'build/dev/huiying';
export const OFFICE = 'cesui';
const MINUTE = 60e3, HOUR = 60 * MINUTE;
export const iso = (ms) => new Date(ms + 8 * HOUR).toISOString().replace(/\.\d+Z$/, '+08:00');

/* Runs `board` with an account `wangmin` (duty, analyst, supervisor, admin) made by the set-up link. */
export async function startBoard(huiying, extra = {}) {
  const dir = mkdtempSync(`${tmpdir()}/huiying-browser-`);
  const redis = await startRedis(dir, huiying);
  const office = extra.office || fileURLToPath(new URL('office', import.meta.url));
  const child = spawn(huiying, ['board', '-c', office, '--redis', redis.url('board'), '--data', `${dir}/data`, '--listen', extra.listen || '127.0.0.1:0', ...(extra.args || [])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', log = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { log += d; });
  for (let n = 0; !/setup#\S+\s/.test(out); n++) {
    if (n > 400 || child.exitCode !== null) {
      child.kill('SIGTERM');
      await redis.stop();
      throw new Error(`board did not start:\n${out}${log}`);
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  const setup = out.match(/https?:\/\/\S+\/setup#\S+/)[0], base = new URL(setup).origin;
  const tell = (type, text, to) => redis.client.cmd('XADD', `hy:{${OFFICE}}:feed`, '*', 'type', type, 'data', text, 'to', to);
  /* As the keeper does it: of a document the feed has the name only. */
  const feed = async (type, data, to = '') => {
    if (!['incident', 'case', 'source', 'duty', 'risk'].includes(type)) return tell(type, JSON.stringify(data), to);
    await redis.client.cmd('SET', `hy:{${OFFICE}}:incident:${data.id}`, JSON.stringify(data));
    return tell(type, data.id, to);
  };
  return {
    office, redisUrl: redis.url('huiying'), redisAs: redis.as, roleUrl: redis.url, huiying, base, setup, data: `${dir}/data`, redis: redis.client, feed, tell, log: () => log, child,
    async stop({ allowRefusals = false } = {}) {
      const code = await new Promise((done) => {
        if (child.exitCode !== null) return done(child.exitCode);
        child.once('exit', done);
        child.kill('SIGTERM');
      });
      const refused = (await redis.client.cmd('ACL', 'LOG')).filter((e) => e.includes('huiying-board') && !allowRefusals);
      await redis.stop();
      if (refused.length) throw new Error(`Redis refused the board: ${JSON.stringify(refused)}`);
      rmSync(dir, { recursive: true, force: true });
      return code;
    },
  };
}

export function obligation(id, clock, label, start, hours, more = {}) {
  return { id: `${id}/${clock}`, clock, label, anchor: 'first_public', start: iso(start), due: iso(start + hours * HOUR), provisional: true, pack: 'national', version: '2026.1',
    basis: '示例依据：本条文字仅用于测试', state: 'open', ended: null, minutes: 0, evidence: null, waiver: null, steps: [], ...more };
}

export function incident(n, at, more = {}) {
  const id = `I20261123-${String(n).padStart(4, '0')}`, { hours = 0, ...rest } = more, start = at - hours * HOUR;
  return { id, version: n * 10, title: `测试事件 ${n}`, state: 'collected', kind: 'emergency', drill: false, event_class: 'accident', event_type: 'fire', level: null, level_proposed: 2, level_confirmed: false,
    topics: [{ id: 'safety.production', name: '安全生产', score: 80 }], units: { lead: null, support: [], proposed: [{ id: 'emergency', name: '市应急管理局' }] }, places: [{ code: '440100', name: '东溪县' }],
    times: { occurred: null, first_public: iso(start), detected: iso(start + MINUTE), confirmed: null, graded: null, assigned: null }, facts: { deaths: { min: 3, max: 3 } }, score: { relevance: 92, emergency: 88 }, alert: 'alert', stance: null,
    items: [{ id: `it-${n}`, url: `http://127.0.0.1/${n}`, source: 'forum', title: rest.title || `测试事件 ${n}`, published: iso(start), fetched: iso(start + MINUTE), reprint_of: null, hash: 'ab'.repeat(32) }], reprints: 0,
    obligations: [obligation(id, 'H5', '5小时内发布权威信息', start, 5), obligation(id, 'H24', '24小时内举行新闻发布会', start, 24)], ack: null, found: [], notices: [], notes: [], disposition: [], closed: null, merged_into: null,
    rules_version: 'test', opened: iso(start + MINUTE), last_item: iso(start + MINUTE), ...rest };
}

export function item(inc, text, hits, more = {}) {
  const i = inc.items[0];
  return { ...i, text, published_precision: 'minute', published_from: 'time', origin: '东溪日报', charset: 'utf-8', kind: 'thread', replies: [],
    score: { ...inc.score, facts: inc.facts, places: [{ code: '440100', name: '东溪县', field: 'title', start: 0, end: 3 }], hits, ...more } };
}

export async function put(board, inc, items = []) {
  const key = (k) => `hy:{${OFFICE}}:${k}`;
  await board.redis.cmd('SET', key(`incident:${inc.id}`), JSON.stringify(inc));
  await board.redis.cmd('ZADD', key('incidents'), Date.parse(inc.opened), inc.id);
  await board.redis.cmd(inc.closed || inc.merged_into ? 'SREM' : 'SADD', key('open'), inc.id);
  for (const i of items) await board.redis.cmd('SET', key(`item:${i.id}`), JSON.stringify(i));
}

let seq = 0;
export function journal(board, inc, type, data = {}, actor = { id: 'system', name: 'system' }, at = Date.now()) {
  seq++;
  const entry = { actor, at: iso(at), data, incident: inc.id, prev: '0'.repeat(64), seq, type, v: 1, hash: '0'.repeat(64) };
  return board.redis.cmd('XADD', `hy:{${OFFICE}}:journal`, `${seq}-0`, 'e', JSON.stringify(entry));
}

/* A stand-in for the keeper: carries out what `decide(cmd)` answers and says so in the feed. */
export function answerCommands(board, decide) {
  let stop = false, last = '0-0';
  const done = (async () => {
    while (!stop) {
      const r = await board.redis.cmd('XRANGE', `hy:{${OFFICE}}:cmd`, `(${last}`, '+');
      for (const [id, fields] of r) {
        last = id;
        const cmd = JSON.parse(fields[1]), { reply, incident: changed } = await decide(cmd);
        if (changed) { await put(board, changed); await board.feed('incident', changed); }
        await board.feed('reply', { id: cmd.id, ...reply });
      }
      await new Promise((ok) => setTimeout(ok, 20));
    }
  })();
  return () => { stop = true; return done; };
}

/* A full board: five incidents in every colour, sources in every state. */
export async function seed(board) {
  const at = Date.now();
  const one = incident(1, at, { hours: 4.4, title: '东溪县一化工园区仓库起火，现场浓烟滚滚', reprints: 12, level_proposed: 2 });
  for (let n = 1; n <= 12; n++) one.items.push({ ...one.items[0], id: `it-1-${n}`, source: n % 3 ? 'news' : 'forum', title: `转载：东溪县仓库起火（${n}）`, reprint_of: 'it-1', published: iso(at - 4.3 * HOUR + n * n * 1.4 * MINUTE) });
  one.found = [{ id: 'f1', item: 'x', url: 'http://127.0.0.1/gov/1', title: '东溪县发布关于仓库火灾的情况通报', published: iso(at - 20 * MINUTE), why: '自有渠道发布，地点和事件相同' }];
  one.notices = [{ id: `${one.id}/-/new`, step: 'new', class: 'urgent', title: '新的突发事件', to: [{ id: 'wangmin', name: '王敏' }, { id: 'lilei', name: '李雷' }], at: iso(at - 4.38 * HOUR), late_by_ms: 0, states: { wangmin: 'shown', lilei: 'failed' } }];
  const text = '今天上午，东溪县一化工园区仓库突然起火，现场浓烟滚滚，附近居民说听到爆炸声。\n据在场群众讲，已有3人死亡，伤者送往县医院。消防车到场扑救。\n目前火势得到控制，原因还在调查。';
  const at1 = (w) => { const s = Array.from(text).join('').indexOf(w); return { start: s, end: s + w.length, text: w }; };
  await put(board, one, [item(one, text, [{ rule: 'emergency.fire', field: 'title', start: 10, end: 12, text: '起火', weight: 40 }, { rule: 'emergency.fire', field: 'text', ...at1('起火'), weight: 20 }, { rule: 'emergency.explosion', field: 'text', ...at1('爆炸'), weight: 35 }, { rule: 'facts.deaths', field: 'text', ...at1('3人死亡'), weight: 30 }, { rule: 'trap.controlled', field: 'text', ...at1('得到控制'), weight: -5 }]),
    ...one.items.slice(1).map((i) => ({ ...i, text: '（转载同文）', score: {} }))]);
  await journal(board, one, 'open', { item: { title: one.title } }, undefined, at - 4.38 * HOUR);
  await journal(board, one, 'clocks', { put: { obligations: one.obligations } }, undefined, at - 4.38 * HOUR);
  await journal(board, one, 'notice', { notice: { title: '新的突发事件' }, put: { notices: one.notices } }, undefined, at - 4.38 * HOUR);
  await journal(board, one, 'note', { args: { text: '已电话联系县应急管理局，正在核实伤亡人数' } }, { id: 'wangmin', name: '王敏' }, at - 4 * HOUR);
  await journal(board, one, 'found', { put: { found: one.found } }, undefined, at - 19 * MINUTE);
  one.version = seq;
  await put(board, one);
  const two = incident(2, at, { hours: 5.5, title: '西浦区多名学生在校就餐后身体不适', event_class: 'public_health', level: 3, level_confirmed: true, places: [{ code: '440103', name: '西浦区' }], topics: [{ id: 'health.food', name: '食品安全', score: 90 }], units: { lead: { id: 'health', name: '市卫生健康委' }, support: [], proposed: [] }, state: 'assigned', ack: { by: 'lilei', name: '李雷', at: iso(at - 5 * HOUR) } });
  Object.assign(two, {
    verifications: [{ id: 'V1', unit: { id: 'health', name: '市卫生健康委' }, answer: '已有 12 名学生就诊，均无生命危险，餐样已封存送检', status: 'partly', by: 'lilei', name: '李雷', at: iso(at - 4.5 * HOUR) }],
    consultations: [{ id: 'C1', convener: '赵刚', members: ['市卫生健康委', '市教育局', '市市场监管局'], conclusions: '由市卫生健康委统一发布，教育局做好家长沟通', tasks: ['两小时内公布就诊人数', '餐样检测结果出来后续报'], by: 'wangmin', name: '王敏', at: iso(at - 4 * HOUR) }],
    drafts: [{ id: 'D1', version: 1, title: '情况通报（初稿）', text: '……', state: 'superseded', by: 'lilei', name: '李雷', at: iso(at - 3.5 * HOUR) }, { id: 'D2', version: 2, title: '情况通报', text: '今日，我区一学校部分学生就餐后身体不适……', state: 'proposed', by: 'lilei', name: '李雷', at: iso(at - 3 * HOUR) }],
    gradings: [{ id: 'G1', level: 2, reason: '人数可能增加', state: 'proposed', by: 'lilei', name: '李雷', at: iso(at - 2 * HOUR) }],
    waivers: [{ id: 'W1', clock: 'H24', basis: '已由市指挥部统一发布', state: 'proposed', by: 'wangmin', name: '王敏', at: iso(at - HOUR) }],
    official_line: { id: 'L1', version: 1, text: '已第一时间救治，餐样送检，结果将及时公布。' }, opinion_level: { level: 3, reason: '本地关注为主', by: 'wangmin', name: '王敏', at: iso(at - 4 * HOUR) } });
  await put(board, two, [item(two, '正文', [])]);
  const three = incident(3, at, { hours: 1, title: '城北路段大面积积水，多处交通中断', event_class: 'natural_disaster', level_proposed: 4, places: [{ code: '440104', name: '城北街道' }], topics: [{ id: 'traffic', name: '交通出行', score: 60 }] });
  await put(board, three, [item(three, '正文', [])]);
  const four = incident(4, at, { hours: 30, kind: 'opinion', title: '供暖不足问题连续多日被反映', level_proposed: null, places: [{ code: '440105', name: '新河镇' }], topics: [{ id: 'heating', name: '供暖', score: 70 }], reprints: 3 });
  four.obligations = [obligation(four.id, 'H48', '48小时内予以回应', at - 30 * HOUR, 48)];
  await put(board, four, [item(four, '正文', [])]);
  const five = incident(5, at, { hours: 3, title: '高新区道路塌陷，无人员伤亡', level: 4, level_confirmed: true, state: 'responded', ack: { by: 'wangmin', name: '王敏', at: iso(at - 2.9 * HOUR) } });
  five.obligations[0] = { ...five.obligations[0], state: 'met', ended: iso(at - HOUR), evidence: { url: 'http://127.0.0.1/gov/5', form: 'release', published: iso(at - HOUR), hash: 'cd'.repeat(32), by: 'wangmin' } };
  await put(board, five, [item(five, '正文', [])]);
  const source = (id, ...kv) => board.redis.cmd('HSET', `hy:crawl:source:${id}`, ...kv);
  await source('forum', 'state', 'healthy', 'last_try', at - 40e3, 'last_ok', at - 40e3, 'last_new', at - 6 * MINUTE, 'last_status', 200, 'why', '一切正常');
  await source('news', 'state', 'quiet', 'last_try', at - 90e3, 'last_ok', at - 90e3, 'last_new', at - 9 * HOUR, 'last_status', 304, 'why', '这个时段通常没有新内容');
  await source('gov', 'state', 'blind', 'last_try', at - 30e3, 'last_ok', at - 3 * HOUR, 'last_new', at - 26 * HOUR, 'last_status', 403, 'why', '连续 6 次被拒绝（403），页面可能换了地址或开始限制访问');
  await board.redis.cmd('SET', `hy:{${OFFICE}}:lease`, 'test');
  return { one, two, three, four, five };
}

/* Another role of the binary beside the board; resolves when `ready` stands in its log.  The result
 * ends it; its `reload(what)` has it read the rules again and waits for `what` in the log. */
export async function startRole(board, role, ready = /event=(leading|started|ready)/, args = []) {
  const child = spawn(board.huiying, [role, '-c', board.office, '--redis', board.roleUrl(role), '--data', board.data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (d) => { log += d; });
  child.stderr.on('data', (d) => { log += d; });
  for (let n = 0; !ready.test(log); n++) {
    if (n > 800 || child.exitCode !== null) throw new Error(`${role} did not start:\n${log}`);
    await new Promise((done) => setTimeout(done, 25));
  }
  const stop = () => new Promise((done) => { if (child.exitCode !== null) return done(); child.once('exit', done); child.kill('SIGTERM'); });
  stop.reload = async (what) => {
    const from = log.length;
    child.kill('SIGHUP');
    for (let n = 0; !what.test(log.slice(from)); n++) {
      if (n > 800 || child.exitCode !== null) throw new Error(`${role} did not reload:\n${log.slice(from)}`);
      await new Promise((done) => setTimeout(done, 25));
    }
  };
  return stop;
}

/* The real archive beside the board, with items given to it as the analyzer gives them; resolves when
 * all can be found. */
export async function startArchive(board, items, ask) {
  const child = spawn(board.huiying, ['archive', '-c', board.office, '--redis', board.redisUrl, '--data', board.data], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (d) => { log += d; });
  for (const i of items) {
    const whole = { published_precision: 'minute', published_from: 'time', charset: 'utf-8', kind: 'article', replies: [], score: {}, rules_version: 'test', ...i, hash: createHash('sha256').update(`${i.title}\n${i.text}`).digest('hex') };
    await board.redis.cmd('XADD', `hy:{${OFFICE}}:scored`, '*', 'item', JSON.stringify(whole));
  }
  for (let n = 0; (await ask()) < items.length; n++) {
    if (n > 600 || child.exitCode !== null) throw new Error(`the archive has not got them:\n${log}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return () => new Promise((done) => { child.once('exit', done); child.kill('SIGTERM'); });
}
