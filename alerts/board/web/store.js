// SPDX-License-Identifier: Apache-2.0
/* What the page knows.  One object, changed only by update(); whoever draws subscribes. */
import { lampOf, ms } from './clock.js';

export const state = {
  me: null,            /* null: not signed in; undefined while we ask */
  rules: null,
  incidents: new Map(),
  matters: new Map(),  /* cases that have been looked at: documents, requests, messages */
  caseList: [],        /* ids of the list of cases, in its order */
  caseAsked: '',       /* which list that is */
  urgentCase: null,    /* the one whose clock ends first */
  casesSeen: 0,        /* when an event last spoke of a case */
  loaded: false,
  lost: 0,             /* since when the connection is gone, 0: connected */
  synced: 0,           /* when data last was known to be complete */
  keeper: true,
  toasts: [],
  said: '',            /* for screen readers */
  lamps: '',           /* colours of all incidents when last looked at */
  fresh: new Map(),    /* id -> 'new' or 'changed', for a minute */
  route: { page: 'live', id: '', query: new URLSearchParams() },
  selected: '',
  dialog: null,        /* the form of an act */
  sheet: null,         /* the sheet of all acts */
  triage: {},          /* what the queue asks, and what was judged last */
  sound: false,
  probe: null,         /* the test alarm that is under way: when it was sent, taken, shown, receipted */
  riskSeen: 0,         /* when a risk assessment changed last */
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

/* Documents, requests, messages and the like: everything registered that is no incident. */
const CASES = new Set(['document', 'service_change', 'disclosure', 'foi', 'message', 'hotline', 'reprint', 'periodic']);
export const isCase = (i) => CASES.has(i?.kind);
export const matterOf = (id) => state.incidents.get(id) || state.matters.get(id);
/* What changes in the state when a matter was read: it lies with its like. */
export const keeping = (i) => (s) => (isCase(i) ? { matters: new Map(s.matters).set(i.id, { ...s.matters.get(i.id), ...i }) } : { incidents: new Map(s.incidents).set(i.id, { ...s.incidents.get(i.id), ...i }) });

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
function compare(x, y) {
  if (!x.due !== !y.due) return x.due ? -1 : 1;
  return x.due - y.due || y.opened - x.opened;
}
export const byUrgency = (a, b) => compare(derived(a), derived(b));

export function levelOf(i) {
  return i.level ?? i.level_proposed ?? null;
}

/* ---- what is shown ---- */

/* Answered by me, told to me, or my unit's. */
export function isMine(i) {
  const me = state.me || {}, told = Array.isArray(i.notices) ? i.notices.flatMap((n) => Object.keys(n.states || {})) : i.told || [];
  return i.ack?.by === me.id || told.includes(me.id) || (!!me.unit && [i.units?.lead, ...(i.units?.support || [])].some((u) => u?.id === me.unit));
}

/* One predicate a filter; only those that the query names are asked. */
const FILTERS = {
  lamp: (v) => (i) => lampOfIncident(i) === v,
  level: (v) => (i) => String(levelOf(i) ?? '') === v,
  unit: (v) => (i) => (i.units?.lead?.id ?? i.units?.proposed?.[0]?.id) === v,
  place: (v) => (i) => (i.places || []).some((p) => p.code === v),
  topic: (v) => (i) => (i.topics || []).some((p) => p.id === v),
  ack: (v) => (i) => v !== 'none' || !i.ack,
  mine: () => isMine,
  q: (v) => (i) => [i.id, i.title, ...(i.places || []).map((p) => p.name), ...(i.topics || []).map((p) => p.name || p.id)].join('\n').toLowerCase().includes(v.trim().toLowerCase()),
};
export function matching(query) {
  const asked = Object.keys(FILTERS).filter((k) => query.get(k)).map((k) => FILTERS[k](query.get(k)));
  if (query.get('state') !== 'all') asked.push((i) => !isOver(i));
  return (i) => asked.every((ask) => ask(i));
}

/* Each answer is worked out once until incidents, lamps or the person change. */
let memo = { incidents: null, lamps: '', me: null, answers: new Map() };
export function cached(key, work) {
  if (memo.incidents !== state.incidents || memo.lamps !== state.lamps || memo.me !== state.me) memo = { incidents: state.incidents, lamps: state.lamps, me: state.me, answers: new Map() };
  if (!memo.answers.has(key)) memo.answers.set(key, work());
  return memo.answers.get(key);
}
/* The keys are looked up once for each, not once for each comparison. */
const all = () => cached('all', () => {
  const keyed = [...state.incidents.values()].map((incident) => ({ incident, d: derived(incident) }));
  return keyed.sort((a, b) => compare(a.d, b.d)).map((k) => k.incident);
});
export const select = (query) => cached(`list ${query}`, () => all().filter(matching(query)));
export const visible = () => select(state.route.query);
/* What j and k walk over: the list one looks at, or came from. */
export const around = () => (state.route.page === 'cases' || isCase(state.matters.get(state.route.id)) ? state.caseList.map((id) => state.matters.get(id)).filter(Boolean) : visible());
