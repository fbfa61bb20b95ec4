/* SPDX-License-Identifier: Apache-2.0 */
/* What the sample office is told of its city: every text of the sample sites is judged with the
 * sample rules.  Not named here means: nobody is told.  $HUIYING is the program. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SITES, World } from './world.mjs';

const HUIYING = process.env.HUIYING ?? 'build/dev/huiying';
const START = Date.parse('2026-11-23T09:11:50+08:00');
const here = dirname(fileURLToPath(import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'verdicts-'));
after(() => rmSync(dir, { recursive: true }));

const EXPECTED = {
    /* the explosion, as reports, reprints and notices */
    '清溪县一化工厂爆炸，现场浓烟': 'alert',
    '清溪县一化工厂发生爆炸 已致12人死亡': 'alert',
    '转：清溪县一化工厂发生爆炸 已致12人死亡': 'alert',
    '清溪縣化工廠爆炸 12人死亡': 'alert',
    '清溪县化工厂爆炸致12人死亡31人受伤': 'alert',
    '清溪县化工厂爆炸死亡人数升至13人': 'alert',
    '清溪县化工厂爆炸已致15人死亡': 'alert',
    '网传清溪县化工厂爆炸死了上百人，毒气已经飘到江口区，速转！': 'alert',
    '关于清溪县鑫岚化工厂爆炸事故的情况通报': 'alert',
    '清溪县鑫岚化工厂爆炸事故处置进展（第二次通报）': 'alert',
    /* hardships in our own place want an answer in 48 hours */
    '求助：江口区滨河小区停水四天没人管': 'list',
    '云岭县安置房工地拖欠农民工工资半年，讨薪无门': 'list',
    /* looks like an event and is none, or is not ours */
    '清溪县开展化工企业爆炸事故应急演练': 'list',
    '关于网传“化工厂爆炸上百人死亡”的情况说明': 'digest',
    '关于江口区滨河小区停水问题的回复': 'digest',
    '连载：小城往事（第二十三章 爆炸声）': 'digest',
    '清溪万家城周年庆，全场爆炸优惠，家电直降一千！': 'digest',
    '清溪市安全生产委员会办公室关于开展今冬明春安全生产大检查的通知': 'digest',
    '石桥矿难十周年：安全的弦不能松': 'digest',
    '东海省一化工园区爆炸，已致8人死亡': 'digest',
};

const plain = (title) => title.replace(/（\d+）$/, '');

function judgeAll() {
    const world = new World({ start: START });
    const items = SITES.flatMap((site) => world.items(site, START + 3 * 3600e3)).map((it, i) => ({
        id: String(i), title: it.title, published: new Date(it.at).toISOString(),
        text: [...it.text, ...it.replies.map((r) => r.text)].join('\n'),
    }));
    execFileSync('node', [join(here, 'sites.mjs'), '--port-base', '18300', '--write-rules', join(dir, 'office')]);
    const out = execFileSync(HUIYING, ['score', '-c', join(dir, 'office')], {
        input: items.map((it) => JSON.stringify(it)).join('\n') + '\n', maxBuffer: 1 << 28,
        env: { ...process.env, HUIYING_NATIONAL: join(here, '../../rules/national') },
    });
    return String(out).trim().split('\n').map(JSON.parse);
}

const judged = judgeAll();
const of = (title) => judged.filter((it) => plain(it.title) === title);

test('every text of the sample city reaches whom it should', () => {
    const wrong = judged
        .filter((it) => it.score.alert !== (EXPECTED[plain(it.title)] ?? 'none'))
        .map((it) => `${it.title}: ${it.score.alert}`);
    assert.deepEqual([...new Set(wrong)], []);
    for (const title of Object.keys(EXPECTED)) assert.ok(of(title).length > 0, title);
});

test('the explosion is a matter of the emergency bureau, of the second level', () => {
    for (const it of of('清溪县化工厂爆炸已致15人死亡')) {
        assert.equal(it.score.units[0].id, 'emergency_bureau');
        assert.equal(it.score.level, 2);
    }
});

test('what a denial quotes is no finding', () => {
    const [denial] = of('关于网传“化工厂爆炸上百人死亡”的情况说明');
    assert.equal(denial.score.level, null);
    assert.equal(denial.score.facts.deaths, undefined);
});
