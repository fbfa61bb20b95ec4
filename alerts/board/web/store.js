// SPDX-License-Identifier: Apache-2.0
/* What the page knows.  One object, changed only by update(); whoever draws subscribes. */
import { lampOf, ms } from './clock.js';

export const state = {
  me: null,            /* null: not signed in; undefined while we ask */
  rules: null,
  incidents: new Map(),
  loaded: false,
  lost: 0,             /* since when the connection is gone, 0: connected */
  synced: 0,           /* when data last was known to be complete */
  keeper: true,
  toasts: [],
  said: '',            /* for screen readers */
  route: { page: 'live', id: '', query: new URLSearchParams() },
  selected: '',
  dialog: null,        /* the form of an act */
  sheet: null,         /* the sheet of all acts */
  triage: {},          /* what the queue asks, and what was judged last */
  sound: false,
  probe: null,         /* the test alarm that is under way: when it was sent, taken, shown, receipted */
  dutySeen: 0,         /* when the duty list changed last */
};

const listeners = new Set();
let queued = false;

export function update(change) {
  Object.assign(state, typeof change === 'function' ? change(state) : change);
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    for (const fn of listeners) fn();
  });
}
export function subscribe(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/* ---- derived ---- */

const OVER = new Set(['dismissed', 'merged', 'settled', 'evaluated', 'archived', 'closed']);
export const isOver = (i) => OVER.has(i.state) || !!i.closed || !!i.merged_into;

/* Incidents are replaced, never changed, so what follows from one is worked out once. */
const known = new WeakMap();
function derived(i) {
  let d = known.get(i);
  if (!d) {
    const list = (i.obligations || []).filter((o) => o.state === 'open' && o.due).sort((a, b) => ms(a.due) - ms(b.due));
    d = { list, due: list.length ? ms(list[0].due) : 0, start: list.length ? ms(list[0].start) : 0, opened: ms(i.opened) };
    known.set(i, d);
  }
  return d;
}
export const running = (i) => derived(i).list;
export const nextClock = (i) => derived(i).list[0] || null;
export const lampOfIncident = (i) => lampOf(derived(i).due, derived(i).start);

/* The order of the server's list: nearest due time, then what has no running clock, newest first. */
export function byUrgency(a, b) {
  const x = derived(a), y = derived(b);
  if (!x.due !== !y.due) return x.due ? -1 : 1;
  return x.due - y.due || y.opened - x.opened;
}

export function levelOf(i) {
  return i.level ?? i.level_proposed ?? null;
}

export function visible() {
  const q = state.route.query, text = (q.get('q') || '').trim().toLowerCase();
  const wanted = (key, value) => !q.get(key) || String(value ?? '') === q.get(key);
  return [...state.incidents.values()].filter((i) =>
    (q.get('state') === 'all' || !isOver(i)) &&
    wanted('lamp', lampOfIncident(i)) && wanted('level', levelOf(i)) &&
    wanted('unit', i.units?.lead?.id ?? i.units?.proposed?.[0]?.id) &&
    (!q.get('place') || (i.places || []).some((p) => p.code === q.get('place'))) &&
    (!q.get('topic') || (i.topics || []).some((p) => p.id === q.get('topic'))) &&
    (q.get('ack') !== 'none' || !i.ack) &&
    (!text || [i.id, i.title, ...(i.places || []).map((p) => p.name), ...(i.topics || []).map((p) => p.name || p.id)]
      .join('\n').toLowerCase().includes(text))).sort(byUrgency);
}
