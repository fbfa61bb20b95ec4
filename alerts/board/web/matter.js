// SPDX-License-Identifier: Apache-2.0
/* What a case is, for its page: the facts of its registration, and its text. */
import { html } from '/vendor/preact.js';
import { ms, when } from './clock.js';
import { Link, names } from './parts.js';
import { t } from './strings.js';

/* In the order in which offices get them. */
export const KINDS = ['message', 'hotline', 'foi', 'document', 'service_change', 'disclosure', 'reprint', 'periodic'];
const TIMES = ['received', 'dispatched', 'signed', 'approved', 'formed', 'first_public', 'published', 'asked', 'supplemented', 'assigned'];

const pair = (name, value) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

export function CaseFacts({ matter: m }) {
  const rated = Array.isArray(m.satisfaction) ? m.satisfaction.at(-1) : m.satisfaction;
  return html`<dl class="pairs">${pair(t('f_matter'), t('matter_' + m.kind))}${pair(t('f_ref'), m.ref)}${pair(t('f_type'), m.type && t('type_' + m.type))}
    ${pair(t('unit_lead'), m.units?.lead ? m.units.lead.name : html`<span class="quiet">${t('no_unit')}</span>`)}${m.units?.support?.length > 0 && pair(t('unit_support'), names(m.units.support))}
    ${pair(t('f_channel_in'), m.channel)}${pair(t('f_source_site'), m.source)}${pair(t('f_receipt_form'), m.receipt_form && t('receipt_' + m.receipt_form))}${pair(t('f_disclosure'), m.disclosure_attr && t('disclosure_' + m.disclosure_attr))}
    ${pair(t('f_url'), m.url && html`<${Link} url=${m.url} />`)}${pair(t('f_interpretation'), m.interpretation && html`<${Link} url=${m.interpretation} />`)}
    ${TIMES.filter((k) => m.times?.[k]).map((k) => pair(t('f_' + k), when(ms(m.times[k]))))}${rated && pair(t('act_rate'), `${t(rated.satisfied ? 'f_satisfied' : 'not_satisfied')}${rated.comment ? `：${rated.comment}` : ''}`)}
    ${m.linked?.length > 0 && pair(t('linked'), m.linked.map((l) => html`<a href=${'#/incident/' + encodeURIComponent(l.id)}>${l.id}</a> `))}</dl>`;
}

/* Personal numbers in it were masked when it came in. */
export function CaseText({ matter: m, items }) {
  const text = items?.[0]?.text || m.excerpt;
  return text ? html`<article class="text" lang="zh"><div class="body"><p class="whole">${text}</p></div></article>` : html`<p class="quiet">${t('no_case_text')}</p>`;
}
