// SPDX-License-Identifier: Apache-2.0
/* A number and the rows it counts: a button each, and the table that it opens. */
import { html, useEffect, useRef } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { ms, when } from './clock.js';
import { Failed, Loading } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const DAY = 86400e3, tenths = (v) => String(Math.round(v * 10) / 10);

/* In the largest unit that leaves a number of at least one. */
export function took(v) {
  if (v == null) return '—';
  const [size, unit] = [[2 * DAY, 'days_n'], [3600e3, 'hours_n'], [60e3, 'minutes_n'], [1000, 'seconds_n'], [1, 'ms_n']].find(([n]) => v >= n) || [1, 'ms_n'];
  return t(unit, tenths(v / (unit === 'days_n' ? DAY : size)));
}

/* A number with rows behind it; nought has none. */
export function Figure({ number, what, show }) {
  if (!number.n) return html`<span class="nought">0</span>`;
  return html`<button class="plain number" onClick=${() => show(number.rows, what)} aria-label=${`${what}: ${number.n}`}>${number.n}</button>`;
}

/* `linked`: the matter has a page here (a subordinate's has none). */
function Row({ r, linked }) {
  if (r.source) return html`<tr><th scope="row">${r.name}</th><td>${t('seen_share')} ${(Math.floor((1000 * r.seen_ms) / r.watched_ms) / 10).toFixed(1)}%</td><td>${took(r.watched_ms - r.seen_ms)} / ${took(r.watched_ms)}</td></tr>`;
  const parts = [r.label || r.clock, r.result && t('res_' + r.result), r.ms != null && `${t('took')} ${took(r.ms)}`, !r.result && r.state && t('state_' + r.state)].filter(Boolean);
  return html`<tr><th scope="row"><p class="cut">${linked ? html`<a href=${'#/incident/' + encodeURIComponent(r.incident)}>${r.title || r.incident}</a>` : r.title || r.incident}</p><small>${r.office ? `${state.rules?.subordinates?.find((o) => o.id === r.office)?.name || r.office} · ` : ''}${r.incident} · ${r.unit || t('unit_nobody')}</small></th><td>${parts.join(' · ')}</td><td>${when(ms(r.start || r.opened))}</td></tr>`;
}

export function Rows({ asked, close, linked = true }) {
  const [answer, error, load] = useAnswer(asked.address.replace(/^\/api\/v1/, '')), head = useRef(null);
  useEffect(() => head.current?.focus(), [asked]);
  return html`<section class="behind" aria-labelledby="rows-head"><h2 id="rows-head" tabindex="-1" ref=${head}>${t('rows_of', asked.what)}</h2><button onClick=${close}>${t('close')}</button>
    ${error ? html`<${Failed} error=${error} retry=${load} />` : !answer ? html`<${Loading} />` : !answer.rows.length ? html`<p>${t('no_rows')}</p>`
    : html`<table class="grid"><tbody>${answer.rows.map((r) => html`<${Row} r=${r} linked=${linked} />`)}</tbody></table>${answer.more && html`<p class="quiet">${t('more_rows')}</p>`}`}</section>`;
}
