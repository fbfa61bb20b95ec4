// SPDX-License-Identifier: Apache-2.0
/* The rules of a province's offices: the sample's, with places, sources and people's times of their
 * own, a directory per office.  Escalation is in seconds, so that a short run has timers. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, offices } from './world.mjs';

const TOWNS = ['城关镇', '河口镇', '新集镇', '东坪镇', '西塘镇'];

function places(o, all) {
  const city = all.filter((x) => x.city === o.city);
  return ['divisions:', '  - {code: "98", name: 云川省, also: [云川]}', `  - {code: "${o.city}", name: 第${Number(o.city) - 9800}清市}`,
    ...city.map((x) => `  - {code: "${x.code}", name: ${x.name}, also: [${x.short}]}`),
    ...TOWNS.map((t, k) => `  - {code: "${o.code}${100 + k}", name: ${t}}`),
    'local:', `  - {name: ${o.short}工业园, in: "${o.code}"}`, ''].join('\n');
}

function sourceLines(o, k, n, count, port, visits) {
  const out = ['sources:'];
  for (let i = k; i < count; i += n)
    out.push(`  - {id: s${i}, name: 资讯${i}, kind: list, url: "http://${address(i, port)}/", credibility: ${40 + (i % 5) * 10}, allow_private: true, gap: ${visits.gap}, visit_min: ${visits.min}, visit_max: ${visits.max}, discover: false}`);
  return `${out.join('\n')}\n`;
}

/* visits: {gap, min, max} as sources.yaml writes them. */
export function writeRules(dir, { nOffices, count, port, visits }) {
  const all = offices(nOffices);
  mkdirSync(dir, { recursive: true });
  all.forEach((o, k) => {
    const to = join(dir, o.id), edit = (file, fn) => writeFileSync(join(to, file), fn(readFileSync(join(to, file), 'utf8')));
    cpSync('rules/sample', to, { recursive: true });
    edit('office.yaml', (s) => s.replace(/^id: .*$/m, `id: ${o.id}`).replace(/^name: .*$/m, `name: ${o.name}人民政府新闻办公室`).replace(/^level: .*$/m, 'level: county').replace(/^division: .*$/m, `division: "${o.code}"`).replace(/^contact: .*$/m, `contact: news@${o.id}.example`));
    writeFileSync(join(to, 'places.yaml'), places(o, all));
    writeFileSync(join(to, 'sources.yaml'), sourceLines(o, k, nOffices, count, port, visits));
    edit('duty.yaml', (s) => s.replace(/\{after: 10m,/, '{after: 20s,').replace(/\{after: 20m,/, '{after: 40s,').replace(/\{after: 40m,/, '{after: 60s,'));
  });
  return all;
}
