// SPDX-License-Identifier: Apache-2.0
/* What a key does: moving about, filters, and the acts of the table.  The sheet of keys is drawn from
 * the same rows. */
import { html, useEffect, useRef } from '/vendor/preact.js';
import { act } from './acts.js';
import { LAMPS } from './clock.js';
import { go, setQuery } from './route.js';
import { around, isCase, matterOf, state, update } from './store.js';
import { t } from './strings.js';
import { TRIAGE, triageKey } from './triage.js';
import { ACTS } from './verbs.js';

const here = () => matterOf(state.route.page === 'incident' ? state.route.id : state.selected);

function move(step) {
  const list = around(), at = list.findIndex((i) => i.id === state.selected);
  const next = list[Math.min(Math.max(at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step, 0), list.length - 1)];
  if (!next) return;
  update({ selected: next.id });
  if (state.route.page === 'incident') go('#/incident/' + encodeURIComponent(next.id));
}

function search() {
  if (!['live', 'search'].includes(state.route.page)) go('#/');
  setTimeout(() => document.getElementById('search')?.focus(), 30);
}

function lampFilter(n) {
  const lamp = LAMPS[n];
  if (['live', 'wall'].includes(state.route.page)) setQuery({ lamp: state.route.query.get('lamp') === lamp ? '' : lamp });
}

const open = (page) => () => go('#/' + page);
const back = () => go(state.route.page === 'incident' && isCase(here()) ? '#/cases' : '#/');
const MOVING = [
  { keys: ['j'], label: 'k_next', run: () => move(1) }, { keys: ['k'], label: 'k_previous', run: () => move(-1) },
  { keys: ['Enter'], label: 'k_open', run: () => ['live', 'cases'].includes(state.route.page) && state.selected && go('#/incident/' + encodeURIComponent(state.selected)) },
  { keys: ['u'], label: 'k_back', run: back }, { keys: ['/'], label: 'k_search', run: search },
  { keys: ['1', '2', '3', '4'], label: 'k_lamps', run: (e) => lampFilter(e.key - 1) },
  { keys: ['.'], label: 'k_acts', run: () => here() && update({ sheet: { incident: here() } }) },
  { keys: ['T'], label: 'triage', run: open('triage') }, { keys: ['C'], label: 'cases', run: open('cases') }, { keys: ['F'], label: 'search_page', run: open('search') }, { keys: ['S'], label: 'sources', run: open('sources') }, { keys: ['D'], label: 'duty', run: open('duty') },
  { keys: ['?'], label: 'k_help', run: () => update({ help: true }) },
];
const BY_KEY = new Map(MOVING.flatMap((m) => m.keys.map((k) => [k, m.run])));
for (const a of ACTS) if (a.key) BY_KEY.set(a.key, () => act(here(), a.verb));

export function onKey(e) {
  if (!state.me || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
  const field = e.target.closest('input, textarea, select');
  if (!field && state.route.page === 'triage' && !(e.key === 'Enter' && e.target.closest('a, button, summary')) && triageKey(e.key)) return e.preventDefault();
  if (e.key === 'Escape') {
    if (field) field.blur();
    else if (state.route.page !== 'live') back();
    return;
  }
  if (field || (e.key === 'Enter' && e.target.closest('a, button, summary'))) return;
  const run = BY_KEY.get(e.key);
  if (!run) return;
  e.preventDefault();
  run(e);
}

const line = (keys, text) => html`<div><dt>${keys.map((k) => html`<kbd>${k}</kbd> `)}</dt><dd>${text}</dd></div>`;

export function Help() {
  const ref = useRef(null);
  useEffect(() => { ref.current.showModal(); }, []);
  return html`<dialog ref=${ref} class="keys wide" aria-labelledby="keys-title" onClose=${() => update({ help: false })}><form method="dialog"><header><h2 id="keys-title">${t('keys_title')}</h2></header>
    <dl>${MOVING.map((m) => line(m.keys, t(m.label)))}</dl><h3>${t('keys_acts')}</h3><dl>${ACTS.filter((a) => a.key).map((a) => line([a.key], t('act_' + a.verb)))}</dl>
    <h3>${t('triage')}</h3><dl>${TRIAGE.map(([k, label]) => line([k], t(label)))}${line(['z'], t('tri_undo'))}</dl>
    <footer><button class="primary" autofocus>${t('close')}</button></footer></form></dialog>`;
}
