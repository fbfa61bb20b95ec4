// SPDX-License-Identifier: Apache-2.0
/* How a matter spread: heat, new reports and reprints over time, as the keeper counts them.  uPlot is
 * fetched when the first chart is drawn, and drawn in the office's zone. */
import { html, useEffect, useRef } from '/vendor/preact.js';
import { ms, when } from './clock.js';
import { t } from './strings.js';

let loading = null;
function uPlot() {
  loading ||= new Promise((done, failed) => {
    const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/vendor/uplot.css' });
    const script = Object.assign(document.createElement('script'), { src: '/vendor/uplot.js', onload: () => done(window.uPlot), onerror: () => { loading = null; failed(); } });
    document.head.append(style, script);
  });
  return loading;
}

/* [times in s, heat, reports that are no reprints, reprints]; from the items themselves where the
 * keeper has no series. */
export function seriesOf(i) {
  const s = i.heat?.series;
  if (s?.items?.length) {
    const from = ms(s.from) || Number(s.from), own = s.items.map((n, k) => n - (s.reprints?.[k] || 0));
    return [s.items.map((_, k) => (from + k * s.step_ms) / 1000), s.heat || s.items.map(() => null), own, s.items.map((_, k) => s.reprints?.[k] || 0)];
  }
  const HOUR = 3600e3, times = (i.items || []).map((x) => [ms(x.published) || ms(x.fetched), !!x.reprint_of]).filter(([at]) => at);
  if (times.length < 2) return null;
  const first = Math.floor(Math.min(...times.map(([at]) => at)) / HOUR), last = Math.floor(Math.max(...times.map(([at]) => at)) / HOUR), n = Math.min(last - first + 1, 240);
  const own = Array(n).fill(0), copies = Array(n).fill(0);
  for (const [at, copy] of times) (copy ? copies : own)[Math.min(Math.floor(at / HOUR) - first, n - 1)]++;
  return [own.map((_, k) => (first + k) * 3600), own.map(() => null), own, copies];
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function draw(Plot, box, data) {
  const quiet = colour('--quiet'), ink = colour('--ink'), bars = Plot.paths.bars({ size: [0.7, 40] });
  /* Reprints stand on the reports: the upper edge is all of them. */
  /* From the data itself: of a single hour uPlot would make years. */
  const first = data[0][0], last = data[0].at(-1);
  const stacked = [data[0], data[2].map((n, k) => n + data[3][k]), data[2], data[1]];
  return new Plot({
    width: box.clientWidth || 400, height: 150, legend: { show: false }, cursor: { show: false },
    scales: { x: { range: () => [first - 1800, Math.max(last, first + 3600) + 1800] }, n: { range: (u, from, to) => [0, Math.max(to, 4)] }, heat: { range: [0, 100] } },
    axes: [{ stroke: quiet, grid: { show: false }, values: (u, v) => v.map((x) => when(x * 1000)), space: 90 },
      { scale: 'n', stroke: quiet, size: 36, grid: { stroke: 'rgba(128,128,128,.15)' }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      { scale: 'heat', side: 1, stroke: quiet, size: 44, grid: { show: false } }],
    series: [{}, { scale: 'n', fill: colour('--off-fill'), stroke: colour('--off-fill'), paths: bars, points: { show: false } }, { scale: 'n', fill: colour('--accent'), stroke: ink, width: 0, paths: bars, points: { show: false } },
      { scale: 'heat', stroke: colour('--red-fill'), width: 2, points: { show: data[0].length < 3 } }],
  }, stacked, box);
}

export function Spread({ incident: i }) {
  const ref = useRef(null), data = seriesOf(i), key = JSON.stringify(data);
  useEffect(() => {
    let chart = null, gone = false;
    if (data) uPlot().then((Plot) => { if (!gone && ref.current) chart = draw(Plot, ref.current, data); }, () => {});
    return () => { gone = true; chart?.destroy(); };
  }, [key]);
  if (!data) return null;
  const sum = (list) => list.reduce((a, b) => a + b, 0), own = sum(data[2]), copies = sum(data[3]), heat = i.heat;
  return html`<figure class="spread"><figcaption><span data-series="heat">${t('spread_heat')}${heat ? ` ${Math.round(heat.value)}` : ''}</span><span data-series="own">${t('spread_own', own)}</span><span data-series="copies">${t('spread_copies', copies)}</span></figcaption>
    <div ref=${ref} role="img" aria-label=${t('spread_says', own, copies, heat ? Math.round(heat.value) : 0, heat?.peak_at ? when(ms(heat.peak_at) || Number(heat.peak_at)) : '—')}></div>
    ${(heat?.floods || []).map((f) => html`<p class="warn">${f.why}</p>`)}</figure>`;
}
