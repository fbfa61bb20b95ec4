// SPDX-License-Identifier: Apache-2.0
/* Journal entries as plain sentences. */
import { html } from '/vendor/preact.js';
import { ms, when } from './clock.js';
import { clockNames, names, personName } from './parts.js';
import { isCase, state } from './store.js';
import { t } from './strings.js';

const actorOf = (e) => (typeof e.actor === 'object' ? e.actor?.name || e.actor?.id : personName(e.actor)) || '';
const nameIn = (list, id) => (list || []).find((x) => x.id === id)?.name || id || '';
/* Units as they were given (ids) or as the keeper wrote them ({id,name}). */
const units = (list) => (list || []).map((u) => u?.name || nameIn(state.rules?.units, u?.id || u)).join('、');

/* The words a sentence may need, gathered from wherever the entry keeps them. */
function wordsOf(e) {
  const d = e.data || {}, a = d.args || d, n = d.notice || {}, item = d.item || {}, set = d.set || {};
  const level = a.level ?? set.level;
  return {
    type: e.type,
    title: n.title || item.title || a.title || d.put?.found?.[0]?.title || '',
    names: names(d.put?.notices?.[0]?.to || n.to),
    reason: a.reason || '', text: a.text || '', basis: a.basis || '', into: a.into || '',
    clock: clockNames(a.clock),
    level_name: level ? t('level_' + level) : '',
    lead_name: set.units?.lead?.name || nameIn(state.rules?.units, a.lead),
    form_name: a.form ? nameIn(state.rules?.forms, a.form) : '',
    state_name: set.state ? t('state_' + set.state) : a.state ? t('seen_' + a.state) : '',
    url: a.url || '', what: a.what || '', comment: a.comment || '', within: a.within || '', with: a.with || '', receiver: a.receiver || '',
    answer: a.answer || '', conclusions: a.conclusions || '', lessons: a.lessons || '',
    unit_name: a.unit?.name || nameIn(state.rules?.units, a.unit), status_name: a.status ? t('fact_status_' + a.status) : '',
    convener: a.convener || '', members: names(a.members), liaison: units(d.put?.consultations?.[0]?.liaison || a.liaison), minutes: a.minutes || '',
    disposition: (a.disposition || []).map?.((x) => nameIn(state.rules?.dispositions, x)).join('、') || '',
  };
}

export function sentence(e) {
  const w = wordsOf(e), item = e.type === 'item' ? e.data?.item || {} : {}, reprint = item.reprint_of || e.data?.put?.items?.[0]?.reprint_of;
  const kind = e.type !== 'item' ? '' : item.joined_by === 'update' ? '_update' : reprint ? '_reprint' : '';
  const known = ['open', 'item', 'clocks', 'notice', 'found', 'ack', 'confirm', 'dismiss', 'level', 'assign', 'respond', 'reject_found', 'waive', 'merge', 'times', 'note', 'state', 'close', 'reopen', 'receipt', 'keeper',
    'classify', 'verify', 'consult', 'line', 'draft', 'submit', 'approve', 'reject', 'extend', 'suspend', 'resume', 'refer', 'correct', 'withdraw', 'evaluate', 'urge', 'call', 'split', 'snooze'];
  if (e.type === 'open' && isCase(e.data?.set)) return t('e_register');
  return t(known.includes(e.type) ? `e_${e.type}${kind}` : 'e_other', w);
}

/* Which clocks an entry opened or ended, as small lines below the sentence. */
function changes(e) {
  const list = e.data?.put?.obligations || [], opened = new Set(list.filter((o) => o.state === 'open').map((o) => o.clock));
  return list.filter((o) => o.state === 'open' || o.state !== 'superseded' || !opened.has(o.clock)).map((o) => o.state === 'open' ? t('e_clock_new', o.label || o.clock, when(ms(o.due))) : `${o.label || o.clock}：${t('ob_' + o.state)}${o.reason ? `（${o.reason}）` : ''}`);
}

export function Timeline({ entries }) {
  const quiet = new Set(['receipt']);
  return html`<ol class="timeline">${entries.map((e) => {
    const by = actorOf(e), machine = !by || ['system', 'huiying', 'keep', 'keeper'].includes(by);
    return html`<li key=${e.seq} data-type=${e.type} class=${quiet.has(e.type) ? 'minor' : ''}><time>${when(ms(e.at))}</time>
      <div><p>${sentence(e)}</p>${changes(e).map((c) => html`<small>${c}</small>`)}
      <small class="by">${machine ? t('system') : by} · #${e.seq}</small></div></li>`;
  })}</ol>`;
}
