// SPDX-License-Identifier: Apache-2.0
/* Subordinate offices, to read and no more: what is open, what is late, how they kept the times, each
 * number with its rows.  A rate of fewer than five cases is no rate. */
import { html, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { lampOf, ms, now, when } from './clock.js';
import { ClockBar, Countdown, Empty, Failed, Level, Loading, overdue } from './parts.js';
import { setQuery } from './route.js';
import { Figure, Rows } from './rows.js';
import { byUrgency, nextClock, state } from './store.js';
import { t } from './strings.js';

const OPEN_MS = 15000, STATS_MS = 300000, FEW = 5;
const nameOf = (id) => state.rules?.subordinates?.find((s) => s.id === id)?.name || id;

/* The first day of this quarter. */
function quarter() {
  const d = new Date(now() + 8 * 3600e3);
  return `${d.getUTCFullYear()}-${String(Math.floor(d.getUTCMonth() / 3) * 3 + 1).padStart(2, '0')}-01`;
}

/* The rate is of what was on time and what was late, whose rows stand beside it. */
function rateOf({ part, whole }) {
  return !whole ? '—' : whole < FEW ? `${part}/${whole}${t('brackets', t('too_few'))}` : `${((100 * part) / whole).toFixed(1)}%`;
}
const isLate = (i) => (i.obligations || []).some(overdue);

function Numbers({ numbers, name, show }) {
  if (!numbers) return html`${[1, 2, 3, 4].map(() => html`<td class="n">…</td>`)}`;
  const { incidents, obligations: o } = numbers.incidents, figure = (number, key) => html`<td class="n"><${Figure} number=${number} what=${`${name} ${t(key)}`} show=${show} /></td>`;
  return html`${figure(incidents, 'set_incidents')}${figure(o.met, 'res_met')}${figure(o.late, 'res_late')}<td class="n">${rateOf(o.on_time)}</td>`;
}

function Line({ office, show }) {
  const path = `/subordinates/${encodeURIComponent(office.id)}`, page = `#/below/${encodeURIComponent(office.id)}`;
  const [open, error] = useAnswer(`${path}/incidents`, OPEN_MS), [numbers] = useAnswer(`${path}/stats?from=${quarter()}`, STATS_MS);
  const list = [...(open?.incidents || [])].sort(byUrgency), next = list.map(nextClock).find(Boolean), late = list.filter(isLate).length;
  const link = (n, to, key) => (n ? html`<a class="number" href=${to} aria-label=${`${office.name} ${t(key)}: ${n}`}>${n}</a>` : html`<span class="nought">0</span>`);
  return html`<tr><th scope="row"><a href=${page}>${office.name}</a>${error && html` <small class="error">${error.message}</small>`}</th>
    <td class="n">${open ? link(list.length, page, 'below_open') : '…'}</td><td class=${'n' + (late ? ' error' : '')}>${open ? link(late, `${page}?late=1`, 'below_late') : '…'}</td>
    <td>${next ? html`<${Countdown} due=${ms(next.due)} start=${ms(next.start)} />` : open ? t('nothing_runs') : '…'}</td>
    <${Numbers} numbers=${numbers} name=${office.name} show=${show} /></tr>`;
}

function Sum({ show }) {
  const [numbers] = useAnswer(`/subordinates/stats?from=${quarter()}`, STATS_MS);
  return html`<tfoot><tr><th scope="row">${t('below_all')}</th><td colspan="3"></td><${Numbers} numbers=${numbers} name=${t('below_all')} show=${show} /></tr></tfoot>`;
}

function List() {
  const [answer, error, load] = useAnswer('/subordinates'), [asked, ask] = useState(null), show = (address, what) => ask({ address, what });
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!answer) return html`<${Loading} />`;
  if (!answer.subordinates.length) return html`<${Empty} title=${t('below_none')} text=${t('below_none_text')} />`;
  return html`<h1>${t('below')}</h1><p class="quiet">${t('below_text', quarter())}</p><div class="scroll" tabindex="0" role="group" aria-label=${t('below')}><table class="grid">
    <thead><tr><th>${t('below_office')}</th><th class="n">${t('below_open')}</th><th class="n">${t('below_late')}</th><th>${t('below_next')}</th><th class="n">${t('set_incidents')}</th><th class="n">${t('res_met')}</th><th class="n">${t('res_late')}</th><th class="n">${t('on_time')}</th></tr></thead>
    <tbody>${answer.subordinates.map((o) => html`<${Line} key=${o.id} office=${o} show=${show} />`)}</tbody><${Sum} show=${show} /></table></div>
    ${asked && html`<${Rows} key=${asked.address} asked=${asked} close=${() => ask(null)} linked=${false} />`}`;
}

function Matter({ i }) {
  const o = nextClock(i);
  return html`<li class="row lamped" data-lamp=${o ? lampOf(ms(o.due), ms(o.start)) : 'off'}><div class="time">${o ? html`<${Countdown} due=${ms(o.due)} start=${ms(o.start)} /><small>${t('due_at', when(ms(o.due)))}</small>` : html`<span class="quiet">${t('state_' + i.state)}</span>`}</div>
    <div class="what"><b class="title">${i.title}</b><p class="meta"><${Level} incident=${i} /><span>${i.id}</span><span>${t('state_' + i.state)}</span>${i.units?.lead && html`<span>${i.units.lead.name}</span>`}</p></div>
    <div class="bars">${(i.obligations || []).filter((x) => x.state !== 'superseded').slice(0, 4).map((x) => html`<${ClockBar} key=${x.id} o=${x} />`)}</div>
    <div class="ack">${i.ack ? html`<span class="done">✓ ${i.ack.name || i.ack.by}</span>` : html`<span class="undone">${t('not_acked')}</span>`}</div></li>`;
}

function One({ id }) {
  const [answer, error, load] = useAnswer(`/subordinates/${encodeURIComponent(id)}/incidents`, OPEN_MS), only = state.route.query.get('late') === '1';
  const list = [...(answer?.incidents || [])].sort(byUrgency).filter((i) => !only || isLate(i));
  return html`<p><a href="#/below">← ${t('below')}</a></p><h1>${nameOf(id)}</h1><p class="quiet">${t('below_read_only')}</p>
    <p><label class="check"><input type="checkbox" checked=${only} onChange=${(e) => setQuery({ late: e.target.checked ? '1' : '' })} />${t('below_only_late')}</label></p>
    ${error ? html`<${Failed} error=${error} retry=${load} />` : !answer ? html`<${Loading} />` : !list.length ? html`<p>${t('below_quiet')}</p>`
    : html`<ul class="rows">${list.map((i) => html`<${Matter} key=${i.id} i=${i} />`)}</ul>`}`;
}

export const Below = ({ id }) => html`<section class="page below">${id ? html`<${One} id=${id} />` : html`<${List} />`}</section>`;
