// SPDX-License-Identifier: Apache-2.0
/* Search of everything that was kept: words, facets with counts, pages of hits.  The whole question
 * stands in the address, so a search can be kept and sent on. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { get } from './api.js';
import { ms, when } from './clock.js';
import { Empty, Failed, Link, Loading, names, sourceName } from './parts.js';
import { setQuery } from './route.js';
import { state } from './store.js';
import { t } from './strings.js';
import { pieces } from './why.js';

const FACETS = ['kind', 'source', 'place', 'topic', 'level', 'state', 'alert'], FEW = 8;
const KEYS = ['q', 'from', 'to', 'order', ...FACETS];

function asked() {
  const q = new URLSearchParams();
  for (const k of KEYS) if (state.route.query.get(k)) q.set(k, state.route.query.get(k));
  return q;
}

const Spans = ({ text, marks }) => pieces(text, (marks || []).map(([start, end]) => ({ start, end }))).map((p) => (p.hits.length ? html`<mark>${p.text}</mark>` : p.text));
const valueName = (facet, v) => (facet === 'level' ? t('level_' + v.value) : facet === 'state' ? t('state_' + v.value) : facet === 'alert' ? t('told_' + v.value) : facet === 'kind' ? t('hit_' + v.value) : facet === 'source' ? sourceName(v.label || v.value) : v.label || v.value);

function Hit({ h }) {
  const incident = h.kind === 'incident' ? h.id : h.incident;
  return html`<li><p class="hit-title">${incident ? html`<a href=${'#/incident/' + encodeURIComponent(incident)}><${Spans} text=${h.title} marks=${h.title_marks} /></a>` : html`<${Link} url=${h.url}><${Spans} text=${h.title} marks=${h.title_marks} /><//>`}</p>
    ${h.snippet?.text && html`<p class="snippet">${h.snippet.before ? '…' : ''}<${Spans} text=${h.snippet.text} marks=${h.snippet.marks} />${h.snippet.after ? '…' : ''}</p>`}
    <p class="meta"><span class="chip">${t('hit_' + h.kind)}</span><span>${when(ms(h.time))}</span>${h.source && html`<span>${sourceName(h.source)}</span>`}${h.level > 0 && html`<span>${t('level_' + h.level)}</span>`}${h.state && html`<span>${t('state_' + h.state)}</span>`}<span>${[...new Set((h.places || []).map((p) => p.name || p))].join('、')}</span>${h.url && html`<${Link} url=${h.url}>${t('open_page')}<//>`}</p></li>`;
}

/* A division that texts name only within an address has a code and no name, which tells nobody anything. */
const shows = (facet) => (v) => facet !== 'place' || v.label;

function Facet({ name, values }) {
  const [all, showAll] = useState(false), chosen = state.route.query.get(name), list = all ? values : values.slice(0, FEW);
  if (!values.length) return null;
  return html`<section><h2>${t('facet_' + name)}</h2><ul>${list.map((v) => html`<li><button class="plain" aria-pressed=${chosen === String(v.value) ? 'true' : 'false'} onClick=${() => setQuery({ [name]: chosen === String(v.value) ? '' : v.value })}><span>${valueName(name, v)}</span><b>${v.count}</b></button></li>`)}</ul>
    ${values.length > FEW && html`<button class="plain more" onClick=${() => showAll(!all)}>${all ? t('show_less') : t('show_all_words', values.length)}</button>`}</section>`;
}

function Form() {
  const q = state.route.query, asking = q.get('q') || '', [words, set] = useState(asking);
  useEffect(() => set(asking), [asking]); /* the address may change without the box */
  const date = (key) => html`<label>${t(key)} <input type="date" value=${q.get(key) || ''} onChange=${(e) => setQuery({ [key]: e.target.value })} /></label>`;
  return html`<form class="filters" role="search" onSubmit=${(e) => { e.preventDefault(); setQuery({ q: words }); }}>
    <input id="search" type="search" value=${words} onInput=${(e) => set(e.target.value)} placeholder=${t('search_hint')} aria-label=${t('search_page')} maxlength="200" autofocus />
    <button class="primary">${t('search_do')}</button>${date('from')}${date('to')}
    <select aria-label=${t('order')} value=${q.get('order') || ''} onChange=${(e) => setQuery({ order: e.target.value })}><option value="">${t('order_time')}</option><option value="rank">${t('order_rank')}</option></select></form>`;
}

export function Search() {
  const question = String(asked()), [answer, set] = useState(null), [hits, setHits] = useState([]), [error, setError] = useState(null);
  const load = async (after) => {
    try {
      const a = await get(`/archive/search?${question}${after ? '&after=' + encodeURIComponent(after) : ''}`);
      set((old) => (after ? { ...old, next: a.next } : a));
      setHits((old) => (after ? [...old, ...a.hits] : a.hits));
      setError(null);
    } catch (e) {
      setError(e);
    }
  };
  useEffect(() => { load(''); }, [question]);
  const filtered = FACETS.some((f) => state.route.query.get(f));
  return html`<section class="page search"><h1>${t('search_page')}</h1><${Form} />
    ${error ? html`<${Failed} error=${error} retry=${() => load('')} />` : !answer ? html`<${Loading} />` : html`<div class="found-columns"><aside aria-label=${t('facets')}>${filtered && html`<button onClick=${() => setQuery(Object.fromEntries(FACETS.map((f) => [f, ''])))}>${t('clear_filter')}</button>`}
      ${FACETS.map((f) => html`<${Facet} key=${f} name=${f} values=${(answer.facets?.[f] || []).filter(shows(f))} />`)}</aside>
    <div><p class="count" role="status">${t(answer.exact ? 'total_exact' : 'total_about', answer.total)}</p>
      ${hits.length ? html`<ol class="hits">${hits.map((h) => html`<${Hit} key=${h.kind + h.id} h=${h} />`)}</ol>` : html`<${Empty} title=${t('no_hits')} text=${t('no_hits_text')} />`}
      ${answer.next && html`<button onClick=${() => load(answer.next)}>${t('more_hits')}</button>`}</div></div>`}</section>`;
}

/* Captures of the item that is shown: what was kept when, and under which hash. */
export function Evidence({ item }) {
  const [answer, set] = useState(null), [error, setError] = useState(null);
  useEffect(() => {
    let gone = false;
    set(null);
    get('/archive/items/' + encodeURIComponent(item.id)).then((a) => { if (!gone) { set(a); setError(null); } }, (e) => gone || setError(e));
    return () => { gone = true; };
  }, [item.id]);
  if (error) return html`<p class="quiet">${error.message}</p>`;
  if (!answer) return html`<p class="quiet">${t('loading')}</p>`;
  if (!answer.captures.length) return html`<p class="quiet">${t('no_captures')}</p>`;
  return html`<ul class="records">${answer.captures.map((c) => html`<li><p><b>${t('capture_' + c.change)}</b> ${when(ms(c.at))}${c.parts > 1 ? ` · ${c.part}/${c.parts}` : ''} <span class="chip">${c.page ? t('page_kept') : t('page_gone')}</span></p>
    ${c.sha256 && html`<p><code class="whole">SHA-256 ${c.sha256}</code></p>`}${c.seen && html`<small>${t('seen_same', when(ms(c.seen)))}</small>`}</li>`)}</ul>`;
}
