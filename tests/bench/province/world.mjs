// SPDX-License-Identifier: Apache-2.0
/* A province that does not exist: its offices, the names of their places, its sources, how often
 * each posts, and what it posts.  The same seed gives the same province.
 *
 * Rates are heavy-tailed (Pareto, exponent 1.2, cut at 500 times the mean): a tenth of the sources
 * posts more than half of everything.  A fifth of the items are reprints of what another source
 * posted a moment ago.  Of the rest two thirds name no place of the province, a third names one and
 * is everyday news, one in a hundred is an emergency there. */
const REPRINTS = 0.2, LOCAL = 0.33, EMERGENCIES = 0.01;

/* mulberry32 */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const pick = (rnd, list) => list[Math.floor(rnd() * list.length)];

/* ---- places ---- */

const FIRST = [...'清云石江南柏松青白金银龙凤鹤桃杏梅兰竹枫'], SECOND = [...'溪岭桥口屏河湖塘坪湾坡泉洲浦'];
const TOWNS = ['城关镇', '河口镇', '新集镇', '东坪镇', '西塘镇'];
export const CITY = 25; /* counties a city */

export function offices(n) {
  const names = [];
  for (let i = 0; i < n; i++) names.push(FIRST[i % FIRST.length] + SECOND[Math.floor(i / FIRST.length) % SECOND.length] + '新东西南北'.charAt(Math.floor(i / (FIRST.length * SECOND.length)) - 1));
  return names.map((name, i) => ({
    id: `c${String(i).padStart(3, '0')}`, name: `${name}县`, short: name,
    city: `98${String(1 + Math.floor(i / CITY)).padStart(2, '0')}`, code: `98${String(1 + Math.floor(i / CITY)).padStart(2, '0')}${String(21 + (i % CITY))}`,
  }));
}

/* ---- sources ---- */

export const address = (i, port) => `127.1.${i >> 8}.${i & 255}:${port}`;

export function sources(n, perDay, seed) {
  const rnd = random(seed), raw = [];
  for (let i = 0; i < n; i++) raw.push(Math.min(500, (1 - rnd()) ** (-1 / 1.2)));
  const mean = raw.reduce((a, b) => a + b) / n;
  return raw.map((r, i) => ({ i, perDay: (r / mean) * perDay }));
}

/* ---- texts ---- */

const EVERYDAY = ['召开秋季农业生产调度会', '一条乡村公路完成改造通车', '举办职工篮球联赛', '集中开展食品安全检查', '新建小学教学楼投入使用', '启动冬季供暖设备检修', '为老年人免费体检', '推进老旧小区加装电梯', '发布就业招聘信息', '组织志愿者清理河道'];
const ELSEWHERE = ['新款手机发布会公布价格', '联赛末轮主队客场取胜', '电影票房连续三周领先', '研究人员公布海洋观测结果', '多家航空公司调整冬春航线', '博物馆推出夜间专场', '新能源汽车出口继续增长', '作家新书分享会与读者见面', '天文爱好者拍到流星雨', '国际马拉松赛报名开始'];
const WORKS = ['化工厂', '烟花厂', '面粉厂', '木材厂', '油漆厂', '纺织厂', '造纸厂', '煤矿', '冷库', '加油站'];
const HAPPENED = ['发生爆炸', '发生火灾', '厂房坍塌', '发生气体泄漏'];
const SENTENCES = ['有关部门介绍，这项工作从年初开始准备，分三个阶段推进。', '现场工作人员表示，各项安排正在有序进行。', '记者了解到，参加的单位有二十多家，覆盖周边多个乡镇。', '附近居民说，和往年相比变化很大，希望以后能够坚持下去。', '负责人说，下一步将继续听取意见，完善细节，方便群众。', '据统计，前三季度相关投入比去年同期增加了百分之八。', '活动持续到下午五点，秩序良好。', '专家建议，要结合当地实际，稳妥推进，注意总结经验。'];

function body(rnd, lead) {
  const out = [lead];
  for (let n = 4 + Math.floor(rnd() * 10); n > 0; n--) out.push(pick(rnd, SENTENCES));
  return out;
}

/* What source `i` posts as its `n`-th item. */
export function write(counties, i, n, seed) {
  const rnd = random(seed ^ Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b)), where = rnd(), county = counties[i % counties.length];
  const town = pick(rnd, TOWNS), number = Math.floor(rnd() * 9000) + 1000;
  if (where < EMERGENCIES) {
    const title = `${county.name}${town}一家${pick(rnd, WORKS)}${pick(rnd, HAPPENED)}致${1 + Math.floor(rnd() * 9)}人死亡`;
    return { title, text: body(rnd, `今天，${title}，另有${2 + Math.floor(rnd() * 20)}人受伤，现场救援正在进行。`), emergency: true };
  }
  if (where < EMERGENCIES + LOCAL) {
    const title = `${county.name}${pick(rnd, EVERYDAY)}（${number}）`;
    return { title, text: body(rnd, `近日，${title.replace(/（.*/, '')}，${county.name}${town}等地参加。`) };
  }
  const title = `${pick(rnd, ELSEWHERE)}（${number}）`;
  return { title, text: body(rnd, `${title.replace(/（.*/, '')}，引起不少关注。`) };
}

export const isReprint = (i, n, seed) => random(seed ^ Math.imul(i + 7, 0xc2b2ae35) ^ Math.imul(n + 3, 0x27d4eb2f))() < REPRINTS;
