// SPDX-License-Identifier: Apache-2.0
/* The duty page: who is on now, the next hand-over, gaps, what was changed by hand, silences, and a
 * test alarm with the time it takes there and back.  Forms are rows as in verbs.js; they go to the
 * document W-duty, and the keeper judges them. */
import { html, useEffect } from '/vendor/preact.js';
import { say } from './acts.js';
import { useAnswer } from './answer.js';
import { command } from './api.js';
import { ms, now, toInput, when } from './clock.js';
import { Deliveries } from './delivery.js';
import { Failed, Loading, names, personName, sourceName, Term } from './parts.js';
import { state, update } from './store.js';
import { t } from './strings.js';

const DOC = 'W-duty', HOUR = 3600e3, DAY = 24 * HOUR, PROBE_MS = 15000;
const ids = (list) => (list || []).map((x) => [x.id, x.name]);
export const may = (verb) => (state.rules?.duty_verbs?.[verb] || []).some((r) => state.me?.roles?.includes(r));
const disposes = () => ['supervisor', 'admin'].some((r) => state.me?.roles?.includes(r));
const people = () => ids(state.rules?.duty_people);
const others = () => people().filter(([id]) => id !== state.me?.id);

/* ---- forms ---- */

const given = (name) => (_, g) => g?.[name] ?? '';
const at = (name, label, value) => ({ name, label, kind: 'time', required: true, value: (i, g) => (g?.[name] ? toInput(ms(g[name])) : value ? toInput(value()) : '') });
const why = (required = false) => ({ name: 'why', label: 'f_cause', kind: 'text', required });
const span = (length) => [at('from', 'f_from', () => now()), at('to', 'f_till', () => now() + length)];

/* Turns in which somebody stands, as choices of a form. */
function turnsOf(doc, wanted) {
  return doc.turns.flatMap((x) => ['duty', 'second'].filter((p) => x[p] && wanted(x[p].id)).map((p) => [ms(x.from) < now() ? toRfc(now() + 60e3) : x.from, `${when(ms(x.from))} → ${when(ms(x.to))} ${t('post_' + p)} ${x[p].name}`]));
}
const toRfc = (time) => new Date(time).toISOString().replace(/\.\d+Z$/, '+00:00');

const SCOPES = {
  source: () => ids(state.rules?.sources), unit: () => ids(state.rules?.units), topic: () => ids(state.rules?.topics),
  incident: () => [...state.incidents.values()].map((i) => [i.id, `${i.id} ${i.title}`]),
};

const FORMS = {
  override: [...span(DAY), { name: 'duty', label: 'post_duty', kind: 'select', options: () => (disposes() ? people() : people().filter(([id]) => id === state.me.id)), value: given('duty') },
    { name: 'second', label: 'second', kind: 'select', options: () => (disposes() ? people() : people().filter(([id]) => id === state.me.id)) }, why()],
  away: [{ name: 'who', label: 'f_who', kind: 'select', required: true, options: () => (disposes() ? people() : people().filter(([id]) => id === state.me.id)), value: () => state.me?.id }, ...span(DAY), why()],
  swap: [{ name: 'mine', label: 'f_my_turn', kind: 'select', required: true, options: (doc) => turnsOf(doc, (id) => id === state.me.id), value: given('mine') },
    { name: 'with', label: 'f_swap_with', kind: 'select', required: true, options: others },
    { name: 'theirs', label: 'f_their_turn', kind: 'select', hint: 'h_their_turn', options: (doc, values) => turnsOf(doc, (id) => id === values?.with) }, why()],
  drill: [{ name: 'title', label: 'f_drill_title', kind: 'text', required: true }, { name: 'level', label: 'f_level', kind: 'select', number: true, required: true, options: () => [1, 2, 3, 4].map((n) => [n, t('level_' + n)]), value: () => 3 }, { name: 'text', label: 'f_drill_text', kind: 'long' }],
  duty_cancel: [{ ...why(), name: 'reason' }],
  silence: [{ name: 'what', label: 'f_silence_what', kind: 'select', required: true, options: () => ['sources', 'source', 'incident', 'unit', 'topic', 'drills'].map((k) => [k, t('silence_' + k)]) },
    { name: 'scope', label: 'f_scope', kind: 'select', required: true, show: (v) => v.what in SCOPES, options: (doc, values) => SCOPES[values?.what]?.() || [] },
    { ...at('to', 'f_till', () => now() + 2 * HOUR), hint: 'h_silence' }, why(true)],
  alarm_test: [{ name: 'person', label: 'f_test_person', kind: 'select', options: people },
    { name: 'channel', label: 'f_channel', kind: 'select', hint: 'h_channel', options: (doc) => doc.channels.map((c) => [c, c.startsWith('mail:') ? `${t('mail')} ${personName(c.slice(5))}` : c]) }],
};
const FIXED = { duty_cancel: 'row', silence_end: 'silence' };

/* The document as the dialog wants a matter. */
export function ask(d, load, verb, about = null) {
  const row = { verb, fields: FORMS[verb], office: load, about: FIXED[verb] };
  update({ dialog: { incident: { ...d, id: DOC, title: t('duty_form_' + verb) }, row, given: about } });
}

async function send(load, verb, args) {
  try {
    const answer = await command({ id: DOC }, verb, args);
    say(answer.pending ? t('pending') : `${t('act_' + verb)}：${t('done')}`);
    for (const hint of answer.hints || []) say(hint, 'urgent');
    load();
    return true;
  } catch (e) {
    say(e.message, 'bad');
    return false;
  }
}

/* ---- who, and who is missing ---- */

const who = (p) => p?.name || html`<em class="bad">${t('gap')}</em>`;

function Now({ turn }) {
  if (!turn?.duty) return html`<p class="verdict bad" role="alert"><b>${t('no_duty')}</b> ${t('no_duty_text')}</p>`;
  return html`<div class="onduty"><div><small>${t('on_duty')}</small><b>${turn.duty.name}</b></div><div><small>${t('second')}</small><b>${who(turn.second)}</b></div>
    <div><small>${t('hand_over', when(ms(turn.to)))}</small>${turn.why && html`<span class="chip">${t('swap')} ${turn.why}</span>`}</div></div>`;
}

function Gaps({ d, load }) {
  const rota = d.turns.filter((x) => !x.duty && ms(x.to) > now() && !d.gaps.some((g) => g.post === 'duty' && ms(g.from) < ms(x.to) && ms(g.to) > ms(x.from))).map((x) => ({ post: 'duty', from: x.from, to: x.to, why: '' }));
  const gaps = [...rota, ...d.gaps].sort((a, b) => ms(a.from) - ms(b.from));
  if (!gaps.length) return html`<p class="verdict good">${t('no_gaps')}</p>`;
  return html`<h2>${t('gaps')}</h2><ul class="found gaps">${gaps.map((g) => html`<li><p><b class="bad">${t('post_' + g.post)} ${t('gap')}</b> ${when(ms(g.from))} → ${when(ms(g.to))} ${g.why || ''}</p>
    ${may('override') && ['duty', 'second'].includes(g.post) && html`<div class="buttons"><button onClick=${() => ask(d, load, 'override', { from: ms(g.from) < now() ? null : g.from, to: g.to })}>${t('fill_gap')}</button></div>`}</li>`)}</ul>`;
}

function Turns({ d, load }) {
  const mine = (x) => [x.duty?.id, x.second?.id].includes(state.me?.id), first = (x) => (ms(x.from) < now() ? toRfc(now() + 60e3) : x.from);
  const button = (x) => (mine(x) ? may('swap') && html`<button onClick=${() => ask(d, load, 'swap', { mine: first(x) })}>${t('act_swap')}</button>`
    : may('override') && html`<button onClick=${() => ask(d, load, 'override', { from: x.from, to: x.to, duty: disposes() ? '' : state.me.id })}>${t(disposes() ? 'act_override' : 'take_over')}</button>`);
  return html`<h2>${t('upcoming')}</h2><table class="grid turns"><thead><tr><th>${t('from')}</th><th>${t('to')}</th><th>${t('post_duty')}</th><th>${t('second')}</th><th><span class="hidden">${t('all_acts')}</span></th></tr></thead>
    <tbody>${d.turns.slice(1).map((x) => html`<tr><td>${when(ms(x.from))}</td><td>${when(ms(x.to))}</td><td>${who(x.duty)}</td><td>${who(x.second)}${x.why && html` <span class="chip">${x.why}</span>`}</td><td>${button(x)}</td></tr>`)}</tbody></table>`;
}

/* ---- by hand ---- */

const stretch = (x) => `${when(ms(x.from))} → ${when(ms(x.to))}`;
const signed = (x) => html`<small>${x.name || personName(x.by)} ${x.at ? when(ms(x.at)) : ''} · ${x.id}${x.why ? ` · ${x.why}` : ''}</small>`;
const LINES = {
  changes: (x) => html`<b>${stretch(x)}</b> ${x.duty ? `${t('post_duty')} ${personName(x.duty)}` : ''} ${x.second ? `${t('second')} ${personName(x.second)}` : ''}`,
  away: (x) => html`<b>${personName(x.who)}</b> ${stretch(x)} ${t('is_away')}`,
  swaps: (x) => html`<b>${personName(x.by)}</b> ${stretch(x.mine || x)} ⇄ <b>${personName(x.with)}</b> ${x.theirs ? stretch(x.theirs) : t('only_gives')}`,
};

function Answer({ x, load }) {
  const asked = x.with === state.me?.id || disposes();
  if (x.state !== 'proposed') return null;
  return asked ? html`<button class="primary" onClick=${() => send(load, 'swap_answer', { swap: x.id, agree: true })}>${t('agree')}</button><button onClick=${() => send(load, 'swap_answer', { swap: x.id, agree: false })}>${t('refuse')}</button>`
    : html`<span class="chip">${t('waits_for', personName(x.with))}</span>`;
}

function ByHand({ d, load }) {
  const rows = Object.keys(LINES).flatMap((k) => d[k].filter((x) => ['active', 'proposed'].includes(x.state) && !(k === 'changes' && x.cancelled)).map((x) => [k, x]));
  const mine = (x) => disposes() || [x.by, x.duty, x.second, x.who].includes(state.me?.id);
  return html`<h2>${t('by_hand')}</h2><div class="buttons">${['override', 'away', 'swap'].filter(may).map((v) => html`<button onClick=${() => ask(d, load, v)}>${t('act_' + v)}</button>`)}</div>
    ${rows.length ? html`<ul class="found by-hand">${rows.map(([k, x]) => html`<li key=${x.id}><p>${LINES[k](x)}</p>${signed(x)}<div class="buttons">${k === 'swaps' && html`<${Answer} x=${x} load=${load} />`}
      ${mine(x) && may('duty_cancel') && html`<button onClick=${() => ask(d, load, 'duty_cancel', { id: x.id })}>${t('act_duty_cancel')}</button>`}</div></li>`)}</ul>` : html`<p class="quiet">${t('nothing_by_hand')}</p>`}`;
}

const scopeName = (x) => (x.what === 'source' ? sourceName(x.scope) : (SCOPES[x.what]?.() || []).find(([id]) => id === x.scope)?.[1] || x.scope || '');

function Silences({ d, load }) {
  const active = d.silences.filter((x) => x.state === 'active');
  return html`<h2><${Term} name="silence">${t('silences')}<//></h2>${may('silence') && html`<div class="buttons"><button onClick=${() => ask(d, load, 'silence')}>${t('act_silence')}</button></div>`}
    ${active.length ? html`<ul class="found silences">${active.map((x) => html`<li key=${x.id}><p><b>${t('silence_' + x.what)}</b> ${scopeName(x)} ${t('until', when(ms(x.to)))}</p>${signed(x)}${may('silence_end') && html`<div class="buttons"><button onClick=${() => send(load, 'silence_end', { silence: x.id })}>${t('act_silence_end')}</button></div>`}</li>`)}</ul>`
      : html`<p class="quiet">${t('no_silence')}</p>`}`;
}

/* ---- test alarm ---- */

const stateOf = (d, p) => d.tests.find((n) => n.id === p.notice)?.states?.[state.me?.id];
const seconds = (v) => (v / 1000).toFixed(v < 9950 ? 2 : 1);

async function probe(load) {
  update({ probe: { sent: performance.now() } });
  if (!(await send(load, 'alarm_test', {}))) return update({ probe: null });
  update((s) => ({ probe: { ...s.probe, answered: performance.now() } }));
  setTimeout(() => update((s) => ({ probe: s.probe && !s.probe.back ? { ...s.probe, late: true } : s.probe })), PROBE_MS);
}

/* The receipt has come home when the keeper's document says that I saw it. */
function useProbe(d, load) {
  const p = state.probe;
  useEffect(() => {
    if (!p?.arrived || p.back) return undefined;
    const timer = setInterval(load, 250);
    return () => clearInterval(timer);
  }, [p?.notice, !!p?.back]);
  useEffect(() => {
    if (p?.arrived && !p.back && ['shown', 'closed', 'acked'].includes(stateOf(d, p))) update({ probe: { ...p, back: performance.now() } });
  });
}

function Trip({ p }) {
  const part = (key, v) => html`<div><dt>${t(key)}</dt><dd>${v ? t('n_seconds', seconds(v - p.sent)) : '…'}</dd></div>`;
  return html`<div role="status"><dl class="facts probe">${part('probe_answered', p.answered)}${part('probe_arrived', p.arrived)}${part('probe_back', p.back)}</dl></div>
    ${p.back ? html`<p class="verdict good">${t('probe_fine', seconds(p.back - p.sent))}</p>` : p.late ? html`<p class="verdict bad" role="alert">${t('probe_late')}</p>` : ''}`;
}

function Tests({ d, load }) {
  useProbe(d, load);
  return html`<h2>${t('test_alarm')}</h2><p class="quiet">${t('test_alarm_text')}</p><div class="buttons">${may('alarm_test') && html`<button class="primary" disabled=${state.probe && !state.probe.back && !state.probe.late} onClick=${() => probe(load)}>${t('test_myself')}</button>`}
    ${disposes() && html`<button onClick=${() => ask(d, load, 'alarm_test')}>${t('test_others')}</button>`}</div>${state.probe && html`<${Trip} p=${state.probe} />`}
    ${d.tests.length > 0 && html`<ul class="notices tests">${d.tests.map((n) => html`<li key=${n.id}><time>${when(ms(n.at))}</time><p>${(n.to || []).map((p) => html`${p.name} <span class="chip" data-seen=${n.states?.[p.id]}>${t('seen_' + n.states?.[p.id])}</span> `)}
      ${Object.entries(n.channels || {}).map(([c, s]) => html`${c} <span class="chip" data-seen=${s === 'sent' ? 'shown' : s}>${t('seen_' + s)}</span> `)}</p></li>`)}</ul>`}`;
}

/* ---- the page ---- */

export function Duty() {
  const [d, error, load] = useAnswer('/duty', 60000, state.dutySeen);
  if (error && !d) return html`<${Failed} error=${error} retry=${load} />`;
  if (!d || !state.rules) return html`<${Loading} />`; /* forms choose from the rules' people */
  return html`<section class="page duty"><h1>${t('duty')}</h1><${Now} turn=${d.turns[0]} /><${Gaps} d=${d} load=${load} />
    <div class="columns even"><div><${Turns} d=${d} load=${load} /><p class="quiet">${t('calendar_how')} <a href="#/me">${t('tokens')}</a></p><${ByHand} d=${d} load=${load} /></div>
    <div><${Tests} d=${d} load=${load} /><${Deliveries} /><${Silences} d=${d} load=${load} />
      <h2>${t('posts')}</h2><table class="grid"><tbody>${d.posts.map((p) => html`<tr><th scope="row"><${Term} name=${'post_' + p.post}>${t('post_' + p.post)}<//></th><td>${p.people.length ? names(p.people) : html`<em class="bad">${t('gap')}</em>`}${p.gap && html` <span class="chip">${t('post_gap')}</span>`}</td></tr>`)}</tbody></table>
      <h2>${t('people')}</h2><table class="grid"><tbody>${d.people.map((p) => html`<tr><th scope="row">${p.name}</th><td>${p.roles.join('、')}</td></tr>`)}</tbody></table></div></div></section>`;
}
