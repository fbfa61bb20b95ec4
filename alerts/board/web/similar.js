// SPDX-License-Identifier: Apache-2.0
/* Which open matters look like the same.  Nothing here touches the page. */
import { ms } from './clock.js';
import { isOver, state } from './store.js';

const HOURS = 3600e3, FEW = 5;
function pairs(text) {
  const chars = Array.from((text || '').replace(/[\s\p{P}]/gu, '')), out = new Set();
  for (let i = 0; i + 1 < chars.length && i < 200; i++) out.add(chars[i] + chars[i + 1]);
  return out;
}
function overlap(a, b) {
  let both = 0;
  for (const p of a) if (b.has(p)) both++;
  return a.size + b.size ? (2 * both) / (a.size + b.size) : 0;
}

/* Open matters by likeness, best first: words of the title, then place, kind of event and time.  It
 * only orders the choice; a person decides, and sees the clocks before. */
export function similar(i) {
  const mine = pairs(i.title), codes = new Set((i.places || []).map((p) => p.code)), at = ms(i.times?.first_public || i.opened);
  const likeness = (o) => overlap(mine, pairs(o.title)) + ((o.places || []).some((p) => codes.has(p.code)) ? 0.15 : 0) +
    (i.event_type && o.event_type === i.event_type ? 0.1 : 0) + (Math.abs(ms(o.times?.first_public || o.opened) - at) < 72 * HOURS ? 0.05 : 0);
  return [...state.incidents.values()].filter((o) => o.id !== i.id && !isOver(o)).map((o) => [likeness(o), o]).sort((a, b) => b[0] - a[0]).map(([like, o]) => ({ like, incident: o }));
}
export const likely = (i) => similar(i).filter((s) => s.like >= 0.3).slice(0, FEW);
