// SPDX-License-Identifier: Apache-2.0
/* Debian's Chromium under playwright-core, with a fresh profile and nothing that calls out. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });

/* A page that remembers every error and every violation of the content policy. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (e) => page.faults.push(String(e)));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of (400|401|403|404|409|422|429|503)|ERR_INTERNET_DISCONNECTED/.test(m.text())) page.faults.push(m.text()); });
  page.on('dialog', (d) => { page.faults.push(`dialog: ${d.message()}`); d.dismiss(); });
  return page;
}

/* Rules violated, as "rule: target" lines.  Evaluated, not added as a script tag: our policy rightly
 * forbids that. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary?.split('\n')[1] || ''}`));
}

export async function setUp(page, board, who = { id: 'wangmin', name: '王敏', password: '这是一句足够长的测试口令' }) {
  await page.goto(board.setup);
  await page.fill('#id', who.id);
  await page.fill('#name', who.name);
  await page.fill('#password', who.password);
  await page.click('button.primary');
  await page.waitForSelector('.live, .empty');
  return who;
}
