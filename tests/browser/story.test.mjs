// SPDX-License-Identifier: Apache-2.0
/* The day in the life, with nothing faked: the sample city's web sites, crawler, analyzer, keeper and
 * board of the real binary, and a person at a real browser. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { launch, newPage, setUp, violations } from './page.mjs';

const HUIYING = process.env.HUIYING || 'build/dev/huiying', SHOTS = process.env.SHOTS || '/tmp/huiying-shots', BASE = 18640;
const dir = mkdtempSync(`${tmpdir()}/huiying-story-`), children = [];
let page, browser, output = '';

/* Resolves with the output so far when `wanted` stands in it. */
function start(command, args, wanted) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  children.unshift(child);
  return new Promise((resolve, reject) => {
    const hear = (d) => { out += d; output = out; if (wanted.test(out)) resolve(out); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}\n${out.slice(-2000)}`)));
  });
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  assert.equal(spawnSync('node', ['tests/sites/sites.mjs', '--port-base', BASE, '--write-rules', `${dir}/rules`]).status, 0);
  await start('node', ['tests/sites/sites.mjs', '--port-base', BASE], /^ready/m);
  const out = await start(HUIYING, ['run', '-c', `${dir}/rules`, '--listen', `127.0.0.1:${BASE + 20}`, '--data', `${dir}/data`], /everything runs/);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(15000);
  await setUp(page, { setup: out.match(/http:\/\/\S+\/setup#\S+/)[0] }, { id: 'tang.ning', name: '唐宁', password: '这是一句足够长的测试口令' });
});
after(async () => {
  await browser?.close();
  for (const child of children) {
    child.removeAllListeners('exit');
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

test('within a minute the explosion stands on the board, with its clocks', async () => {
  /* not the drill, which is listed too */
  await page.waitForSelector('.row .title >> text=化工厂', { timeout: 60000 });
  await page.waitForSelector('.row .bar', { timeout: 30000 });
  await page.click('.row .title >> text=化工厂');
  await page.waitForSelector('.text mark');
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/story-incident.png`, fullPage: true });
});

/* Press, fill, send; the act must have been carried out by the keeper. */
async function act(key, name, fill) {
  await page.keyboard.press(key);
  if (fill) {
    await page.waitForSelector('dialog.act');
    await fill();
    await page.click('dialog button.primary');
    await page.waitForSelector('dialog', { state: 'detached' }).catch(async () => assert.fail(`${name}: ${await page.textContent('dialog .error')}`));
  }
  await page.waitForSelector(`.toasts >> text=${name}：已完成`);
}

test('acknowledge, level, assign, note, record the response: the clock ends, the journal tells it', async () => {
  await act('a', '签收');
  await act('c', '确认属实相关', () => page.selectOption('#f_kind', 'emergency'));
  await act('l', '定级', async () => { await page.selectOption('#f_level', '2'); await page.fill('#f_reason', '死亡人数达到重大标准'); });
  await act('g', '交办', () => page.fill('#f_reason', '按职责分工'));
  await act('n', '备注', () => page.fill('#f_text', '已与现场核实'));
  await page.waitForSelector('.obligation >> text=5小时内发布权威信息');
  assert.match(await page.textContent('.obligation'), /起算：.*截止.*依据：/s);
  await act('r', '登记回应', async () => {
    await page.fill('#f_url', `http://127.0.0.1:${BASE + 2}/zwgk/tzgg/`);
    const h5 = page.locator('dialog .many label', { hasText: '5小时内发布权威信息' }).locator('input');
    await h5.check();
  });
  await page.waitForSelector('.obligation[data-state="met"] >> text=5小时内发布权威信息');
  for (const words of ['唐宁', '定级为重大：死亡人数达到重大标准', '备注：已与现场核实', '登记回应'])
    await page.waitForSelector(`.timeline >> text=${words}`);
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: `${SHOTS}/story-responded.png`, fullPage: true });
  await page.goto(`http://127.0.0.1:${BASE + 20}/#/sources`);
  await page.waitForSelector('.sources .health[data-state="blind"]');
  await page.waitForSelector('.sources .health[data-state="healthy"]');
  assert.deepEqual(page.faults, []);
});

test('the record proves itself', () => {
  const r = spawnSync(HUIYING, ['verify', `${dir}/data/journal/qingxi.jsonl`], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stdout + r.stderr + output.slice(-500));
});
