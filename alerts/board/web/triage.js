// SPDX-License-Identifier: Apache-2.0
/* The queue of what the program proposes and nobody has judged: one key each - ours, not ours, noise
 * with its reason, the same as another.  Two columns: the queue, and the one that is judged now. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { Rehearsal, Route } from './advice.js';
import { mayDo, say, send } from './acts.js';
import { get } from './api.js';
import { ms, when } from './clock.js';
import { Countdown, Credit, Empty, Level, Link, Loading, names, sourceName } from './parts.js';
import { likely } from './similar.js';
import { byUrgency, isOver, nextClock, state, update } from './store.js';
import { t } from './strings.js';
import { ACTS, NOISE } from './verbs.js';
import { Facts, Marked, telling } from './why.js';

const sending = new Set(); /* judged just now: out of the queue, back when it is refused */
const INCIDENT = ['emergency', 'opinion'];
export const proposals = () => [...state.incidents.values()].filter((i) => i.state === 'collected' && INCIDENT.includes(i.kind) && !isOver(i) && !sending.has(i.id)).sort(byUrgency);
const current = () => { const list = proposals(); return list.find((i) => i.id === state.selected) || list[0]; };

/* What the next digit means: nothing, a reason of noise, or the matter it repeats. */
const ask = (asks) => update({ triage: { ...state.triage, asks } });
const asks = () => (state.triage?.asks?.id === current()?.id ? state.triage.asks : null);

/* ---- deciding ---- */

async function decide(i, verb, args) {
  const row = ACTS.find((a) => a.verb === verb), list = proposals(), at = list.indexOf(i);
  if (!mayDo(i, verb)) return say(t('no_role'), 'bad');
  sending.add(i.id);
  update({ selected: (list[at + 1] || list[at - 1])?.id || '' });
  try {
    await send(i, row, args);
    sending.delete(i.id);
    update((s) => ({ triage: { ...s.triage, last: { id: i.id, title: i.title } } }));
  } catch (e) {
    sending.delete(i.id);
    say(`${i.title.slice(0, 40)}：${e.message}`, 'bad');
    update({});
  }
}
const dismiss = (i, reason) => decide(i, 'dismiss', { reason: t('noise_' + reason) });
async function takeBack() {
  const last = state.triage?.last, i = last && state.incidents.get(last.id);
  if (i && isOver(i) && i.state === 'dismissed') await decide(i, 'reopen', { reason: t('tri_undo_reason') });
}

function digit(i, n) {
  const a = asks();
  if (a?.what === 'noise' && NOISE[n - 1]) dismiss(i, NOISE[n - 1]);
  else if (a?.what === 'same' && a.list[n - 1]) ask({ ...a, chosen: a.list[n - 1].id });
}

function move(step) {
  const list = proposals(), next = list[list.indexOf(current()) + step];
  if (next) update({ selected: next.id });
}
const same = (i) => ask({ id: i.id, what: 'same', list: likely(i).map((s) => s.incident) });

/* key | label | act */
export const TRIAGE = [
  ['c', 'tri_ours', (i) => decide(i, 'confirm', {})],
  ['o', 'tri_not_ours', (i) => dismiss(i, 'unrelated')],
  ['d', 'tri_noise', (i) => ask({ id: i.id, what: 'noise' })],
  ['m', 'tri_same', same],
];
const MORE = { j: () => move(1), k: () => move(-1), z: takeBack, Escape: () => asks() && ask(null),
  Enter: (i) => (asks()?.chosen ? decide(i, 'merge', { into: asks().chosen }) : (location.hash = '#/incident/' + encodeURIComponent(i.id))) };

/* True: the key meant something here. */
export function triageKey(key) {
  const i = current(), row = TRIAGE.find(([k]) => k === key);
  if (key === 'z') { takeBack(); return true; }
  if (key === 'Escape' && !asks()) return false;
  if (!i) return false;
  if (/^[1-9]$/.test(key)) digit(i, Number(key));
  else if (row) row[2](i);
  else if (MORE[key]) MORE[key](i);
  else return false;
  return true;
}

/* ---- drawing ---- */

function Choices({ i }) {
  const a = asks();
  if (a?.what === 'noise') return html`<div class="choices" role="group" aria-label=${t('tri_why')}><p>${t('tri_why')}</p><div class="buttons">${NOISE.map((k, n) => html`<button onClick=${() => dismiss(i, k)}><kbd>${n + 1}</kbd>${t('noise_' + k)}</button>`)}</div></div>`;
  if (a?.what !== 'same') return null;
  return html`<div class="choices" role="group" aria-label=${t('tri_which')}><p>${a.list.length ? t('tri_which') : t('tri_none_like')}</p>
    ${a.list.map((o, n) => html`<button class="wide" aria-pressed=${a.chosen === o.id ? 'true' : 'false'} onClick=${() => ask({ ...a, chosen: o.id })}><kbd>${n + 1}</kbd><span class="cut">${o.title}</span><small>${t('state_' + o.state)} · ${names((o.places || []).slice(0, 2))} · ${when(ms(o.times?.first_public || o.opened))}</small></button>`)}
    ${a.chosen && html`<${Rehearsal} incident=${i} verb="merge" args=${{ into: a.chosen }} /><div class="buttons"><button class="primary" onClick=${() => decide(i, 'merge', { into: a.chosen })}>${t('act_merge')}<kbd>Enter</kbd></button></div>`}</div>`;
}

function Card({ i }) {
  const [item, set] = useState(null), o = nextClock(i);
  useEffect(() => {
    let gone = false;
    set(null);
    get(`/incidents/${encodeURIComponent(i.id)}/items`).then((a) => gone || set(a.items[0] || {}), () => {});
    return () => { gone = true; };
  }, [i.id]);
  const hits = telling(item?.score?.hits || []), of = (field) => hits.filter((h) => h.field === field);
  return html`<article class="panel card" aria-labelledby="tri-title"><header class="headline"><div><h2 id="tri-title"><a href=${'#/incident/' + encodeURIComponent(i.id)}>${i.title}</a></h2>
      <p class="meta"><${Level} incident=${i} /><span>${t('kind_' + i.kind)}</span><span>${names(i.places)}</span><span>${names((i.topics || []).slice(0, 3))}</span>${i.reprints > 0 && html`<span>${t('reprints', i.reprints)}</span>`}</p></div>
      ${o && html`<div class="big"><${Countdown} due=${ms(o.due)} start=${ms(o.start)} /><small>${o.label}</small></div>`}</header>
    <div class="buttons acts">${TRIAGE.map(([key, label, run], n) => html`<button class=${n ? '' : 'primary'} aria-keyshortcuts=${key} onClick=${() => run(i)}>${t(label)}<kbd>${key}</kbd></button>`)}</div>
    <${Choices} i=${i} />
    ${!item ? html`<${Loading} />` : html`<div class="text" lang="zh"><p class="meta"><span>${sourceName(item.source)}</span><${Credit} item=${item} /><span>${item.published ? when(ms(item.published)) : t('published_unknown')}</span><${Link} url=${item.url}>${t('open_page')}<//></p>
      <div class="body short" tabindex="0" role="region" aria-label=${t('why_item')}><${Marked} text=${item.text} hits=${of('text')} /></div></div><h3>${t('facts')}</h3><${Facts} facts=${i.facts || item.score?.facts} />`}
    <h3>${t('route_title')}</h3><${Route} incident=${i} /></article>`;
}

export function Triage() {
  const list = proposals(), i = current();
  if (!state.loaded) return html`<${Loading} />`;
  const last = state.triage?.last;
  return html`<section class="page triage"><h1>${t('triage')} <span class="quiet">${t('tri_n', list.length)}</span></h1><p class="quiet">${t('tri_hint')}</p>
    ${last && html`<p class="undo" role="status"><span class="cut">${t('tri_last', last.title)}</span> ${state.incidents.get(last.id)?.state === 'dismissed' && html`<button class="plain" onClick=${takeBack}>${t('tri_undo')}<kbd>z</kbd></button>`}</p>`}
    ${!i ? html`<${Empty} title=${t('tri_empty')} text=${t('tri_empty_text')}><a class="button" href="#/">${t('back')}</a><//>`
    : html`<div class="columns desk"><ol class="queue" aria-label=${t('triage')}>${list.slice(0, 200).map((p) => html`<li key=${p.id} class=${p.id === i.id ? 'selected' : ''}><button class="plain" aria-current=${p.id === i.id ? 'true' : null} onClick=${() => update({ selected: p.id })}><span class="cut">${p.title}</span></button>
      <small>${nextClock(p) ? html`<${Countdown} due=${ms(nextClock(p).due)} start=${ms(nextClock(p).start)} seconds=${false} />` : ''} ${names((p.places || []).slice(0, 1))}</small></li>`)}</ol><${Card} key=${i.id} i=${i} /></div>`}</section>`;
}
