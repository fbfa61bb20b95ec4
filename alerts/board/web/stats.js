// SPDX-License-Identifier: Apache-2.0
/* Numbers of a period, each a button that shows the rows it counts.  The period stands in the
 * address.  Bars are lists of buttons, so they can be read and used without seeing them. */
import { html, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { now } from './clock.js';
import { Failed, Loading } from './parts.js';
import { setQuery } from './route.js';
import { Figure, Rows, took } from './rows.js';
import { state } from './store.js';
import { t } from './strings.js';

const DAYS = 30, DAY = 86400e3, RESULTS = ['met', 'late', 'waived', 'running', 'superseded'];
const SETS = ['incidents', 'confirmed', 'dismissed', 'answered', 'closed', 'reopened'];
const day = (time) => new Date(time + 8 * 3600e3).toISOString().slice(0, 10);
const rate = (r) => (r.percent == null ? `${r.part}/${r.whole}${r.whole ? t('brackets', t('too_few')) : ''}` : `${r.percent.toFixed(1)}%${t('brackets', `${r.part}/${r.whole}`)}`);

function Bars({ label, items, show }) {
  const most = Math.max(1, ...items.map((i) => i.number.n));
  return html`<ol class="histogram" aria-label=${label}>${items.map((i) => html`<li><span class="column"><i style=${{ height: `${(100 * i.number.n) / most}%` }}></i></span>
    <${Figure} number=${i.number} what=${`${label} ${i.name}`} show=${show} /><small>${i.name}</small></li>`)}</ol>`;
}

function Tally({ tally, what, show }) {
  return html`${RESULTS.map((r) => html`<td class="n"><${Figure} number=${tally[r]} what=${`${what} ${t('res_' + r)}`} show=${show} /></td>`)}<td class="n">${rate(tally.on_time)}</td>`;
}

function Tallies({ title, head, rows, show }) {
  if (!rows.length) return null;
  return html`<h3>${title}</h3><div class="scroll" tabindex="0" role="group" aria-label=${title}><table class="grid"><thead><tr><th>${head}</th>${RESULTS.map((r) => html`<th class="n">${t('res_' + r)}</th>`)}<th class="n">${t('on_time')}</th></tr></thead>
    <tbody>${rows.map((r) => html`<tr><th scope="row">${r.name}</th><${Tally} tally=${r.tally} what=${r.name} show=${show} /></tr>`)}</tbody></table></div>`;
}

const bucketName = (list, i) => (list[i].below_ms == null ? t('lat_above', took(list[i - 1].below_ms)) : t('lat_below', took(list[i].below_ms)));

function Latencies({ list, show }) {
  const some = list.filter((l) => l.n);
  if (!some.length) return null;
  return html`<h3>${t('latencies')}</h3>${some.map((l) => html`<section class="latency"><h4>${t('lat_' + l.name)}</h4>
    <p>${l.median_ms == null ? t('too_few') : `${t('median')} ${took(l.median_ms)} · P90 ${took(l.p90_ms)}`} · ${t('cases_of')} <${Figure} number=${l} what=${t('lat_' + l.name)} show=${show} /></p>
    <${Bars} label=${t('lat_' + l.name)} show=${show} items=${l.buckets.map((b, i) => ({ name: bucketName(l.buckets, i), number: b }))} /></section>`)}`;
}

function Classes({ list, show }) {
  const some = list.filter((c) => c.closed.n);
  if (!some.length) return null;
  return html`<h3>${t('by_class')}</h3><table class="grid"><thead><tr><th>${t('by_class')}</th><th class="n">${t('set_closed')}</th><th class="n">${t('set_followed')}</th><th class="n">${t('follow_rate')}</th></tr></thead>
    <tbody>${some.map((c) => html`<tr><th scope="row">${c.label}</th><td class="n"><${Figure} number=${c.closed} what=${`${c.label} ${t('set_closed')}`} show=${show} /></td><td class="n"><${Figure} number=${c.followed} what=${`${c.label} ${t('set_followed')}`} show=${show} /></td><td class="n">${rate(c.rate)}</td></tr>`)}</tbody></table>`;
}

/* As the rules list them, not by their ids: H5 before H24. */
function inOrder(clocks) {
  const at = new Map((state.rules?.clocks || []).map((c, i) => [c.id, i])), place = (c) => at.get(c.clock) ?? at.size;
  return [...clocks].sort((a, b) => place(a) - place(b));
}

function Half({ title, s, show }) {
  const named = (list, key) => list.map((x) => ({ name: x.label || x[key] || t('unit_nobody'), tally: x }));
  if (!s.incidents.n && !s.clocks.length) return html`<h2>${title}</h2><p class="quiet">${t('no_period_data')}</p>`;
  return html`<h2>${title}</h2><ul class="counts">${SETS.map((k) => html`<li><b><${Figure} number=${s[k]} what=${t('set_' + k)} show=${show} /></b><span>${t('set_' + k)}</span></li>`)}
      <li><b>${rate(s.precision)}</b><span>${t('precision')}</span></li><li><b>${rate(s.answered_rate)}</b><span>${t('answered_rate')}</span></li></ul>
    <${Matters} list=${s.matters} show=${show} /><${Tallies} title=${t('by_clock')} head=${t('clock')} rows=${named(inOrder(s.clocks), 'clock')} show=${show} /><${Tallies} title=${t('by_unit')} head=${t('responsible')} rows=${named(s.units, 'unit')} show=${show} />
    <${Latencies} list=${s.latencies} show=${show} /><${Classes} list=${s.classes} show=${show} />
    ${s.incidents.n > 0 && html`<h3>${t('by_hour')}</h3><${Bars} label=${t('by_hour')} show=${show} items=${s.hours.map((number, h) => ({ name: t('hour_of', h), number }))} />`}`;
}

function Matters({ list, show }) {
  if (list.length < 2 && !list.some((m) => m.satisfaction.whole)) return null;
  return html`<h3>${t('by_matter')}</h3><table class="grid"><thead><tr><th>${t('by_matter')}</th><th class="n">${t('set_incidents')}</th><th class="n">${t('set_closed')}</th><th class="n">${t('set_answered')}</th><th class="n">${t('answered_rate')}</th><th class="n">${t('satisfaction_rate')}</th></tr></thead>
    <tbody>${list.map((m) => html`<tr><th scope="row">${m.label}</th>${['incidents', 'closed', 'answered'].map((k) => html`<td class="n"><${Figure} number=${m[k]} what=${`${m.label} ${t('set_' + k)}`} show=${show} /></td>`)}<td class="n">${rate(m.answered_rate)}</td><td class="n"><${Figure} number=${m.satisfied} what=${`${m.label} ${t('set_satisfied')}`} show=${show} /> / <${Figure} number=${m.rated} what=${`${m.label} ${t('set_rated')}`} show=${show} />${m.satisfaction.percent != null && ` ${m.satisfaction.percent.toFixed(1)}%`}</td></tr>`)}</tbody></table>`;
}

function Coverage({ c, show }) {
  if (!c.watched_ms) return html`<p class="quiet">${t('coverage')}: ${t('no_coverage')}</p>`;
  const share = Math.floor((1000 * c.seen_ms) / c.watched_ms) / 10;
  return html`<p>${t('coverage')}: <b>${share}%</b> <button class="plain number" onClick=${() => show(c.rows, t('coverage'))}>${t('coverage_sources', c.sources)}</button></p>`;
}

export function Stats() {
  const q = state.route.query, from = q.get('from') || day(now() - DAYS * DAY), to = q.get('to') || '';
  const [answer, error, load] = useAnswer(`/stats?from=${from}&to=${to && day(Date.parse(to) + DAY)}`), [asked, ask] = useState(null);
  const show = (address, what) => ask({ address, what });
  const date = (key, value) => html`<label>${t(key)} <input type="date" value=${value} onChange=${(e) => { ask(null); setQuery({ [key]: e.target.value }); }} /></label>`;
  return html`<section class="page stats"><h1>${t('stats')}</h1><form class="filters" onSubmit=${(e) => e.preventDefault()}>${date('from', from)}${date('to', to)}</form>
    ${error ? html`<${Failed} error=${error} retry=${load} />` : !answer ? html`<${Loading} />` : html`<p class="quiet">${t('stats_hint')}</p><${Coverage} c=${answer.coverage} show=${show} />
      ${asked && html`<${Rows} key=${asked.address} asked=${asked} close=${() => ask(null)} />`}
      <${Half} title=${t('stats_of')} s=${answer.incidents} show=${show} /><${Half} title=${t('stats_cases')} s=${answer.cases} show=${show} />`}</section>`;
}
