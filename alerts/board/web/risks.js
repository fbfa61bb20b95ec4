// SPDX-License-Identifier: Apache-2.0
/* Pre-release risk assessments: the list, the form, one with what its words have found.  Forms are rows
 * as in verbs.js; they go to the document itself, and the keeper judges them. */
import { html, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { ms, now, toInput, when } from './clock.js';
import { expertsFor } from './dialog.js';
import { may } from './duty.js';
import { Empty, Failed, Link, Loading, personName, sourceName } from './parts.js';
import { state, update } from './store.js';
import { addWords, t } from './strings.js';
import { nameOf } from './verbs.js';
import { words } from './words_risk.js';

addWords(words);
const DAY = 24 * 3600e3;

/* ---- forms ---- */

const choices = (prefix, list) => () => list.map((k) => [k, t(prefix + k)]);
const ids = (list) => (list || []).map((x) => [x.id, x.name]);
const kept = (name) => (i) => i[name] ?? '', lines = (name) => (i) => (i[name] || []).join('\n');
const field = (name, kind, required, more = {}) => ({ name, label: 'f_risk_' + name, kind, required, value: kind === 'lines' ? lines(name) : kept(name), ...more });
const FORM = [
  field('name', 'text', true), field('type', 'select', false, { options: choices('risk_type_', ['policy', 'event', 'project', 'announcement', 'other']) }),
  field('unit', 'select', false, { options: () => ids(state.rules?.units), value: (i) => i.units?.lead?.id ?? '' }),
  field('release', 'time', true, { value: (i) => toInput(i.release ? ms(i.release) : now() + DAY) }), field('days', 'number', true, { number: true, min: 1, max: 90, value: (i) => i.days ?? 7 }),
  field('summary', 'long', false), field('risks', 'lines', true), field('words', 'lines', true, { hint: 'h_risk_words' }), field('plan', 'long', true),
  field('grade', 'select', true, { options: choices('grade_', ['high', 'medium', 'low']) }), field('topic', 'select', false, { options: () => ids(state.rules?.topics) }),
];
const reason = { name: 'reason', label: 'f_risk_reason', kind: 'text', required: true };
const byTopic = (i) => expertsFor({ topics: i.topic ? [{ id: i.topic }] : [] }).map((x) => `${x.name}（${[x.org, x.post, x.available].filter(Boolean).join('，')}）`).join('；');
const FORMS = {
  risk: FORM, risk_amend: [...FORM, reason], risk_reject: [reason], risk_end: [reason],
  risk_opinion: [{ name: 'who', label: 'f_risk_who', kind: 'text', required: true, note: (i) => { const list = byTopic(i); return list && t('risk_ask', list); } }, { name: 'text', label: 'f_risk_opinion', kind: 'long', required: true }],
  risk_approve: [{ name: 'checks', label: 'f_risk_checks', kind: 'many', required: true, options: choices('risk_check_', ['wording', 'timing', 'method']) }, { name: 'comment', label: 'f_risk_comment', kind: 'long' }],
};

function ask(doc, verb, load) {
  update({ dialog: { incident: { ...doc, title: doc.name || '' }, row: { verb, fields: FORMS[verb], office: load, wide: verb === 'risk' || verb === 'risk_amend' }, given: null } });
}

/* ---- pieces ---- */

const isOn = (r) => r.state === 'proposed' || r.state === 'approved';
const phase = (r) => (!isOn(r) ? '' : now() < ms(r.watch.from) ? 'before' : now() < ms(r.watch.to) ? 'now' : '');
const Grade = ({ r }) => html`<span class="chip" data-grade=${r.grade}>${t('grade_' + r.grade)}</span>`;
const State = ({ r }) => html`<span class="chip" data-state=${r.state}>${t('risk_is_' + r.state)}</span>${phase(r) && html` <span class="chip" data-phase=${phase(r)}>${t('risk_phase_' + phase(r))}</span>`}`;

function List() {
  const [a, error, load] = useAnswer('/risks', 60000, state.riskSeen), [all, showAll] = useState(false);
  if (error && !a) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a || !state.rules) return html`<${Loading} />`;
  const shown = all ? a.risks : a.risks.filter(isOn);
  return html`<section class="page risks"><h1>${t('risks')}</h1><p class="quiet">${t('risk_text')}</p>
    <div class="buttons">${may('risk') && html`<button class="primary" onClick=${() => ask({ id: 'new' }, 'risk', load)}>${t('risk_new')}</button>`}
      <button aria-pressed=${all ? 'true' : 'false'} onClick=${() => showAll(!all)}>${t(all ? 'risk_running' : 'risk_all')}</button></div>
    ${!shown.length ? html`<${Empty} title=${t('no_risks')} text="" />` : html`<table class="grid"><thead><tr><th>${t('risk_name')}</th><th>${t('risk_grade')}</th><th>${t('risk_release')}</th><th>${t('risk_state')}</th><th class="num">${t('risk_caught')}</th></tr></thead>
      <tbody>${shown.map((r) => html`<tr key=${r.id}><th scope="row"><a href=${'#/risks/' + encodeURIComponent(r.id)}>${r.name}</a></th><td><${Grade} r=${r} /></td><td>${when(ms(r.release))}</td><td><${State} r=${r} /></td><td class="num">${r.n_caught}</td></tr>`)}</tbody></table>`}</section>`;
}

function Acts({ r, load }) {
  const own = r.drafted?.by === state.me?.id, go = (verb) => () => ask(r, verb, load), waits = r.state === 'proposed';
  if (r.state === 'ended') return null;
  const button = (verb, primary) => may(verb) && html`<button class=${primary ? 'primary' : ''} onClick=${go(verb)}>${t('act_' + verb)}</button>`;
  return html`<div class="buttons acts">${waits && !own && html`${button('risk_approve', true)}${button('risk_reject')}`}${button('risk_opinion')}${button('risk_amend')}${button('risk_end')}</div>
    ${waits && own && may('risk_approve') && html`<p class="quiet">${t('risk_own')}</p>`}`;
}

/* A hostile title may be as long as it likes. */
const TITLE = 120, short = (text) => { const all = Array.from(text || ''); return all.length > TITLE ? all.slice(0, TITLE).join('') + '…' : text; };

function Caught({ r }) {
  const rows = [...r.caught].reverse();
  return html`<h2>${t('risk_n_caught', r.n_caught)}</h2>${!rows.length ? html`<p class="quiet">${t(now() < ms(r.watch.from) ? 'risk_not_yet' : 'risk_none_caught')}</p>` : html`<ul class="found caught">${rows.map((c) => html`<li key=${c.id}>
    <p>${c.incident ? html`<a href=${'#/incident/' + encodeURIComponent(c.incident)}>${short(c.title || c.url)}</a>` : html`<${Link} url=${c.url}>${short(c.title || c.url)}<//>`}</p>
    <small>${when(ms(c.published || c.at))} · ${sourceName(c.source)} ${(c.words || []).map((w) => html`<span class="chip">${w}</span> `)}${c.own && html`<span class="chip">${t('risk_own_page')}</span>`}${c.raised_from && html`<span class="chip">${t('risk_raised')}</span>`}</small></li>`)}</ul>
    ${r.n_caught > rows.length && html`<p class="quiet">${t('risk_more', rows.length)}</p>`}`}`;
}

function Decision({ d, r }) {
  return html`<p><b>${t(r.state === 'rejected' ? 'rejected_by' : 'approved_by', d.name || d.by)}</b> ${when(ms(d.at))} ${(d.checks || []).map((c) => html`<span class="chip">${t('risk_check_' + c)}</span> `)}</p>${(d.comment || d.reason) && html`<p class="said">${d.comment || d.reason}</p>`}`;
}

const Texts = ({ list }) => html`<ul class="plain-list">${(list || []).map((x) => html`<li>${x}</li>`)}</ul>`;

function One({ id }) {
  const [r, error, load] = useAnswer('/risks/' + encodeURIComponent(id), 60000, state.riskSeen);
  if (error && !r) return html`<${Failed} error=${error} retry=${load} />`;
  if (!r || !state.rules) return html`<${Loading} />`;
  return html`<section class="page risk"><p class="crumb"><a href="#/risks">← ${t('risks')}</a> <code>${r.id}</code> <${State} r=${r} /> <${Grade} r=${r} /></p><h1>${r.name}</h1>
    <p class="quiet">${t('risk_drafted', r.drafted?.name || r.drafted?.by || '', when(ms(r.drafted?.at)))}</p><${Acts} r=${r} load=${load} />
    <div class="columns even"><div><dl class="pairs"><div><dt>${t('risk_release')}</dt><dd>${when(ms(r.release))}</dd></div><div><dt>${t('risk_watch')}</dt><dd>${when(ms(r.watch.from))} → ${when(ms(r.watch.to))}${r.ended?.by_itself ? ` · ${t('risk_by_itself')}` : ''}</dd></div>
        ${r.units?.lead && html`<div><dt>${t('f_risk_unit')}</dt><dd>${r.units.lead.name}</dd></div>`}${r.type && html`<div><dt>${t('f_risk_type')}</dt><dd>${t('risk_type_' + r.type)}</dd></div>`}${r.topic && html`<div><dt>${t('topics')}</dt><dd>${nameOf(state.rules.topics, r.topic)}</dd></div>`}</dl>
      ${r.summary && html`<h2>${t('risk_summary')}</h2><p class="said">${r.summary}</p>`}<h2>${t('risk_risks')}</h2><${Texts} list=${r.risks} /><h2>${t('risk_words')}</h2><p>${r.words.map((w) => html`<mark>${w}</mark> `)}</p>
      <h2>${t('risk_plan')}</h2><p class="said">${r.plan}</p><h2>${t('risk_opinions')}</h2>${r.opinions.length ? html`<ul class="records">${r.opinions.map((o) => html`<li key=${o.id}><div><p><b>${o.who}</b></p><p class="said">${o.text}</p></div><small>${o.name || personName(o.by)} ${when(ms(o.at))}</small></li>`)}</ul>` : html`<p class="quiet">${t('no_opinions')}</p>`}
      ${r.decided && html`<h2>${t('risk_decided')}</h2><${Decision} d=${r.decided} r=${r} />`}</div>
    <div><${Caught} r=${r} /><h2>${t('risk_history')}</h2><ul class="notices">${[...(r.history || [])].reverse().map((h) => html`<li key=${h.id}><time>${when(ms(h.at))}</time><div><p>${t('act_' + h.verb)} ${h.reason || ''}</p><small>${h.name || t('system')}</small></div></li>`)}</ul></div></div></section>`;
}

export const Risks = ({ id }) => (id ? html`<${One} id=${id} />` : html`<${List} />`);
