// SPDX-License-Identifier: Apache-2.0
/* One incident: what it is and why, what is owed until when, what happened, what can be done. */
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Route } from './advice.js';
import { act, mainActs, say } from './acts.js';
import { get } from './api.js';
import { Spread } from './chart.js';
import { Claims } from './claims.js';
import { ms, span, when } from './clock.js';
import { CaseFacts, CaseText } from './matter.js';
import { clockName, Countdown, Credit, Empty, Failed, Fill, Level, Link, Loading, names, packName, personName, sourceName } from './parts.js';
import { Approvals, hasRecords, Records } from './records.js';
import { Evidence } from './search.js';
import { isCase, isOver, keeping, matterOf, nextClock, state, update } from './store.js';
import { t } from './strings.js';
import { Timeline } from './timeline.js';
import { waitingFor } from './verbs.js';
import { Facts, Marked, Scores, Words, telling } from './why.js';

const ENTRIES = 100; /* of the journal at once */

function Panel({ title, children, id }) {
  return html`<section class="panel" aria-labelledby=${'p-' + id}><h2 id=${'p-' + id}>${title}</h2>${children}</section>`;
}

/* ---- obligations ---- */

function Ended({ o }) {
  const spare = ms(o.due) - ms(o.ended);
  if (o.state === 'waived') return html`<p>${o.waiver?.basis}${o.waiver?.approver && html` · ${t('waived_by', personName(o.waiver.approver))}`}</p>`;
  return html`<p>${o.ended && t('ended_at', when(ms(o.ended)))} ${o.ended && html`<b>${spare >= 0 ? t('early', span(spare, false)) : t('late_by', span(spare, false))}</b>`}
    ${o.evidence?.url && html` · <${Link} url=${o.evidence.url}>${t('evidence')}<//>`}${o.evidence?.hash && html` <code title=${o.evidence.hash}>${o.evidence.hash.slice(0, 12)}</code>`}</p>`;
}

function Obligation({ o }) {
  const due = ms(o.due), start = ms(o.start);
  return html`<li class="obligation" data-state=${o.state}><header><b title=${o.clock}>${o.label || o.clock}</b>${o.provisional && html`<span class="chip">${t('provisional')}</span>`}
      ${o.state === 'open' ? html`<${Countdown} due=${due} start=${start} />` : html`<span class="chip state" data-state=${o.state}>${t('ob_' + o.state)}</span>`}</header>
    ${o.state === 'open' && html`<i class="track wide" aria-hidden="true"><${Fill} start=${start} due=${due} /></i>`}
    <p>${t('starts_from', t('anchor_' + o.anchor), when(start))} <span aria-hidden="true">→</span> ${t('due_at', when(due))}</p>
    ${o.state !== 'open' && html`<${Ended} o=${o} />`}
    ${o.basis && html`<p class="basis">${t('basis')}：${o.basis}${o.pack && html` <span class="quiet">（${packName(o.pack)} ${o.version}）</span>`}</p>`}</li>`;
}

function Obligations({ list }) {
  const old = list.filter((o) => o.state === 'superseded'), rank = (o) => (o.state === 'open' ? 0 : 1);
  const current = list.filter((o) => o.state !== 'superseded').sort((a, b) => rank(a) - rank(b) || ms(a.due) - ms(b.due));
  const draw = (some) => html`<ul class="obligations">${some.map((o) => html`<${Obligation} key=${o.id} o=${o} />`)}</ul>`;
  return html`${draw(current)}${old.length > 0 && html`<details class="old"><summary>${t('superseded_n', old.length)}</summary>${draw(old)}</details>`}`;
}

/* ---- items ---- */

function Items({ incident: i, items, shown, show }) {
  return html`<${Spread} incident=${i} /><ul class="items">${items.map((i) => html`<li key=${i.id} class=${i.id === shown ? 'shown' : ''}>
    <button class="plain" onClick=${() => show(i.id)} aria-pressed=${i.id === shown ? 'true' : 'false'}>${i.title || i.url}</button>
    <small><span class="chip">${i.reprint_of ? t('reprint') : t('original')}</span> ${sourceName(i.source)} · ${i.published ? when(ms(i.published)) : t('published_unknown')} · <${Link} url=${i.url}>${t('open_page')}<//></small></li>`)}</ul>`;
}

/* Title and body contradict each other: both, as written. */
function Conflicts({ list }) {
  const label = (what) => (what === 'place' ? t('places') : what === 'time' ? t('anchor_occurred') : t('fact_' + what));
  return list?.length > 0 && html`<p class="undone" role="note">${t('conflicts')}</p><ul class="conflicts">${list.map((c) => html`<li key=${c.what}>${label(c.what)}：${t('in_title')} <q>${c.title.text}</q>，${t('in_text')} <q>${c.text.text}</q></li>`)}</ul>`;
}

function Why({ item }) {
  const hits = telling(item.score?.hits || []), of = (field) => hits.filter((h) => h.field === field);
  return html`<article class="text" lang="zh"><h3><${Marked} text=${item.title} hits=${of('title')} /></h3>
      <p class="meta"><span>${sourceName(item.source)}</span><${Credit} item=${item} /><span>${t('published')} ${item.published ? when(ms(item.published)) : t('published_unknown')}</span><span>${t('fetched')} ${when(ms(item.fetched))}</span><${Link} url=${item.url}>${t('open_page')}<//>
      ${item.hash && html`<code title=${item.hash}>${t('hash')} ${item.hash.slice(0, 12)}</code>`}</p>
      <div class="body"><${Marked} text=${item.text} hits=${of('text')} /></div></article>
    <h3>${t('words')}</h3><${Words} hits=${hits} /><h3>${t('facts')}</h3><${Facts} facts=${item.score?.facts} /><${Conflicts} list=${item.score?.conflicts} />
    ${item.score?.places?.length > 0 && html`<h3>${t('places')}</h3><p>${names([...new Map(item.score.places.map((p) => [p.code, p])).values()])}</p>`}<${Scores} score=${item.score} />`;
}

/* ---- people ---- */

const STEPS = new Set('open registered assigned unacked unseen ack left late found edited heat proposed above missed begun moved return urge call approve approved rejected withdrawn'.split(' '));

/* "left-2h" and its kin in words, however often it was said; the clock it belongs to stands in front. */
function stepName(n) {
  const [kind, ...rest] = String(n.step || '').replace(/\.\d+$/, '').split('-'), clock = n.clock && n.clock !== '-' ? `${clockName(n.clock)} · ` : '';
  if (n.fallback_for) return clock + t('step_fallback', n.fallback_for.name || n.fallback_for.id);
  return n.title || clock + t(STEPS.has(kind) ? `step_${kind}` : 'step_after', rest.join('-'));
}

/* How far a notice got with a person; what was silenced or told of later in one notice rang nowhere. */
const seen = (n, p) => (n.quiet && !['shown', 'closed', 'acknowledged'].includes(n.states?.[p.id ?? p]) ? 'quiet' : n.states?.[p.id ?? p] || 'sent');

/* What went outside: mail and robots; screens say for themselves how far they got. */
const outside = (n) => Object.entries(n.channels || {}).filter(([way]) => !/^(board|desktop|cli):/.test(way));

function Notices({ incident: i }) {
  const list = i.notices || [];
  if (!list.length) return html`<p class="quiet">${t('no_notices')}</p>`;
  return html`<ul class="notices">${[...list].reverse().map((n) => html`<li key=${n.id}><time>${when(ms(n.at))}</time><div><p>${stepName(n)}</p>
    <small>${(n.to || []).map((p) => html`<span class="chip" data-seen=${seen(n, p)}>${p.name || p.id || p} ${t('seen_' + seen(n, p))}</span>`)}${outside(n).map(([way, how]) => html`<span class="chip" data-seen=${how}>${way.startsWith('mail:') ? t('by_mail', way.slice(5)) : t('by_robot', way)} ${t('seen_' + how)}</span>`)}</small>
    ${(n.shown || n.late_by_ms >= 60000) && html`<small>${n.shown ? t('notice_shown', when(ms(n.shown)), span(Math.max(ms(n.shown) - ms(n.at), 0))) : ''}${n.late_by_ms >= 60000 ? ` ${t('notice_late', span(n.late_by_ms, false))}` : ''}</small>`}</div></li>`)}</ul>
    ${i.ack && html`<p><small>${t('ack_by', i.ack.name || i.ack.by)} ${when(ms(i.ack.at))}</small></p>`}`;
}

function Found({ incident: i, list }) {
  return html`<ul class="found">${list.map((f) => html`<li key=${f.id}><p><${Link} url=${f.url}>${f.title}<//></p><small>${f.published ? when(ms(f.published)) : t('published_unknown')} · ${f.why}</small>
    ${(f.diverges || []).map((d) => html`<p class="differs">${t('differs', d.label, d.there, d.here)}</p>`)}
    <div class="buttons"><button class="primary" onClick=${() => act(i, 'respond', f)}>${t('found_confirm')}</button><button onClick=${() => act(i, 'reject_found', f)}>${t('found_reject')}</button></div></li>`)}</ul>`;
}

function Units({ incident: i }) {
  const u = i.units || {};
  return html`<dl class="pairs"><div><dt>${t('unit_lead')}</dt><dd>${u.lead ? u.lead.name : html`<span class="quiet">${t('no_unit')}</span>`}</dd></div>
    ${u.support?.length > 0 && html`<div><dt>${t('unit_support')}</dt><dd>${names(u.support)}</dd></div>`}
    ${!u.lead && u.proposed?.length > 0 && html`<div><dt>${t('unit_proposed')}</dt><dd>${names(u.proposed)}</dd></div>`}
    ${i.places?.length > 0 && html`<div><dt>${t('places')}</dt><dd>${names(i.places)}</dd></div>`}
    ${i.topics?.length > 0 && html`<div><dt>${t('topics')}</dt><dd>${names(i.topics)}</dd></div>`}
    ${i.disposition?.length > 0 && html`<div><dt>${t('disposition')}</dt><dd>${i.disposition.map((d) => state.rules?.dispositions?.find((x) => x.id === (d.id || d))?.name || d.id || d).join('、')}</dd></div>`}
    ${!i.times?.occurred && i.occurred_proposed && html`<div><dt>${t('occurred_said')}</dt><dd>${i.occurred_proposed.precision === 'minute' && when(ms(i.occurred_proposed.at))} <q>${i.occurred_proposed.text}</q></dd></div>`}
    ${['occurred', 'first_public', 'detected', 'confirmed', 'graded', 'assigned'].filter((k) => i.times?.[k]).map((k) => html`<div><dt>${t('anchor_' + k)}</dt><dd>${when(ms(i.times[k]))}</dd></div>`)}</dl>
    ${!u.lead && !isOver(i) && html`<h3>${t('route_title')}</h3><${Route} incident=${i} />`}`;
}

/* ---- the page ---- */

function State({ incident: i }) {
  return html`<p class="meta">${i.ack ? html`<span class="done">✓ ${t('ack_by', i.ack.name || i.ack.by)} ${when(ms(i.ack.at))}</span>` : !isOver(i) && html`<span class="undone">${t('not_acked')}</span>`}
    <span>${t(isCase(i) ? 'e_register' : 'opened')} ${when(ms(i.opened))}</span>${i.last_item && html`<span>${t('last_item')} ${when(ms(i.last_item))}</span>`}${i.reprints > 0 && html`<span>${t('reprints', i.reprints)}</span>`}</p>`;
}

function Head({ incident: i }) {
  const o = nextClock(i);
  return html`<header class="head"><p class="crumb">${isCase(i) ? html`<a href="#/cases">← ${t('cases')}</a>` : html`<a href="#/">← ${t('live')}</a>`}<code>${i.id}</code><span>${t('state_' + i.state)}</span>${!isCase(i) && html`<${Level} incident=${i} />`}${i.kind && html`<span>${t('kind_' + i.kind)}</span>`}${(i.watch || []).map((x) => html`<a class="chip watched" href=${'#/risks/' + encodeURIComponent(x.id)}>${t('watched_by', x.name)}</a>`)}${i.drill && html`<span class="chip drill">${t('drill')}</span>`}</p>
    <div class="headline"><div><h1>${i.title}</h1><${State} incident=${i} /></div>${o && html`<div class="big"><${Countdown} due=${ms(o.due)} start=${ms(o.start)} /><small>${o.label}</small></div>`}</div>
    <div class="buttons acts">${mainActs(i).map((a, n) => html`<button class=${n === 0 ? 'primary' : ''} onClick=${() => act(i, a.verb)} aria-keyshortcuts=${a.key}>${t('act_' + a.verb)}${a.key && html`<kbd>${a.key}</kbd>`}</button>`)}
      <button onClick=${() => update({ sheet: { incident: i } })} aria-keyshortcuts="." aria-haspopup="dialog">${t('more_acts')}<kbd>.</kbd></button><button onClick=${() => print()}>${t('print')}</button></div></header>`;
}

/* Why we know of an incident, and what it says; of a case, what came in. */
function Content({ incident: i, items, item }) {
  if (isCase(i)) return html`<${Panel} id="case-text" title=${t('case_text')}><${CaseText} matter=${i} items=${items} /><//>`;
  return html`${items && html`<${Panel} id="facts" title=${t('claims')}><${Claims} incident=${i} items=${items} /><//>`}
    <${Panel} id="why" title=${t('why')}>${item ? html`<${Why} item=${item} />` : html`<p class="quiet">${items ? t('no_words') : t('loading')}</p>`}<//>
    ${item && html`<${Panel} id="evidence" title=${t('evidence_kept')}><${Evidence} item=${item} /><//>`}`;
}

function About({ incident: i, item, show }) {
  if (isCase(i)) return html`<${Panel} id="case-facts" title=${t('case_facts')}><${CaseFacts} matter=${i} /><//>`;
  return html`<${Panel} id="units" title=${t('units')}><${Units} incident=${i} /><//>
    <${Panel} id="items" title=${`${t('items')}（${i.items.length}）`}><${Items} incident=${i} items=${i.items} shown=${item?.id} show=${show} /><//>`;
}

export function Incident({ id }) {
  const [items, setItems] = useState(null), [entries, setEntries] = useState([]), [older, setOlder] = useState(0), [error, setError] = useState(null), [shown, show] = useState('');
  const i = matterOf(id), version = i?.version;
  const path = `/incidents/${encodeURIComponent(id)}`;
  const load = async () => {
    try {
      const [fresh, texts, journal] = await Promise.all([get(path), get(path + '/items'), get(`${path}/journal?limit=${ENTRIES}`)]);
      update((s) => ({ ...keeping(fresh)(s), selected: id }));
      setItems(texts.items);
      setEntries(journal.entries);
      setOlder(journal.next || 0);
      setError(null);
    } catch (e) {
      setError(e);
    }
  };
  const more = async () => {
    try {
      const journal = await get(`${path}/journal?limit=${ENTRIES}&before=${older}`);
      setEntries((now) => [...journal.entries, ...now]);
      setOlder(journal.next || 0);
    } catch (e) {
      say(e.message, 'bad');
    }
  };
  useEffect(() => { load(); }, [id, version]);
  if (error?.status === 404) return html`<${Empty} title=${t('not_found')} text=${id}><a class="button" href="#/">${t('back')}</a><//>`;
  if (error && !i) return html`<${Failed} error=${error} retry=${load} />`;
  if (!i || !i.notices) return html`<${Loading} />`; /* rows of lists lack them */
  const waiting = (i.found || []).filter((f) => !f.state || f.state === 'proposed');
  const item = items?.find((x) => x.id === shown) || items?.[0];
  return html`<article class="incident"><${Head} incident=${i} />
    <div class="columns"><div>
      ${waitingFor(i).length > 0 && html`<${Panel} id="approvals" title=${t('approvals')}><${Approvals} incident=${i} /><//>`}
      ${waiting.length > 0 && html`<${Panel} id="found" title=${t('found')}><${Found} incident=${i} list=${waiting} /><//>`}
      <${Panel} id="clocks" title=${t('clocks')}>${i.obligations?.length ? html`<${Obligations} list=${i.obligations} />` : html`<p class="quiet">${t('no_clocks')}</p>`}<//>
      ${hasRecords(i) && html`<${Panel} id="records" title=${t('records')}><${Records} incident=${i} /><//>`}
      <${Content} incident=${i} items=${items} item=${item} />
    </div><div>
      ${i.official_line && html`<${Panel} id="line" title=${t('official_line')}><p class="said">${i.official_line.text}</p><//>`}
      <${About} incident=${i} item=${item} show=${show} />
      <${Panel} id="notices" title=${t('notices')}><${Notices} incident=${i} /><//>
      ${i.notes?.length > 0 && html`<${Panel} id="notes" title=${t('notes')}><ul class="notices">${i.notes.map((n) => html`<li><time>${when(ms(n.at))}</time><div><p>${n.text || n}</p><small>${n.name || n.by?.name || n.by || ''}</small></div></li>`)}</ul><//>`}
      <${Panel} id="timeline" title=${t('timeline')}><${Timeline} entries=${[...entries].reverse()} />${older > 0 && html`<button class="rest" onClick=${more}>${t('older_more')}</button>`}<//>
    </div></div></article>`;
}

