/* SPDX-License-Identifier: Apache-2.0 */
/* Every command in the documents is executed: commands.mjs DOCUMENT..., inside machine.sh.
 *
 * The documents are read as their readers do, one after the other, on one machine: blocks in order, each
 * by a shell that stops at the first failure.  A ```yaml block of the rule guide that names its file in
 * its first line is that file.  Then the commands within sentences.  What is left out says so in the
 * document (blocks.mjs), and is counted. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blocksOf, reasons } from './blocks.mjs';
import { inlineOf } from './inline.mjs';

const TREE = '/src';
const SECONDS = 60;
const failures = [];
const count = { run: 0, inline: 0, excused: {} };
let staying = [];

function shell(text, { cwd, input = '' }) {
    const done = spawnSync('bash', ['-euo', 'pipefail', '-c', text], { cwd, input, encoding: 'utf8', timeout: SECONDS * 1000 });
    return { ok: done.status === 0, status: done.status ?? done.signal, said: (done.stdout + done.stderr).trim(), out: done.stdout };
}

function excuse(reason) {
    count.excused[reason] = (count.excused[reason] ?? 0) + 1;
}

async function must(text, cwd = '/root') {
    const done = shell(text, { cwd });
    if (!done.ok) throw new Error(`${text}: exit ${done.status}\n${done.said}`);
    return done.out.trim();
}

async function eventually(what, ready, seconds = SECONDS) {
    for (const end = Date.now() + seconds * 1000; !ready();) {
        if (Date.now() > end) throw new Error(`did not happen in ${seconds} s: ${what}`);
        await new Promise((go) => setTimeout(go, 50));
    }
}

/* ---- what stays: `huiying run` in a second terminal ---- */

async function stays(text, until, cwd) {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', text], { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let said = '', ended = null;
    for (const s of [child.stdout, child.stderr]) s.on('data', (d) => { said += d; });
    const over = new Promise((go) => child.on('exit', (code) => { ended = code ?? 'by a signal'; go(); }));
    staying.push({ child, over, text, ended: () => ended, said: () => said });
    await eventually(`"${until}"`, () => {
        if (ended !== null) throw new Error(`ended (${ended}) before it said "${until}"\n${said.slice(-2000)}`);
        return said.includes(until);
    });
}

async function endStaying() {
    for (const s of staying) {
        if (s.ended() !== null) failures.push(`${s.text}: ended by itself (${s.ended()})\n${s.said().slice(-2000)}`);
        else process.kill(-s.child.pid, 'SIGTERM');
        await s.over;
    }
    staying = [];
}

/* ---- a block ---- */

async function run(block, cwd) {
    if (block.excused) {
        excuse(block.excused);
        return;
    }
    try {
        for (const first of block.first) await must(first, cwd);
        const lines = block.lines.filter((l) => l.trim() && !l.trim().startsWith('#'));
        const last = block.until ? lines.pop() : null;
        const done = shell(lines.join('\n'), { cwd, input: block.input });
        if (!done.ok) throw new Error(`exit ${done.status}\n${done.said.slice(-2000)}`);
        if (last) await stays(last, block.until, cwd);
        count.run++;
    } catch (e) {
        failures.push(`${block.where}: ${e.message}`);
    }
}

/* "# sources.yaml" and the like on the first line: the reader saves it under that name. */
function save(block, rules) {
    const [, name] = block.lines[0].match(/^# ((?:lexicon\/)?[a-z]+\.yaml)$/) ?? [];
    if (!name || !existsSync(rules)) return;
    mkdirSync(dirname(join(rules, name)), { recursive: true });
    writeFileSync(join(rules, name), block.text + '\n');
}

async function read(file, cwd) {
    let blocks;
    try {
        blocks = blocksOf(file, readFileSync(join(TREE, file), 'utf8'));
    } catch (e) {
        failures.push(e.message);
        return;
    }
    for (const b of blocks) {
        if (b.language === 'sh') await run(b, cwd);
        else if (b.language === 'yaml') save(b, join(cwd, 'rules/ours'));
    }
    await endStaying();
}

function runSentence(row) {
    if (row.excused) {
        excuse(row.excused);
        return;
    }
    const done = row.text ? shell(row.text, { cwd: '/root' }) : { said: row.why };
    if (done.ok) count.inline++;
    else failures.push(`${row.where}: ${row.said}\n${row.text}: exit ${done.status}\n${done.said.slice(-1500)}`);
}

/* ---- the machine ---- */

/* A checkout that was built. */
function checkout(dir) {
    mkdirSync(join(dir, 'build/release'), { recursive: true });
    mkdirSync(join(dir, 'build/dev'));
    for (const b of ['release', 'dev']) symlinkSync('/opt/bin/huiying', join(dir, 'build', b, 'huiying'));
    for (const d of ['rules', 'docs', 'tests/golden']) cpSync(join(TREE, d), join(dir, d), { recursive: true });
    for (const d of ['dev', 'packaging']) symlinkSync(join(TREE, d), join(dir, d));
    return dir;
}

/* The package installed, the sample city as its office, and its day begun. */
async function install() {
    cpSync(join(TREE, 'rules/sample'), '/etc/huiying/office', { recursive: true });
    mkdirSync('/etc/default', { recursive: true });
    cpSync(join(TREE, 'packaging/default'), '/etc/default/huiying');
    mkdirSync('/root/api');
    mkdirSync('/var/lib/huiying', { recursive: true, mode: 0o700 });
    await must('systemctl enable --now huiying');
    await must(`for p in lin.yue:duty,analyst gu.wen:supervisor,approver; do
        echo a-long-pass-phrase-4711 | huiying user add \${p%%:*} --name \${p%%:*} --roles \${p#*:}; done`);
    const rows = () => shell('huiying incident list --json', { cwd: '/root' });
    await eventually('an incident', () => rows().out.includes('"id"'));
}

/* The same with two offices in it. */
async function severalOffices() {
    await must(`systemctl stop huiying && mkdir /etc/huiying/offices && cd /etc/huiying/offices
        cp -r ../office qingxi && cp -r ../office county
        sed -i 's/^id: qingxi .*/id: qingxixian/' county/office.yaml
        echo 'listen: 127.0.0.1:8801' >>qingxi/office.yaml && echo 'listen: 127.0.0.1:8802' >>county/office.yaml
        sed -i 's/- id: /- id: county-/' county/sources.yaml
        echo 'HUIYING_OPTIONS="-c /etc/huiying/offices"' >/etc/default/huiying
        mv /var/lib/huiying /var/lib/huiying.of-one && mkdir -m 700 /var/lib/huiying && systemctl start huiying`);
}

async function main(documents) {
    const sites = spawn('node', [join(TREE, 'tests/sites/sites.mjs')], { stdio: 'ignore' });
    const place = (file) => file.startsWith('README') ? checkout(join('/home/dev', file))
        : /规则编写|回测|RULES/.test(file) ? '/home/dev/guide' : /接口/.test(file) ? '/root/api' : '/root';

    for (const file of documents.filter((f) => f.startsWith('README'))) await read(file, place(file));
    checkout('/home/dev/guide');
    await install();
    for (const file of documents.filter((f) => !f.startsWith('README'))) {
        await read(file, place(file));
        await must('systemctl start huiying'); // a document may have stopped it
    }
    const sentences = inlineOf(documents.map((f) => [f, readFileSync(join(TREE, f), 'utf8')]));
    process.env.INCIDENT = await must('huiying incident list --json | jq -sr ".[0].id"');
    [process.env.ITEM, process.env.HASH] = (await must('huiying archive show $INCIDENT --json | jq -r ".items[0] | .id, .hash"')).split('\n');
    for (const row of sentences.filter((r) => !r.offices)) runSentence(row);
    await severalOffices();
    for (const row of sentences.filter((r) => r.offices)) runSentence(row);
    await must('systemctl stop huiying');
    sites.kill();
    const excused = Object.entries(count.excused).map(([r, n]) => `${n} excused (${r}: ${reasons[r]})`);
    console.log([`${count.run} blocks and ${count.inline} commands in sentences executed`, ...excused].join('; '));
    if (count.run < 15) failures.push(`only ${count.run} blocks executed: the search is broken`);
    for (const f of failures) console.error(`FAILED ${f}\n`);
    process.exit(failures.length ? 1 : 0);
}

await main(process.argv.slice(2));
