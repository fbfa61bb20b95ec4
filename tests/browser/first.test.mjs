// SPDX-License-Identifier: Apache-2.0
/* The first hours of an office: `huiying run` on an empty folder leads to the guided set-up, mistakes
 * are told by file and line, the files are written, everything starts, and a test alarm arrives. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { HUIYING } from './fixture.mjs';
import { launch, newPage, violations } from './page.mjs';

const SHOTS = process.env.SHOTS || '/tmp/huiying-shots', PASSWORD = '这是一句足够长的测试口令';
const dir = mkdtempSync(`${tmpdir()}/huiying-first-`), rules = `${dir}/office`, children = [];
let browser, page, port;

const freePort = () => new Promise((done) => { const s = net.createServer().listen(0, '127.0.0.1', () => { const { port: p } = s.address(); s.close(() => done(p)); }); });

async function run(folder, data, at, ready, as = []) {
  const [program, ...before] = [...as, HUIYING];
  const child = spawn(program, [...before, 'run', '-c', folder, '--data', data, '--listen', `127.0.0.1:${at}`], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const service = { child, out: '', log: '' };
  children.push(service);
  child.stdout.on('data', (d) => { service.out += d; });
  child.stderr.on('data', (d) => { service.log += d; });
  service.stop = () => new Promise((done) => { if (child.exitCode !== null) return done(child.exitCode); child.once('exit', done); child.kill('SIGTERM'); });
  service.waitFor = async (what) => {
    for (let n = 0; !what.test(service.out); n++) {
      if (n > 2400 || child.exitCode !== null) throw new Error(`run: ${service.out}${service.log}`);
      await new Promise((ok) => setTimeout(ok, 50));
    }
    return service.out.match(what);
  };
  await service.waitFor(ready);
  return service;
}
const setupLink = (s) => s.out.match(/http:\/\/\S+\/setup#\S+/)[0];
const ask = (at, body, headers = {}) => fetch(`http://127.0.0.1:${at}/api/v1/setup`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }).then(async (r) => ({ status: r.status, body: await r.json() }));
const FORM = { office: { id: 'cesui', name: '测穗市', level: 'city', division: '440100', contact: 'a@example.cn' }, sources: [{ name: '通知', kind: 'list', url: 'http://127.0.0.1:1/', allow_private: true }], people: [{ id: 'wangmin', name: '王敏', roles: ['duty'] }] };

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  mkdirSync(rules);
  port = await freePort();
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(60000);
});
after(async () => {
  await browser?.close();
  for (const s of children) await s.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('from an empty folder to a test alarm', { timeout: 240000 }, async () => {
  const service = await run(rules, `${dir}/data`, port, /setup#\S+\s/);
  assert.match(service.out, /office\.yaml 还没有写好/);
  for (const [look, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]]) {
    const p = await newPage(browser, options);
    await p.goto(setupLink(service));
    await p.waitForSelector('.first-steps');
    assert.deepEqual(await violations(p), [], look);
    assert.equal(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${look} scrolls sideways`);
    await p.screenshot({ path: `${SHOTS}/first-${look}.png`, fullPage: true });
    assert.deepEqual(p.faults, [], look);
    await p.context().close();
  }
  await page.goto(setupLink(service));
  const next = () => page.click('button:text-is("下一步")');
  await page.waitForSelector('.first-steps');
  assert.deepEqual(await violations(page), []);
  await page.fill('#id', 'wangmin');
  await page.fill('#name', '王敏');
  await page.fill('#password', PASSWORD);
  await next();
  await page.fill('#office-name', '测穗市人民政府新闻办公室');
  await page.fill('#office-id', 'cesui');
  await page.selectOption('#level', 'city');
  await page.fill('#division', '440100');
  await page.fill('#contact', '新闻办');
  await page.fill('#site', 'http://127.0.0.1:1/');
  await next();
  await page.fill('#source-name-0', '通知公告: "要闻" #1');
  await page.fill('#source-url-0', 'http://127.0.0.1:1/tzgg/');
  await page.check('text=在内网');
  await next();
  assert.equal(await page.inputValue('#person-name-0'), '王敏', 'whoever sets up is the first of the list');
  await page.fill('#person-id-1', 'lilei');
  await page.fill('#person-name-1', '李雷');
  await page.check('.row-of-form:nth-of-type(2) >> text=主管');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/first-people.png`, fullPage: true });
  await next();
  await page.waitForSelector('pre.bad');
  assert.match(await page.textContent('pre.bad'), /^office\.yaml:\d+:\d+: .*contact/m, 'by file and line, without a path of ours');
  assert.deepEqual(readdirSync(rules), [], 'nothing is written that is wrong');
  for (let n = 0; n < 3; n++) await page.click('text=上一步');
  await page.fill('#contact', 'xinwenban@example.cn');
  for (let n = 0; n < 3; n++) await next();
  await page.waitForSelector('.verdict.good');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/first-write.png`, fullPage: true });
  await page.click('text=写入并启动');
  await page.waitForSelector('.steps li', { timeout: 120000 });
  for (const name of ['office.yaml', 'sources.yaml', 'duty.yaml']) assert.equal(statSync(`${rules}/${name}`).mode & 0o777, 0o644, name);
  assert.equal(statSync(`${dir}/data/users.yaml`).mode & 0o777, 0o600);
  assert.equal(readdirSync(rules).length, 3, 'no leftovers');
  assert.match(readFileSync(`${rules}/duty.yaml`, 'utf8'), /duty: "wangmin", second: "lilei".*duty: "lilei", second: "wangmin".*supervisor: \["lilei"\]/s);
  assert.match(await page.textContent('.steps'), /处理程序在运行 好了.*单位信息写好了 好了.*值班人员登记了 好了/s);
  await page.goto(`http://127.0.0.1:${port}/#/duty`);
  await page.waitForSelector('.onduty');
  assert.doesNotMatch(await page.textContent('.duty'), /没有人值班/, 'somebody is on duty from the first minute');
  await page.click('text=给我自己试发');
  await page.waitForSelector('.verdict.good >> text=/秒/', { timeout: 60000 });
  await page.screenshot({ path: `${SHOTS}/first-alarm.png`, fullPage: true });
  assert.deepEqual(page.faults.filter((f) => !/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(f)), []);
  assert.equal(await service.stop(), 0);
});

test('the second time everything starts without a question', { timeout: 120000 }, async () => {
  const service = await run(rules, `${dir}/data`, port, /everything runs/);
  assert.doesNotMatch(service.out, /setup#/);
  assert.equal(await service.stop(), 0);
});

test('only the link may, only a page of ours, and a file that is there stays as it is', { timeout: 120000 }, async () => {
  const other = `${dir}/second`, at = await freePort();
  mkdirSync(other);
  writeFileSync(`${other}/sources.yaml`, '# von Hand\nsources: []\n');
  const service = await run(other, `${dir}/data2`, at, /setup#\S+\s/), token = setupLink(service).split('#')[1];
  assert.equal((await ask(at, { token: 'hy_falsch', ...FORM })).status, 403);
  assert.equal((await ask(at, { token }, { origin: 'http://evil.example' })).status, 403);
  const state = (await ask(at, { token })).body;
  assert.deepEqual([state.first, state.missing, state.account], [true, ['duty.yaml', 'office.yaml'], true]);
  for (const [change, what] of [[{ people: [] }, /值班员/], [{ office: { ...FORM.office, name: ' ' } }, /单位名称/], [{ office: { ...FORM.office, level: 'planet' } }, /office\.yaml:\d+/], [{ people: [{ id: 'a\nb: c', name: '王', roles: ['duty'] }] }, /编号/], [{ people: [{ id: 'wang', name: '王', roles: ['duty', 'king'] }] }, /duty\.yaml:\d+/]]) {
    const answer = await ask(at, { token, ...FORM, ...change, dry: true });
    assert.equal(answer.status, 422, JSON.stringify(change));
    assert.match(answer.body.detail, what);
  }
  assert.equal((await ask(at, { token, ...FORM })).status, 422, 'no account was given');
  assert.equal(existsSync(`${other}/office.yaml`), false);
  assert.equal((await fetch(`http://127.0.0.1:${at}/api/v1/me`)).status, 401);
  assert.equal((await fetch(`http://127.0.0.1:${at}/healthz`)).status, 503);
  assert.equal((await ask(at, { token, ...FORM, account: { id: 'wangmin', name: '王敏', password: PASSWORD } })).status, 200);
  await service.waitFor(/everything runs/);
  assert.equal(readFileSync(`${other}/sources.yaml`, 'utf8'), '# von Hand\nsources: []\n');
  assert.equal(await service.stop(), 0);
});

test('files put there by hand are taken up, and a signal ends the waiting', { timeout: 120000 }, async () => {
  const other = `${dir}/third`, at = await freePort();
  mkdirSync(other);
  const waiting = await run(other, `${dir}/data3`, at, /setup#\S+\s/);
  assert.equal(await waiting.stop(), 0);
  const service = await run(other, `${dir}/data3`, at, /setup#\S+\s/);
  for (const name of ['sources.yaml', 'duty.yaml', 'office.yaml']) writeFileSync(`${other}/${name}`, readFileSync(`${rules}/${name}`));
  await service.waitFor(/everything runs/);
  assert.match(service.out, /first sign-in: \S+setup#/, 'the board offers the first account');
  assert.equal(await service.stop(), 0);
});

/* As the package has it: its placeholders lie there, and /etc is not the service's.  Root may write everywhere, so root becomes nobody. */
test('a folder that is not ours to write gets its files from another hand', { timeout: 120000 }, async (context) => {
  const other = `${dir}/fourth`, data = `${dir}/data4`, at = await freePort(), root = process.getuid() === 0, NOBODY = 65534;
  if (root && spawnSync('setpriv', ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', HUIYING, '--version']).status !== 0) return context.skip('root, and cannot become nobody');
  for (const d of [other, data]) mkdirSync(d);
  for (const name of ['sources.yaml', 'duty.yaml', 'office.yaml']) cpSync(new URL(`../../packaging/office/${name}`, import.meta.url), `${other}/${name}`);
  chmodSync(dir, 0o755);
  chmodSync(other, 0o555);
  if (root) chownSync(data, NOBODY, NOBODY);
  const service = await run(other, data, at, /setup#\S+\s/, root ? ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'] : []);
  const token = setupLink(service).split('#')[1], account = { id: 'wangmin', name: '王敏', password: PASSWORD };
  assert.equal((await ask(at, { token })).body.writable, false);
  const { status, body } = await ask(at, { token, ...FORM, account });
  assert.deepEqual([status, body.written, Object.keys(body.files).sort()], [200, false, ['duty.yaml', 'office.yaml', 'sources.yaml']]);
  assert.deepEqual(readdirSync(other).sort(), ['duty.yaml', 'office.yaml', 'sources.yaml'], 'as the package left them');
  assert.equal(body.command, `sudo install -m 644 ${['sources', 'duty', 'office'].map((n) => `${data}/first/${n}.yaml`).join(' ')} ${other}/`);
  chmodSync(other, 0o755);
  assert.equal(spawnSync('sh', ['-c', body.command.replace('sudo ', '')]).status, 0, 'the administrator does as the page says');
  await service.waitFor(/everything runs/);
  const login = await fetch(`http://127.0.0.1:${at}/api/v1/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account) });
  assert.equal(login.status, 200, 'the account was made before');
  assert.equal(await service.stop(), 0);
});
