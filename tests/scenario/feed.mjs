/* SPDX-License-Identifier: Apache-2.0 */
/* Puts items into hy:items the way a crawler does, one after the other, and sends again until Redis
 * has acknowledged:   node feed.mjs REDIS.URL COUNT PAUSE_MS
 * REDIS.URL is the file `run` keeps in its data directory, redis://HOST:PORT or
 * sentinel://HOST:PORT,.../NAME.  Prints the id of each acknowledged item.  An item whose answer was lost is sent twice; the
 * service has to recognise it. */
import { createConnection } from 'node:net';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [url, count, pause] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const places = ['清溪县', '云岭县', '石桥县', '江口区', '南屏区'];
const works = ['化工厂', '烟花厂', '面粉厂', '木材厂', '油漆厂', '纺织厂', '造纸厂'];
const hash = (text) => createHash('sha256').update(text).digest('hex');

function item(i) {
    const at = new Date(Date.now() + 8 * 3600e3).toISOString().replace(/\.\d+Z/, '+08:00');
    const title = `${places[i % 5]}一家${works[i % 7]}发生爆炸 已致${3 + i}人死亡`;
    const text = `今天上午，${places[i % 5]}第${i + 1}街一家${works[i % 7]}发生爆炸，现场浓烟滚滚。\n` +
        `截至目前，事故已造成${3 + i}人死亡、${10 + i}人受伤。`;
    const url = `http://127.0.0.1/scenario/${i}.html`;
    return {
        id: `scenario-${i}`, url, source: 'forum', title, text, published: at,
        published_precision: 'second', published_from: 'meta', fetched: at, charset: 'utf-8',
        kind: 'article', hash: hash(`${title}\n${text}`),
    };
}

/* Commands one after the other on one connection; the last answer, or an error. */
function talk(where, ...commands) {
    const encode = (list) => `*${list.length}\r\n${list.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`;
    return new Promise((done, failed) => {
        const c = createConnection(where, () => c.write(commands.map(encode).join('') + encode(['PING'])));
        let got = '';
        c.setTimeout(2000, () => c.destroy(new Error('no answer')));
        c.on('data', (d) => {
            got += d;
            if (/^-|\r\n-/.test(got)) c.destroy(new Error(got));
            else if (got.endsWith('+PONG\r\n')) (done(got), c.destroy());
        });
        c.on('error', failed).on('close', () => failed(new Error('closed')));
    });
}

/* Through the first Sentinel that answers, or as the file says. */
async function ask(words) {
    const [, hosts, name] = url.match(/^sentinel:..(.*)\/(.*)$/) || [];
    const [, plain] = url.match(/^redis:..[^:]*:(\d+)$/) || [];
    if (plain) return talk({ port: Number(plain) }, words);
    if (!hosts) {
        const [, user, password, path] = readFileSync(url, 'utf8').trim().match(/^unix:..(?:(.*):(.*)@)?(.*)$/);
        return talk({ path }, ...(user ? [['AUTH', user, password]] : []), words);
    }
    for (const host of hosts.split(',')) {
        const answer = await talk({ port: Number(host.split(':')[1]) }, ['SENTINEL', 'get-master-addr-by-name', name]).catch(() => '');
        const port = Number(answer.split('\r\n')[4]);
        if (port) return talk({ port }, words);
    }
    throw new Error('no Sentinel answers');
}

for (let i = 0; i < count; i++) {
    const words = ['XADD', 'hy:items', '*', 'item', JSON.stringify(item(i))];
    for (;;) {
        try {
            await ask(words);
            break;
        } catch {
            await sleep(50);
        }
    }
    console.log(`scenario-${i}`);
    await sleep(pause);
}
