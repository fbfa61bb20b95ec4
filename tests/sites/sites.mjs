#!/usr/bin/env node
/* SPDX-License-Identifier: Apache-2.0 */
/* The sample city's web sites on loopback: node tests/sites/sites.mjs --port-base 18100
 *
 *   +0 清溪论坛 (forum, GBK)      +1 清溪新闻网 (news, UTF-8, RSS)   +2 清溪市人民政府 (GB2312, Atom)
 *   +3 云川在线 and 清溪同鄉會 (GB18030 /gb/, Big5 /big5/)            +4 broken in several ways
 *   +9 control: POST /publish /change /remove /reply /story /set, GET /state
 *
 * rules/sample/sources.yaml points here. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { clockOf, random } from './clock.mjs';
import { encode } from './encode.mjs';
import * as pages from './pages.mjs';
import { World } from './world.mjs';

const HOST = '127.0.0.1';
const PORTS = { forum: 0, news: 1, gov: 2, regional: 3, broken: 4 };
const CONTROL = 9;
const SAMPLE_BASE = 18100;
const USAGE = `usage: node tests/sites/sites.mjs --port-base N [--story-start-delay SECONDS] [--speed N]
         [--seed N] [--clock-file F] [--control PORT] [--state-file F]
       node tests/sites/sites.mjs --port-base N --write-rules DIR     the sample rules for other ports`;

function options() {
    const { values } = parseArgs({
        options: {
            'port-base': { type: 'string', default: String(SAMPLE_BASE) },
            'story-start-delay': { type: 'string', default: '0' },
            speed: { type: 'string', default: '1' },
            seed: { type: 'string', default: '1' },
            'clock-file': { type: 'string' },
            control: { type: 'string' },
            'state-file': { type: 'string' },
            'write-rules': { type: 'string' },
            help: { type: 'boolean' },
        },
    });
    const number = (name) => {
        const n = Number(values[name]);
        if (!Number.isFinite(n) || n < 0) throw new Error(`--${name}: "${values[name]}" is no number`);
        return n;
    };
    return {
        base: number('port-base'), delay: number('story-start-delay'), speed: number('speed') || 1,
        seed: number('seed'), clock: clockOf(values['clock-file']), help: values.help,
        control: values.control ? number('control') : number('port-base') + CONTROL,
        writeRules: values['write-rules'], stateFile: values['state-file'],
    };
}

/* --- HTTP --- */

function notFound(site) {
    const charset = { forum: 'gbk', gov: 'gb2312', regional: 'gb18030' }[site] ?? 'utf-8';
    return { status: 404, type: `text/html; charset=${charset}`, charset, body: '<html><head><title>提示信息</title></head><body><p>抱歉，指定的页面不存在或已被删除。</p></body></html>' };
}

/* Validators and compression, for the site that has them; true when 304 was enough. */
function dress(req, res, page, bytes) {
    if (page.validators === undefined) return { bytes, fresh: false };
    const etag = `"${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}"`;
    res.setHeader('ETag', etag);
    res.setHeader('Last-Modified', new Date(page.validators).toUTCString());
    res.setHeader('Vary', 'Accept-Encoding');
    if (req.headers['if-none-match'] === etag) return { bytes, fresh: true };
    if (!/\bgzip\b/.test(req.headers['accept-encoding'] ?? '')) return { bytes, fresh: false };
    res.setHeader('Content-Encoding', 'gzip');
    return { bytes: gzipSync(bytes), fresh: false };
}

/* One byte every second: what a stuck server looks like. */
function drip(res, bytes) {
    let at = 0;
    const timer = setInterval(() => {
        if (at >= 600) return res.end();
        res.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1));
    }, 1000);
    res.on('close', () => clearInterval(timer));
}

function garbage(seed) {
    const next = random(seed);
    return Buffer.from(Array.from({ length: 40000 }, () => Math.floor(next() * 256)));
}

function answer(req, res, page, now, seed) {
    res.statusCode = page.status;
    res.setHeader('Date', new Date(now).toUTCString());
    res.setHeader('Content-Type', page.type);
    res.setHeader('Server', 'nginx');
    if (page.location) res.setHeader('Location', page.location);
    if (page.cookies) res.setHeader('Set-Cookie', page.cookies);
    const plain = page.garbage ? garbage(seed) : encode(page.body, page.charset);
    if (page.slow) return drip(res, plain);
    const { bytes, fresh } = dress(req, res, page, plain);
    if (fresh) {
        res.statusCode = 304;
        return res.end();
    }
    res.setHeader('Content-Length', bytes.length);
    res.end(req.method === 'HEAD' ? undefined : bytes);
}

/* A site can be made to misbehave by POST /set {"site","mode"}. */
const MODES = {
    ok: null,
    500: () => ({ status: 500, type: 'text/html', charset: 'utf-8', body: '<h1>500</h1>' }),
    login: (world, url) => pages.broken(world, new URL('/login/', url)),
    garbage: (world, url) => pages.broken(world, new URL('/garbage/', url)),
    slow: (world, url) => pages.broken(world, new URL('/slow/', url)),
    down: () => 'hang up',
};

function siteServer(site, state) {
    return createServer((req, res) => {
        const url = new URL(req.url, `http://${req.headers.host ?? HOST}`);
        const now = state.clock();
        const mode = MODES[state.modes.get(site) ?? 'ok'];
        const page = mode ? mode(state.world, url) : pages[site](state.world, url, now);
        if (page === 'hang up') return req.socket.destroy();
        answer(req, res, page ?? notFound(site), now, state.seed);
    });
}

/* --- control --- */

const siteOf = (it) => (it.site === 'big5' ? 'regional' : it.site);
const urlOf = (state, it) => `http://${HOST}:${state.base + PORTS[siteOf(it)]}${pages.pathOf(it)}`;
const brief = (state, it) => ({ id: it.id, event: it.event, site: it.site, title: it.title, url: urlOf(state, it), published: new Date(it.at).toISOString() });

const commands = {
    publish: (state, body, now) => brief(state, state.world.publish(body, now)),
    change: (state, body) => brief(state, state.world.change(body)),
    remove: (state, body) => (state.world.remove(body.id), { ok: true }),
    reply: (state, body, now) => (state.world.reply(body.id, body.text, now), { ok: true }),
    story: (state, body, now) => (state.world.trigger(body.event, now), { ok: true }),
    set: (state, body) => {
        if (!(body.site in PORTS) || !(body.mode in MODES)) throw new Error(`sites: ${Object.keys(PORTS).join(' ')}; modes: ${Object.keys(MODES).join(' ')}`);
        state.modes.set(body.site, body.mode);
        return { ok: true };
    },
};

function stateOf(state) {
    const now = state.clock();
    const items = ['forum', 'news', 'gov', 'regional', 'big5'].flatMap((site) => state.world.items(site, now));
    return { now: new Date(now).toISOString(), story: new Date(state.world.t0).toISOString(), items: items.map((it) => brief(state, it)) };
}

async function control(state, req) {
    if (req.method === 'GET') return stateOf(state);
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const command = commands[req.url.slice(1)];
    if (!command) throw new Error(`POST one of: ${Object.keys(commands).map((c) => `/${c}`).join(' ')}`);
    return command(state, JSON.parse(Buffer.concat(chunks).toString()), state.clock());
}

function controlServer(state) {
    return createServer(async (req, res) => {
        res.setHeader('Content-Type', 'application/json');
        try {
            res.end(`${JSON.stringify(await control(state, req))}\n`);
        } catch (e) {
            res.statusCode = 400;
            res.end(`${JSON.stringify({ error: e.message })}\n`);
        }
    });
}

/* --- start --- */

const listen = (server, port) =>
    new Promise((done, fail) => server.once('error', fail).listen(port, HOST, done));

/* The sample office's rules with the ports of this run. */
function writeRules(dir, base) {
    const sample = join(dirname(fileURLToPath(import.meta.url)), '../../rules/sample');
    cpSync(sample, dir, { recursive: true });
    for (const file of readdirSync(dir).filter((name) => name.endsWith('.yaml'))) {
        const text = readFileSync(join(dir, file), 'utf8');
        writeFileSync(join(dir, file), text.replace(/127\.0\.0\.1:181(\d\d)/g, (_, n) => `${HOST}:${base + Number(n)}`));
    }
}

/* With a state file a second start continues the day of the first. */
function startOf(o) {
    if (o.stateFile && existsSync(o.stateFile)) return Number(readFileSync(o.stateFile, 'utf8'));
    const start = o.clock();
    if (o.stateFile) {
        mkdirSync(dirname(o.stateFile), { recursive: true, mode: 0o700 });
        writeFileSync(o.stateFile, String(start));
    }
    return start;
}

async function serve(o) {
    const state = {
        ...o, modes: new Map(),
        world: new World({ start: startOf(o), delay: o.delay, speed: o.speed, seed: o.seed }),
    };
    const servers = Object.keys(PORTS).map((site) => [siteServer(site, state), o.base + PORTS[site]]);
    servers.push([controlServer(state), o.control]);
    for (const [server, port] of servers) await listen(server, port);
    const stop = () => {
        for (const [server] of servers) {
            server.close();
            server.closeAllConnections();
        }
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    for (const site of Object.keys(PORTS)) console.log(`${site.padEnd(9)} http://${HOST}:${o.base + PORTS[site]}/`);
    console.log(`${'control'.padEnd(9)} http://${HOST}:${o.control}/`);
    console.log('ready');
}

try {
    const o = options();
    if (o.help) console.log(USAGE);
    else if (o.writeRules) writeRules(o.writeRules, o.base);
    else await serve(o);
} catch (e) {
    const busy = e.code === 'EADDRINUSE' ? `port ${e.port} is taken: give another --port-base` : e.message;
    console.error(`sites: ${busy}`);
    process.exitCode = e.code === 'EADDRINUSE' ? 1 : 2;
}
