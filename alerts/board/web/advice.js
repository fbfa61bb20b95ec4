// SPDX-License-Identifier: Apache-2.0
/* What the program says before somebody decides: who should answer and why, what would come of an
 * act.  Both are the keeper's own code on the server. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { get, post } from './api.js';
import { ms, when } from './clock.js';
import { names } from './parts.js';
import { t } from './strings.js';

/* ---- who should answer ---- */

export function Route({ incident, brief = false }) {
  const [answer, set] = useState(null);
  useEffect(() => {
    let gone = false;
    set(null);
    get(`/incidents/${encodeURIComponent(incident.id)}/route`).then((a) => gone || set(a), () => {});
    return () => { gone = true; };
  }, [incident.id, incident.version]);
  if (!answer) return null;
  const steps = answer.steps.filter((s) => !brief || s.holds);
  return html`<div class="route"><p><b>${t('route_lead')}</b> ${answer.lead?.name || t('no_unit')}${answer.support.length > 0 && html` <span class="quiet">${t('unit_support')} ${names(answer.support)}</span>`}</p>
    <ol>${steps.map((s) => html`<li data-holds=${s.holds ? 1 : 0}><b>${t('route_' + s.step)}${s.lead ? ` · ${t('unit_lead')}` : ''}</b> <span>${names(s.units)}</span><small>${s.why}</small></li>`)}</ol>
    ${answer.call.length > 0 && html`<p><small>${t('route_call', answer.call.join('、'))}</small></p>`}</div>`;
}

/* ---- what would come of an act ---- */

function Clocks({ list }) {
  const order = [...list].sort((a, b) => ms(a.due) - ms(b.due));
  return html`<ul>${order.map((o) => html`<li><b>${o.label || o.clock}</b> ${o.state === 'open' ? t('due_at', when(ms(o.due))) : t('ob_' + o.state)} <small>${o.state !== 'open' ? '' : o.known ? t('preview_same') : t('preview_new')}</small></li>`)}</ul>`;
}

function After({ doc }) {
  const ends = ['merged', 'dismissed'].includes(doc.state), start = doc.times?.first_public || doc.times?.detected;
  return html`<section><p><b class="cut">${doc.id ? doc.title : `${t('after_new')}：${doc.title}`}</b> <span class="quiet">${t('state_' + doc.state)} · ${t('n_items', doc.items)}${!ends && start ? ` · ${t('after_start', when(ms(start)))}` : ''}</span></p>
    ${ends ? html`<p class="quiet">${t('after_stops')}</p>` : doc.obligations.length ? html`<${Clocks} list=${doc.obligations} />` : html`<p class="quiet">${t('no_clocks')}</p>`}</section>`;
}

/* Asked again a moment after the arguments have changed. */
export function Rehearsal({ incident, verb, args }) {
  const [answer, set] = useState(null), key = JSON.stringify(args);
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => post(`/incidents/${encodeURIComponent(incident.id)}/rehearse`, { verb, args: { ...args, reason: args.reason || '…' } })
      .then((a) => gone || set(a), () => gone || set(null)), 200);
    return () => { gone = true; clearTimeout(timer); };
  }, [incident.id, verb, key]);
  if (!answer) return null;
  const told = [...new Set(answer.told.flatMap((n) => n.to))];
  return html`<div class="preview" role="status">${answer.ok ? html`<p>${t('after_title')}</p>${answer.incidents.map((d) => html`<${After} key=${d.id} doc=${d} />`)}
    ${told.length > 0 && html`<p>${t('after_told', told.join('、'))}</p>`}` : html`<p class="error">${answer.message}</p>`}</div>`;
}
