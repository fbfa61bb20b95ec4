// SPDX-License-Identifier: Apache-2.0
/* Documents, requests, messages, tickets: what is owed and until when, and registering one by hand.
 * The server keeps the order and hands out pages; lists from a file are import.js. */
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { get } from './api.js';
import { ms, now, toInput, when } from './clock.js';
import { Import } from './import.js';
import { KINDS } from './matter.js';
import { ClockBar, Countdown, Empty, Failed, Loading } from './parts.js';
import { go, setQuery } from './route.js';
import { isOver, lampOfIncident, nextClock, state, update } from './store.js';
import { t } from './strings.js';

const PAGE = 100, PAGE_MAX = 500, CALM_MS = 2000, TYPING_MS = 250, ROUNDS = 10;

/* ---- registering one ---- */

const ids = (list) => (list || []).map((x) => [x.id, x.name]);
const words = (prefix, list) => list.map((k) => [k, t(prefix + k)]);
const TYPES = { message: ['consult', 'help', 'complaint', 'investigate', 'hard', 'site_error'], document: ['policy', 'normative'], foi: ['unclear'] };
/* Which fields a kind has beside title, number and text; the first time is what its clocks run from. */
const TIMES = { message: ['received', 'first_public'], foi: ['received'], hotline: ['dispatched', 'received'], document: ['signed', 'published'], service_change: ['approved', 'published'], disclosure: ['formed', 'published'], reprint: ['first_public'] };
const ASKS = { channel: ['message', 'hotline'], receipt_form: ['foi'], source: ['reprint'], disclosure_attr: ['document'], interpretation: ['document'], url: ['document', 'service_change', 'disclosure', 'reprint', 'message'] };
const ofKind = (name) => (v) => (ASKS[name] || []).includes(v.kind);
const timed = (name) => ({ name, label: 'f_' + name, kind: 'time', show: (v) => (TIMES[v.kind] || []).includes(name), value: () => (name === 'received' || name === 'dispatched' ? toInput(now()) : '') });
const FIELDS = [
  { name: 'kind', label: 'f_matter', kind: 'select', required: true, options: () => KINDS.filter((k) => k !== 'periodic').map((k) => [k, t('matter_' + k)]), value: (i, given) => given },
  { name: 'title', label: 'f_title', kind: 'text', required: true },
  { name: 'ref', label: 'f_ref', kind: 'text', hint: 'h_ref' },
  { name: 'type', label: 'f_type', kind: 'select', show: (v) => v.kind in TYPES, options: (i, v) => words('type_', TYPES[v?.kind] || []) },
  ...['received', 'dispatched', 'signed', 'approved', 'formed', 'first_public', 'published'].map(timed),
  { name: 'unit', label: 'f_in_charge', kind: 'select', options: () => ids(state.rules?.units) },
  { name: 'text', label: 'f_text', kind: 'long', hint: 'h_masked' },
  { name: 'channel', label: 'f_channel_in', kind: 'text', show: ofKind('channel') },
  { name: 'receipt_form', label: 'f_receipt_form', kind: 'select', show: ofKind('receipt_form'), options: () => words('receipt_', ['in_person', 'mail', 'ordinary_mail', 'online', 'fax']) },
  { name: 'source', label: 'f_source_site', kind: 'text', show: ofKind('source') },
  { name: 'url', label: 'f_url', kind: 'url', show: ofKind('url') },
  { name: 'disclosure_attr', label: 'f_disclosure', kind: 'select', show: ofKind('disclosure_attr'), options: () => words('disclosure_', ['public', 'on_request', 'none']) },
  { name: 'interpretation', label: 'f_interpretation', kind: 'url', show: ofKind('interpretation') },
];
const opened = (answer) => answer.incident && !answer.pending && go('#/incident/' + encodeURIComponent(answer.incident));
export function register(kind) {
  update({ dialog: { incident: { id: '-', title: t('register_hint') }, given: kind, row: { verb: 'register', fields: FIELDS, office: opened } } });
}
export const mayRegister = () => (state.rules?.life || []).some((m) => m.verb === 'register' && m.roles.some((r) => state.me?.roles?.includes(r)));

/* ---- the list ---- */

/* Pages by cursor.  An event about a case has the list read again, at most every two seconds: an
 * import is thousands of events. */
function useList() {
  const q = state.route.query, wanted = (q.get('q') || '').trim(), asked = `state=${q.get('state') === 'all' ? 'all' : 'open'}${q.get('kind') ? `&kind=${q.get('kind')}` : ''}${wanted && `&q=${encodeURIComponent(wanted)}`}`;
  const [page, set] = useState({ next: '', loading: true }), latest = useRef(''), timer = useRef(0);
  const searching = asked.includes('&q=');
  const read = async (after, limit, left = ROUNDS) => {
    try {
      const answer = await get(`/cases?${asked}&limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`);
      if (latest.current !== asked) return;
      update((s) => {
        const fresh = answer.cases.map((c) => c.id), matters = new Map(s.matters);
        for (const c of answer.cases) matters.set(c.id, { ...matters.get(c.id), ...c });
        return { matters, caseAsked: asked, caseList: after ? [...new Set([...s.caseList, ...fresh])] : fresh };
      });
      const going = searching && !!answer.next && left > 1 && state.caseList.length < limit; /* a search looks through so many at a time, whether it finds or not */
      set((old) => ({ next: answer.next || '', counts: answer.counts || old.counts, loading: false, going }));
      if (going) await read(answer.next, limit, left - 1);
    } catch (error) {
      if (latest.current !== asked) return;
      if (error.status === 409 && after) return read('', PAGE); /* the list moved on: from the start */
      set((old) => ({ ...old, error, loading: false }));
    }
  };
  useEffect(() => {
    latest.current = asked;
    update({ caseList: [], caseAsked: '' });
    set((old) => ({ ...old, next: '', error: null, loading: true, going: false }));
    const typed = setTimeout(() => read('', PAGE), searching ? TYPING_MS : 0);
    return () => clearTimeout(typed);
  }, [asked]);
  useEffect(() => {
    if (state.casesSeen) timer.current ||= setTimeout(() => { timer.current = 0; read('', Math.min(Math.max(state.caseList.length, PAGE), PAGE_MAX)); }, CALM_MS);
  }, [state.casesSeen]);
  useEffect(() => () => { clearTimeout(timer.current); latest.current = ''; }, []);
  return { ...page, here: state.caseAsked === asked, more: () => read(page.next, PAGE), retry: () => read('', PAGE) };
}

function Kinds({ counts }) {
  const chosen = state.route.query.get('kind') || '', total = counts && Object.values(counts).reduce((a, b) => a + b, 0);
  const button = (kind, name, n) => html`<button aria-pressed=${chosen === kind ? 'true' : 'false'} onClick=${() => setQuery({ kind })}><b>${n ?? '–'}</b><span>${name}</span></button>`;
  return html`<div class="lampboard kinds">${button('', t('all'), total)}${KINDS.filter((k) => k !== 'periodic' || counts?.periodic).map((k) => button(k, t('matter_' + k), counts ? counts[k] || 0 : null))}</div>`;
}

function Row({ matter: m, selected }) {
  const o = nextClock(m), ref = useRef(null);
  useEffect(() => { if (selected) ref.current.scrollIntoView({ block: 'nearest' }); }, [selected]);
  const meta = [t('matter_' + m.kind), m.ref, m.type && t('type_' + m.type), m.channel || m.source, m.units?.lead?.name].filter(Boolean);
  return html`<li ref=${ref} class=${'row lamped' + (selected ? ' selected' : '')} data-lamp=${lampOfIncident(m)} data-id=${m.id} aria-current=${selected ? 'true' : null}>
    <div class="time">${o ? html`<${Countdown} due=${ms(o.due)} start=${ms(o.start)} /><small>${o.label || o.clock} · ${when(ms(o.due))}</small>` : html`<span class="countdown" data-lamp="off"><span class="lamp" aria-hidden="true"></span><span class="lamp-word">${isOver(m) ? t('state_' + m.state) : t('lamp_off')}</span></span>`}</div>
    <div class="what"><a class="title" href=${'#/incident/' + encodeURIComponent(m.id)} onFocus=${() => update({ selected: m.id })}>${m.title}</a>
      <p class="meta">${meta.map((x) => html`<span>${x}</span>`)}</p></div>
    <div class="bars">${(m.obligations || []).filter((x) => x.state !== 'superseded').slice(0, 4).map((x) => html`<${ClockBar} key=${x.id} o=${x} />`)}</div>
    <div class="ack">${t('state_' + m.state)}</div></li>`;
}

function List() {
  const list = useList(), q = state.route.query, wanted = (q.get('q') || '').trim();
  const shown = list.here ? state.caseList.map((id) => state.matters.get(id)).filter(Boolean) : [];
  const draw = () => {
    if (list.error && !shown.length) return html`<${Failed} error=${list.error} retry=${list.retry} />`;
    if (!list.here || (list.going && !shown.length)) return html`<${Loading} />`;
    if (!shown.length) return html`<${Empty} title=${t(wanted || q.get('kind') ? 'no_case_here' : 'no_cases')} text=${t(wanted ? (list.next ? 'case_search_more' : 'case_search_none') : 'no_cases_text')} />`;
    return html`<ol class="rows">${shown.map((m) => html`<${Row} key=${m.id} matter=${m} selected=${state.selected === m.id} />`)}</ol>`;
  };
  return html`<section class="live cases" aria-label=${t('cases')}><h1 class="hidden">${t('cases')}</h1><${Kinds} counts=${list.counts} />
    <form class="filters" role="search" onSubmit=${(e) => e.preventDefault()}><input id="search" type="search" placeholder=${t('case_search')} aria-label=${t('case_search')} value=${q.get('q') || ''} onInput=${(e) => setQuery({ q: e.target.value })} />
      <div class="selects"><select aria-label=${t('filter')} value=${q.get('state') || ''} onChange=${(e) => setQuery({ state: e.target.value })}><option value="">${t('show_open')}</option><option value="all">${t('show_all')}</option></select>
      ${mayRegister() && html`<button type="button" class="primary" onClick=${() => register(q.get('kind') || 'message')}>${t('act_register')}</button><a class="button" href="#/cases/import">${t('import_title')}</a>`}</div>
      <span class="count" role="status">${list.here && t(list.next ? 'case_count_more' : 'case_count', shown.length)}</span></form>
    ${draw()}${list.next && html`<button class="rest" onClick=${list.more}>${t('more_hits')}</button>`}</section>`;
}

export const Cases = ({ id }) => (id === 'import' ? html`<${Import} />` : html`<${List} />`);
