// SPDX-License-Identifier: Apache-2.0
/* What people recorded about a matter beside its clocks: verification, consultation, drafts and
 * lines, what waits for approval, responses, evaluation.  One table: where it stands, and how a
 * record reads. */
import { html } from '/vendor/preact.js';
import { act } from './acts.js';
import { ms, when } from './clock.js';
import { clockName, clockNames, Link, names } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';
import { mayDecide, nameOf, waitingFor } from './verbs.js';

const unitName = (u) => u?.name || u?.id || u || '';
const list = (v, key) => (v || []).map((x) => nameOf(state.rules?.[key], x) || x).join('、');
const said = (v) => (v ? html`<p class="said">${v}</p>` : null);
const level = (r) => html`<p><b>${t('level_' + r.level)}</b> ${r.reason || ''}</p>`;
const stateChip = (r) => html`<span class="chip" data-state=${r.state}>${t('is_' + r.state)}</span>`;

function Decided({ r }) {
  const d = r.decided;
  return d ? html`<p class="quiet">${t(r.state === 'rejected' ? 'rejected_by' : 'approved_by', d.name || d.by)}${d.checks?.length ? ` · ${d.checks.map((c) => t('check_' + c)).join('、')}` : ''} ${d.comment || d.reason || ''}</p>` : null;
}

function Response({ r }) {
  return html`<p><b>${nameOf(state.rules?.forms, r.form)}</b> ${r.url ? html`<${Link} url=${r.url} />` : r.reference || ''}${r.entered_late && html` <span class="chip">${t('entered_late')}</span>`}${r.withdrawn && html` <span class="chip">${t('withdrawn')}</span>`}${r.final && html` <span class="chip">${t('f_final')}</span>`}</p>
    <p class="quiet">${t('published')} ${when(ms(r.published))}${r.clocks?.length ? ` · ${t('ends')} ${clockNames(r.clocks)}` : ''}${r.boxes?.length ? ` · ${list(r.boxes, 'boxes')}` : ''}${r.speaker ? ` · ${r.speaker}` : ''}</p>
    ${r.hash && html`<p><code title=${r.hash}>${t('hash')} ${r.hash.slice(0, 16)}</code></p>`}${said(r.delay_cause)}
    ${(r.corrections || []).map((c) => html`<p>${t('act_correct')}：${c.what} <small>${when(ms(c.time || c.at))}</small></p>`)}`;
}

/* member of the document | how one record reads */
const KINDS = [
  ['responses', (r) => html`<${Response} r=${r} />`],
  ['verifications', (r) => html`<p><b>${unitName(r.unit)}</b> <span class="chip">${t('fact_status_' + r.status)}</span></p>${said(r.answer)}`],
  ['consultations', (r) => html`<p>${t('f_convener')} <b>${r.convener}</b> · ${names(r.members)}${r.liaison?.length > 0 && html` · ${t('f_liaison')} ${names(r.liaison)}`}</p>${said(r.conclusions)}${r.tasks?.length > 0 && html`<ul class="tasks">${r.tasks.map((x) => html`<li>${x}</li>`)}</ul>`}`],
  ['drafts', (r) => html`<p><b>${r.title || nameOf(state.rules?.forms, r.form)}</b> ${t('version_n', r.version)} ${stateChip(r)}</p><details><summary>${t('show_text')}</summary>${said(r.text)}</details><${Decided} r=${r} />`],
  ['lines', (r) => html`<p>${t('version_n', r.version)} ${stateChip(r)}</p>${said(r.text)}<${Decided} r=${r} />`],
  ['gradings', (r) => html`${level(r)}${stateChip(r)}<${Decided} r=${r} />`],
  ['waivers', (r) => html`<p><b>${clockName(r.clock)}</b> ${stateChip(r)}${r.approval && html` <span class="chip">${t('f_approval')} ${r.approval}</span>`}</p>${said(r.basis)}<${Decided} r=${r} />`],
  ['extensions', (r) => html`<p><b>${clockName(r.clock)}</b> +${r.within} ${stateChip(r)}</p>${said(r.reason)}<${Decided} r=${r} />`],
  ['opinion_level', level],
  ['parties', (r) => html`<p>${['responsible', 'involved', 'respondent'].filter((k) => r[k]).map((k) => `${t('f_' + k)} ${unitName(r[k])}`).join(' · ')}</p>`],
  ['spokesperson', (r) => html`<p><b>${r.person}</b> ${r.title || ''}</p>`],
  ['accepted', (r) => said(r.reason)],
  ['returns', (r) => html`${said(r.reason)}${r.unit && html`<p>${t('f_better_unit')} ${unitName(r.unit)}</p>`}`],
  ['urges', (r) => html`${r.clock_ahead && html`<p><span class="chip">${t('clock_ahead')}</span></p>`}${said(r.text)}${r.due && html`<p class="quiet">${t('f_done_by')} ${when(ms(r.due))}</p>`}`],
  ['calls', (r) => html`<p><b>${r.person ? r.person.name : t('post_' + r.to)}</b></p>${said(r.text)}`],
  ['pauses', (r) => html`<p>${r.with} · ${t('why_' + r.why)} · ${when(ms(r.from))} → ${r.to ? when(ms(r.to)) : t('still')}</p>`],
  ['evaluations', (r) => html`<p>${['timeliness', 'targeting', 'effectiveness', 'initiative', 'impact'].filter((k) => r[k] != null).map((k) => `${t('f_' + k)} ${r[k]}`).join(' · ')}</p>${said(r.lessons)}`],
  ['tags', (r) => html`<p>${(r.tags || []).map((x) => html`<span class="chip">${t('tag_' + x)}</span> `)}</p>`],
  ['closed', (r) => said(r.follow_up)],
  ['archived', (r) => said(r.reason)],
];
const rowsOf = (v) => (Array.isArray(v) ? v : v && typeof v === 'object' ? [v] : []);
export const hasRecords = (i) => KINDS.some(([k]) => rowsOf(i[k]).length);

function Kind({ i, name, draw }) {
  const all = rowsOf(i[name]), old = all.filter((r) => r.state === 'superseded'), current = all.filter((r) => r.state !== 'superseded');
  const rows = (some) => html`<ul class="records">${[...some].reverse().map((r) => html`<li key=${r.id}><div>${draw(r)}</div><small>${r.name || r.by || ''} ${r.time || r.at ? when(ms(r.time || r.at)) : ''}${r.id ? ` · ${r.id}` : ''}</small></li>`)}</ul>`;
  return html`<section><h3>${t('rec_' + name)}</h3>${rows(current)}${old.length > 0 && html`<details class="old"><summary>${t('older_n', old.length)}</summary>${rows(old)}</details>`}</section>`;
}

export function Records({ incident: i }) {
  return KINDS.filter(([k]) => rowsOf(i[k]).length).map(([name, draw]) => html`<${Kind} key=${name} i=${i} name=${name} draw=${draw} />`);
}

/* What waits for a decision of somebody else than who proposed it. */
export function Approvals({ incident: i }) {
  return html`<ul class="found">${waitingFor(i).map((p) => {
    const own = p.by === state.me?.id;
    return html`<li key=${p.id}><p><b>${t('kind_' + p.list)}</b> ${p.title || clockName(p.clock)}${p.level ? t('level_' + p.level) : ''} <code>${p.id}</code></p>${said(p.basis || p.text || p.reason)}
      <small>${t('proposed_by', p.name || p.by, when(ms(p.at)))}</small>
      ${own ? html`<small>${t('not_by_yourself')}</small>` : mayDecide(p) && html`<div class="buttons"><button class="primary" onClick=${() => act(i, 'approve', p)}>${t('act_approve')}</button><button onClick=${() => act(i, 'reject', p)}>${t('act_reject')}</button></div>`}</li>`;
  })}</ul>`;
}
