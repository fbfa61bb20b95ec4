/* SPDX-License-Identifier: Apache-2.0 */
/* The sample city itself: what a test builds on must hold.  No sockets except one run of the
 * program; the clock is a file. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ago, civil, fmt } from './clock.mjs';
import { encode } from './encode.mjs';
import * as pages from './pages.mjs';
import { SITES, World } from './world.mjs';

const START = Date.parse('2026-11-23T09:11:50+08:00');
const here = dirname(fileURLToPath(import.meta.url));
const at = (seconds) => START + seconds * 1000;
const titles = (world, site, now) => world.items(site, now).map((it) => it.title);

test('charsets round-trip, and say what they cannot', () => {
    const decode = (bytes, charset) => new TextDecoder(charset).decode(bytes);
    for (const charset of ['gbk', 'gb18030', 'utf-8'])
        assert.equal(decode(encode('清溪县：“浓烟”喆镕', charset), charset), '清溪县：“浓烟”喆镕');
    assert.equal(decode(encode('清溪縣一化工廠爆炸', 'big5'), 'big5'), '清溪縣一化工廠爆炸');
    assert.equal(decode(encode('😊', 'gb18030'), 'gb18030'), '😊');
    assert.equal(decode(encode('😊', 'gbk'), 'gbk'), '&#128522;');
});

test('times are Beijing times', () => {
    assert.equal(fmt.rfc3339(START), '2026-11-23T09:11:50+08:00');
    assert.equal(fmt.rfc822(START), 'Mon, 23 Nov 2026 09:11:50 +0800');
    assert.equal(civil(START).hour, 9);
    assert.equal(ago(START - 90000, START), '1 分钟前');
});

test('the story unfolds in order and by the clock', () => {
    const world = new World({ start: START });
    assert.ok(!titles(world, 'forum', at(9)).includes('清溪县一化工厂爆炸，现场浓烟'));
    assert.equal(titles(world, 'forum', at(10)).includes('清溪县一化工厂爆炸，现场浓烟'), true);
    const reprints = SITES.flatMap((site) => titles(world, site, at(60))).filter((t) => /爆炸.*12人死亡/.test(t));
    assert.equal(reprints.length, 5);
    assert.ok(!titles(world, 'gov', at(239)).some((t) => t.includes('鑫岚')));
    assert.ok(titles(world, 'gov', at(240)).includes('关于清溪县鑫岚化工厂爆炸事故的情况通报'));
    const fast = new World({ start: START, speed: 10, delay: 5 });
    assert.ok(titles(fast, 'gov', at(5 + 24)).includes('关于清溪县鑫岚化工厂爆炸事故的情况通报'));
});

test('the same clock and seed give the same bytes', () => {
    const list = (seed) => pages.forum(new World({ start: START, seed }), new URL('http://a/forum-2-1.html'), at(400)).body;
    assert.equal(list(1), list(1));
    assert.notEqual(list(1), list(2));
});

test('every item on a list can be opened and holds its text', () => {
    const world = new World({ start: START });
    const site = { forum: pages.forum, news: pages.news, gov: pages.gov, regional: pages.regional, big5: pages.regional };
    for (const name of SITES)
        for (const it of world.items(name, at(700))) {
            const page = site[name](world, new URL(`http://a${pages.pathOf(it)}`), at(700));
            assert.equal(page?.status, 200, `${name} ${it.title}`);
            assert.ok(page.body.includes(it.text[0].slice(0, 8)) || /[<>&"]/.test(it.text[0].slice(0, 8)));
        }
});

test('a bumped thread comes up', () => {
    const world = new World({ start: START });
    world.reply(1012, '顶', at(1));
    assert.equal(titles(world, 'forum', at(1))[1], '石桥县的油菜花今年什么时候开');
});

test('the program: ports, validators, control, modes, end', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'huiying-sites-'));
    const clock = join(dir, 'clock');
    const base = await freePorts(10);
    writeFileSync(clock, String(START));
    const child = spawn(process.execPath, [join(here, 'sites.mjs'), '--port-base', String(base), '--clock-file', clock]);
    try {
        for await (const chunk of child.stdout) if (String(chunk).includes('ready')) break;
        await visit(base, clock);
    } finally {
        child.kill('SIGTERM');
        await once(child, 'exit');
        rmSync(dir, { recursive: true });
    }
});

/* A run of free ports: asked of the system, then probed. */
async function freePorts(n) {
    for (;;) {
        const first = await new Promise((done) => {
            const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)); });
        });
        const free = (port) => new Promise((done) => {
            const s = createServer().once('error', () => done(false)).listen(port, '127.0.0.1', () => s.close(() => done(true)));
        });
        const all = first + n < 65536 && await Promise.all([...Array(n).keys()].map((i) => free(first + i)));
        if (all && all.every(Boolean)) return first;
    }
}

async function visit(base, clock) {
    const url = (port, path) => `http://127.0.0.1:${base + port}${path}`;
    const post = (path, body) => fetch(url(9, path), { method: 'POST', body: JSON.stringify(body) }).then((r) => r.json());

    const rss = await fetch(url(1, '/rss.xml'));
    assert.match(await rss.text(), /<rss version/);
    const again = await fetch(url(1, '/rss.xml'), { headers: { 'If-None-Match': rss.headers.get('etag') } });
    assert.equal(again.status, 304);
    assert.equal((await fetch(url(0, '/forum-2-1.html'))).headers.get('etag'), null);
    assert.equal((await fetch(url(0, '/thread-77-1-1.html'))).status, 404);

    const page = await post('/publish', { site: 'news', title: '试发一条', text: '正文' });
    assert.match(await (await fetch(page.url)).text(), /试发一条/);
    assert.match((await post('/publish', { site: 'nowhere', title: 'x' })).error, /no site/);
    await post('/story', { event: 'notice' });
    writeFileSync(clock, String(START + 1000));
    const state = await (await fetch(url(9, '/state'))).json();
    assert.ok(state.items.some((it) => it.event === 'notice'));
    await post('/set', { site: 'news', mode: '500' });
    assert.equal((await fetch(page.url)).status, 500);
    await post('/set', { site: 'news', mode: 'down' });
    await assert.rejects(fetch(page.url));
    await post('/set', { site: 'news', mode: 'ok' });
    assert.equal((await fetch(page.url)).status, 200);
}

test('the sample rules point at the sample ports', () => {
    const text = readFileSync(join(here, '../../rules/sample/sources.yaml'), 'utf8');
    const ports = [...text.matchAll(/url: http:\/\/127\.0\.0\.1:(\d+)/g)].map((m) => Number(m[1]));
    assert.ok(ports.length >= 8 && ports.every((p) => p >= 18100 && p <= 18104));
});
