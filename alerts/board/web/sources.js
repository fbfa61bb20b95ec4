// SPDX-License-Identifier: Apache-2.0
/* Sources: quiet or blind at a glance; one source with its rhythm, gaps and what comes next; trying
 * an address before it becomes a source.  Edits are offered as a line for sources.yaml with `check`
 * applied: the files stay the truth. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { get, post } from './api.js';
import { ago, ms, now, when } from './clock.js';
import { Judged, useJudge } from './judged.js';
import { Credit, Empty, Failed, Link, Loading, Term } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const SEVERITY = { blind: 0, suspicious: 1, new: 2, quiet: 3, healthy: 4 }, HOUR = 3600e3, DAY = 24 * HOUR;
const stamp = (v) => (/^\d+$/.test(v || '') ? Number(v) : ms(v));
const health = (s) => (s.enabled ? s.state : 'off');
const Health = ({ s }) => html`<span class="chip health" data-state=${health(s)}><span class="lamp" aria-hidden="true"></span>${s.enabled ? t('src_' + s.state) : t('disabled')}</span>`;
const may = () => ['analyst', 'supervisor', 'admin'].some((r) => state.me?.roles?.includes(r));
const ahead = (time) => (!time ? '—' : time < now() ? t('due_now') : t('in_minutes', Math.ceil((time - now()) / 60e3)));

/* ---- the list ---- */

function Source({ s }) {
  const cell = (label, time) => html`<td data-label=${label} title=${time ? when(time) : ''}>${time ? ago(time) : t('never')}</td>`;
  return html`<tr data-state=${health(s)}><td class="name"><a href=${'#/sources/' + encodeURIComponent(s.id)}><b>${s.name}</b></a>${s.official && html` <span class="chip">${t('official')}</span>`}<br/><small><${Link} url=${s.url} /></small></td>
    <td><${Health} s=${s} /></td>${cell(t('last_ok'), stamp(s.last_ok))}${cell(t('last_new'), stamp(s.last_new))}<td data-label=${t('next')}>${s.enabled ? ahead(stamp(s.next)) : '—'}</td>
    <td class="why" data-label=${t('why_state')}>${s.why || (s.state === 'new' ? t('src_new_text') : '')}${s.last_status ? html` <small>${t('status')} ${s.last_status}</small>` : ''}</td></tr>`;
}

export function Sources({ id }) {
  return id ? html`<${OneSource} id=${id} />` : html`<${AllSources} />`;
}

function AllSources() {
  const [answer, error, load] = useAnswer('/sources', 15000);
  if (error && !answer) return html`<${Failed} error=${error} retry=${load} />`;
  if (!answer) return html`<${Loading} />`;
  const list = [...answer.sources].sort((a, b) => SEVERITY[a.state] - SEVERITY[b.state] || a.name.localeCompare(b.name, 'zh'));
  const blind = list.filter((s) => s.enabled && s.state === 'blind').length;
  return html`<section class="page sources-page"><h1>${t('sources')}</h1>
    ${list.length ? html`<p class=${'verdict ' + (blind ? 'bad' : 'good')}>${blind ? t('sources_blind', blind) : t('sources_all_fine', list.length)}</p>
    <p class="quiet">${t('sources_hint')}</p><table class="grid sources"><thead><tr><th>${t('source')}</th><th>${t('state')}</th><th>${t('last_ok')}</th><th>${t('last_new')}</th><th>${t('next')}</th><th>${t('why_state')}</th></tr></thead>
    <tbody>${list.map((s) => html`<${Source} key=${s.id} s=${s} />`)}</tbody></table>` : html`<${Empty} title=${t('no_sources')} text=${t('no_sources_text')} />`}
    ${may() && html`<${Try} />`}</section>`;
}

/* ---- one source ---- */

/* seen/due pairs: 24 hours, then 7 days from Sunday; 1 where nothing is known. */
function rhythmOf(text) {
  const pairs = (text || '').split(' ').map((p) => p.split('/').map(Number));
  return pairs.length === 31 ? pairs.map(([seen, due]) => (seen + 1) / (due + 1)) : new Array(31).fill(1);
}
const zoned = (time) => new Date(time + (state.me?.zone_min ?? 480) * 60e3);

/* Items of the last day by hour, from the archive; null when there is none. */
/* Tenths of a post say something of a source with few, of others nothing. */
const about = (n) => n.toFixed(n < 10 ? 1 : 0);

function useToday(id) {
  const [hours, set] = useState(undefined);
  useEffect(() => {
    let gone = false;
    (async () => {
      const counts = new Array(24).fill(0), from = now() - (now() % HOUR) - 23 * HOUR;
      try {
        for (let after = '', page = 0; page < 10; page++) {
          const a = await get(`/archive/search?kind=item&limit=200&source=${encodeURIComponent(id)}&from=${encodeURIComponent(new Date(from).toISOString())}${after ? '&after=' + encodeURIComponent(after) : ''}`);
          for (const h of a.hits) if (ms(h.time) >= from) counts[Math.min(23, Math.floor((ms(h.time) - from) / HOUR))]++;
          after = a.next;
          if (!after) break;
        }
        if (!gone) set({ counts, from });
      } catch {
        if (!gone) set(null);
      }
    })();
    return () => { gone = true; };
  }, [id]);
  return hours;
}

function Rhythm({ s }) {
  const today = useToday(s.id), factors = rhythmOf(s.rhythm), perDay = Number(s.per_day) || 0, from = today?.from ?? now() - (now() % HOUR) - 23 * HOUR;
  const bars = Array.from({ length: 24 }, (_, n) => {
    const time = zoned(from + n * HOUR), usual = perDay / 24 * factors[time.getUTCHours()] * factors[24 + time.getUTCDay()];
    return { hour: time.getUTCHours(), usual, seen: today?.counts?.[n] };
  });
  const top = Math.max(0.1, ...bars.map((b) => Math.max(b.usual, b.seen || 0))), sum = bars.reduce((a, b) => a + (b.seen || 0), 0), usual = bars.reduce((a, b) => a + b.usual, 0);
  return html`<h2><${Term} name="rhythm">${t('rhythm')}<//></h2><p class="quiet">${today ? t('rhythm_today', sum, about(usual)) : t('rhythm_usual', about(perDay))}</p>
    <div class="rhythm" role="img" aria-label=${t('rhythm_alt')}>${bars.map((b) => html`<div title=${t('rhythm_hour', b.hour, b.usual.toFixed(1), b.seen ?? '—')}><i class="usual" style=${{ height: `${b.usual / top * 100}%` }}></i>${b.seen > 0 && html`<i class="seen" style=${{ height: `${b.seen / top * 100}%` }}></i>`}<span>${b.hour % 3 ? '' : b.hour}</span></div>`)}</div>
    <p class="legend"><span><i class="usual"></i>${t('rhythm_learned')}</span>${today && html`<span><i class="seen"></i>${t('rhythm_seen')}</span>`}</p>`;
}

/* The last week as one strip: each stretch in one state. */
function Strip({ windows }) {
  const to = now(), from = to - 7 * DAY;
  const parts = windows.map((w) => ({ ...w, a: Math.max(ms(w.from), from), b: w.to ? ms(w.to) : to })).filter((w) => w.b > from && w.b > w.a);
  if (!parts.length) return html`<p class="quiet">${t('no_windows')}</p>`;
  const blind = parts.filter((w) => w.state === 'blind').reduce((a, w) => a + w.b - w.a, 0);
  return html`<div class="strip" role="img" aria-label=${t('strip_alt', Math.round(blind / 60e3))}>${parts.map((w) => html`<i data-state=${w.state} style=${{ left: `${(w.a - from) / (7 * DAY) * 100}%`, width: `${(w.b - w.a) / (7 * DAY) * 100}%` }} title=${`${t('src_' + w.state)} ${when(w.a)} → ${when(w.b)} ${w.why || ''}`}></i>`)}</div>
    <p class="quiet">${blind ? t('blind_sum', Math.round(blind / 60e3)) : t('never_blind')}</p>
    <ul class="notices">${parts.slice(-8).reverse().map((w) => html`<li><time>${when(w.a)}</time><p><span class="chip health" data-state=${w.state}><span class="lamp" aria-hidden="true"></span>${t('src_' + w.state)}</span> ${w.why || ''}</p></li>`)}</ul>`;
}

const minutes = (v) => (v % HOUR === 0 ? `${v / HOUR}h` : v % 60e3 === 0 ? `${v / 60e3}m` : `${Math.round(v / 1000)}s`);
const quoted = (v) => (/^[\w一-鿿][\w一-鿿 .·-]*$/.test(v) && !/^(true|false|null|yes|no|on|off|[\d.]+)$/i.test(v) ? v : JSON.stringify(v));

/* A source as one row of sources.yaml; what is the default is left out. */
export function yamlOf(s) {
  const row = [['id', s.id], ['name', s.name], ['kind', s.kind], ['url', JSON.stringify(s.url)]];
  if (s.official) row.push(['official', true]);
  if (s.charset) row.push(['charset', s.charset]);
  if (s.region) row.push(['region', JSON.stringify(s.region)]);
  if (s.credibility != null && s.credibility !== 50) row.push(['credibility', s.credibility]);
  if (s.quiet_after_ms) row.push(['quiet_after', minutes(s.quiet_after_ms)]);
  if (s.visit_min_ms && s.visit_min_ms !== 60e3) row.push(['visit_min', minutes(s.visit_min_ms)]);
  if (s.visit_max_ms && s.visit_max_ms !== HOUR) row.push(['visit_max', minutes(s.visit_max_ms)]);
  if (s.allow_private) row.push(['allow_private', true]);
  if (s.enabled === false) row.push(['enabled', false]);
  return `- {${row.map(([k, v]) => `${k}: ${typeof v === 'string' && !v.startsWith('"') ? quoted(v) : v}`).join(', ')}}`;
}

/* Feeds and sitemaps the crawler found: JSON as it stands in Redis. */
function extrasOf(s) {
  try { return JSON.parse(s.extras || '[]'); } catch { return []; }
}
function Extras({ list }) {
  const said = (e) => [t('extra_said', e.polls || 0, e.found || 0), e.failures > 0 ? t('extra_failed', e.failures) : '', e.used ? t('extra_next', ahead(e.next)) : t('extra_off')].filter(Boolean).join(' · ');
  return html`<h2><${Term} name="extras">${t('extras')}<//></h2><ul class="records">${list.map((e) => html`<li><span class="chip">${t('extra_' + e.kind)}</span> <${Link} url=${e.url} /><br/><small>${said(e)}</small></li>`)}</ul>`;
}
function Quarantine({ list }) {
  return html`<h2><${Term} name="quarantine">${t('quarantine')}<//></h2><ul class="records">${list.map((q) => html`<li>${q.what === 'list' && html`<span class="chip">${t('quarantined_list')}</span> `}<${Link} url=${q.url} /><br/><small>${q.why} · ${t('quarantined_times', q.times, when(q.last))}</small></li>`)}</ul>`;
}

function OneSource({ id }) {
  const [a, error, load] = useAnswer('/sources/' + encodeURIComponent(id), 15000);
  if (error && !a) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a) return html`<${Loading} />`;
  const s = a.source, pair = (label, v) => html`<div><dt>${label}</dt><dd>${v}</dd></div>`, hints = (s.suggested || '').split('\n').filter(Boolean), extras = extrasOf(s), aside = (a.quarantine || []).slice().sort((x, y) => y.last - x.last).slice(0, 20);
  return html`<section class="page one-source"><p class="crumb"><a href="#/sources">${t('sources')}</a> <${Health} s=${s} /> ${s.official && html`<span class="chip">${t('official')}</span>`}</p><h1>${s.name}</h1>
    <p class="meta"><${Link} url=${s.url} /></p><p class=${'verdict ' + (s.state === 'blind' ? 'bad' : '')}>${s.why || (s.state === 'new' ? t('src_new_text') : '')}</p>
    <div class="columns even"><div><dl class="pairs">${pair(t('last_ok'), ago(stamp(s.last_ok)))}${pair(t('last_new'), ago(stamp(s.last_new)))}${pair(t('last_try'), `${ago(stamp(s.last_try))}${s.last_status ? ` · ${t('status')} ${s.last_status}` : ''}`)}${pair(t('next'), ahead(stamp(s.next)))}${pair(t('visits'), s.visits || 0)}${pair(t('items_n'), s.items || 0)}</dl>
      <${Rhythm} s=${s} /><h2><${Term} name="windows">${t('windows')}<//></h2><${Strip} windows=${a.windows} />
      ${a.gaps.length > 0 && html`<h2><${Term} name="gap">${t('source_gaps')}<//></h2><ul class="notices">${a.gaps.slice().reverse().map((g) => html`<li><time>${when(ms(g.from))}</time><p>${t('gap_until', when(ms(g.to)))}</p></li>`)}</ul>`}</div>
    <div><h2>${t('next_pages')}</h2>${a.frontier.length ? html`<p class="quiet">${t('waiting_pages', a.waiting)}</p><ul class="records">${a.frontier.map((u) => html`<li><${Link} url=${u} /></li>`)}</ul>` : html`<p class="quiet">${t('nothing_waits', ahead(stamp(s.next)))}</p>`}
      ${extras.length > 0 && html`<${Extras} list=${extras} />`}${aside.length > 0 && html`<${Quarantine} list=${aside} />`}
      ${hints.length > 0 && html`<h2>${t('suggested')}</h2><ul class="records">${hints.map((u) => html`<li><${Link} url=${u} /></li>`)}</ul>`}
      ${may() && html`<h2>${t('edit_source')}</h2><${Edit} text=${yamlOf(s)} existing=${s} />`}</div></div></section>`;
}

/* ---- a line for sources.yaml ---- */

/* The file with the row put in: behind the last one, or instead of line `line`; '' when that cannot
 * be done by looking at lines. */
export function withRow(file, row, line = 0) {
  const lines = file.replace(/\s+$/, '').split('\n'), indent = (file.match(/^( *)- /m) || ['', '  '])[1];
  if (!line) return [...lines, indent + row].join('\n') + '\n';
  const at = line - 1, first = lines[at] || '';
  if (!/^ *- /.test(first)) return '';
  let end = at + 1;
  while (end < lines.length && (/^\s*$/.test(lines[end]) || lines[end].match(/^ */)[0].length > first.match(/^ */)[0].length)) end++;
  return [...lines.slice(0, at), indent + row, ...lines.slice(end)].join('\n') + '\n';
}

function Edit({ text, existing }) {
  const [row, set] = useState(text), [said, say] = useState(null), [busy, setBusy] = useState(false);
  useEffect(() => { set(text); say(null); }, [text]);
  const check = async () => {
    setBusy(true);
    try {
      const { files } = await get('/rules/versions/current'), whole = withRow(files['sources.yaml'] || 'sources:\n', row.trim(), existing?.line || 0);
      say(whole ? await post('/rules/check', { file: 'sources.yaml', text: whole }, 40000) : { ok: false, output: t('cannot_place') });
    } catch (e) {
      say({ ok: false, output: e.message });
    }
    setBusy(false);
  };
  return html`<div class="edit"><label for="row" class="quiet">${t(existing ? 'edit_row' : 'new_row')}</label><textarea id="row" rows="4" spellcheck="false" value=${row} onInput=${(e) => { set(e.target.value); say(null); }}></textarea>
    <div class="buttons"><button onClick=${check} disabled=${busy}>${busy ? t('checking') : t('check_row')}</button><button onClick=${() => navigator.clipboard?.writeText(row)}>${t('copy')}</button></div>
    ${said && html`<div role="status"><p class=${'verdict ' + (said.ok ? 'good' : 'bad')}>${t(said.ok ? 'check_fine' : 'check_bad')}</p>${(!said.ok || /警告|warning/.test(said.output)) && said.output && html`<pre>${said.output}</pre>`}${said.ok && html`<p class="quiet">${t('check_then')}</p>`}</div>`}</div>`;
}

/* ---- try an address ---- */

const kindOf = (a) => (a.feed ? (a.feed.format.startsWith('sitemap') ? 'sitemap' : 'feed') : a.list?.n >= 5 ? (a.item?.kind === 'thread' ? 'forum' : 'list') : 'page');
function proposal(a) {
  let host = 'source';
  try { host = new URL(a.url).hostname; } catch { /* shown as it is */ }
  const id = host.replace(/^www\./, '').replace(/[^a-z0-9]+/gi, '-').toLowerCase();
  return yamlOf({ id, name: (a.feed?.title || a.item?.title || host).slice(0, 30), kind: kindOf(a), url: a.url });
}

function Links({ links, tryIt }) {
  return html`<ol class="records links">${links.map((l) => html`<li><${Link} url=${l.url}>${l.title || l.url}<//> <small>${l.published ? when(ms(l.published)) : ''}</small> ${tryIt && html`<button class="plain more" onClick=${() => tryIt(l.url)}>${t('try_this')}</button>`}</li>`)}</ol>`;
}

function Tried({ a, tryIt }) {
  const judge = useJudge(), links = a.feed?.links || a.list?.links || [];
  useEffect(() => { judge.clear(); if (a.item?.text || a.item?.title) judge.ask({ title: a.item.title, text: a.item.text, url: a.url }); }, [a]);
  if (a.why) return html`<p class="verdict bad" role="alert">${a.why}${a.status ? ` （${t('status')} ${a.status}）` : ''}</p>`;
  return html`<div class="tried"><p class="meta" role="status"><span class="chip">${t('status')} ${a.status}</span><span>${a.content_type}</span><span>${t('kilobytes', Math.max(1, Math.round(a.bytes / 1024)))}</span><span>${t('milliseconds', a.ms)}</span><span>${t('robots_' + a.robots)}</span></p>
    ${a.list?.wall && html`<p class="verdict bad">${t('looks_walled')}</p>`}
    <div class="columns even"><div><h3>${t(a.feed ? 'tried_feed' : 'tried_list', a.feed?.n ?? a.list?.n ?? 0)}</h3>${links.length ? html`<${Links} links=${links} tryIt=${tryIt} />` : html`<p class="quiet">${t('no_links')}</p>`}
      ${a.list?.feed && html`<p>${t('has_feed')} <button class="plain more" onClick=${() => tryIt(a.list.feed)}>${a.list.feed}</button></p>`}
      <h3>${t('as_source')}</h3><${Edit} text=${proposal(a)} /></div>
    <div>${a.item && html`<h3>${t('tried_item')}</h3><p class="meta"><span>${a.item.published ? `${t('published')} ${when(ms(a.item.published))}（${t('from_' + a.item.published_from)}）` : t('published_unknown')}</span><${Credit} item=${a.item} /><span>${t('kind_' + a.item.kind)}</span><span>${a.item.charset}</span>${a.item.n_replies > 0 && html`<span>${t('n_replies', a.item.n_replies)}</span>`}</p>
      ${judge.busy && html`<p class="quiet">${t('judging')}</p>`}${judge.error && html`<p class="error">${judge.error}</p>`}${judge.answer && html`<${Judged} item=${judge.answer} />`}`}</div></div></div>`;
}

const TRY_MS = 45000;

export function Try() {
  const [url, set] = useState(''), [answer, setAnswer] = useState(null), [error, setError] = useState(''), [busy, setBusy] = useState(false);
  const tryIt = async (address) => {
    set(address);
    setBusy(true);
    setError('');
    setAnswer(null);
    try {
      const { id } = await post('/sources/try', { url: address });
      for (const until = performance.now() + TRY_MS; ;) {
        const a = await get('/sources/try/' + id);
        if (a.done) { setAnswer(a); break; }
        if (performance.now() > until) throw new Error(t('try_no_answer'));
        await new Promise((done) => setTimeout(done, 400));
      }
    } catch (e) {
      setError(e.message);
    }
    setBusy(false);
  };
  return html`<section class="try" aria-labelledby="try-title"><h2 id="try-title">${t('try_url')}</h2><p class="quiet">${t('try_text')}</p>
    <form class="filters" onSubmit=${(e) => { e.preventDefault(); tryIt(url.trim()); }}><input id="try-url" type="url" required value=${url} onInput=${(e) => set(e.target.value)} placeholder="https://" aria-label=${t('f_url')} /><button class="primary" disabled=${busy}>${busy ? t('trying') : t('try_do')}</button></form>
    ${error && html`<p class="verdict bad" role="alert">${error}</p>`}${answer && html`<${Tried} a=${answer} tryIt=${tryIt} />`}</section>`;
}
