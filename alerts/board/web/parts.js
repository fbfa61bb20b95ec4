// SPDX-License-Identifier: Apache-2.0
/* Small pieces that several pages draw. */
import { html, useState } from '/vendor/preact.js';
import { clockText, lampOf, lampWord, ms, now, share } from './clock.js';
import { levelOf, state } from './store.js';
import { t } from './strings.js';

/* The big countdown: lamp, word, digits.  The tick changes its text nodes, so they stay single. */
export function Countdown({ due, start, seconds = true }) {
  const lamp = lampOf(due, start);
  return html`<span class="lamped countdown" data-lamp=${lamp}><span class="lamp" aria-hidden="true"></span>
    <span class="lamp-word">${lampWord(lamp)}</span><span class="digits" data-due=${due} data-start=${start} data-seconds=${seconds ? 1 : 0}>${clockText(due, seconds)}</span></span>`;
}

export function Fill({ start, due }) {
  return html`<i class="fill" data-bar=${`${start} ${due}`} data-lamp=${lampOf(due, start)} style=${{ width: `${share(start, due)}%` }}></i>`;
}

/* One obligation in a row of the list. */
/* Clocks by the name people know; what came from rules that are gone keeps its id. */
export const clockName = (id) => state.rules?.clocks?.find((c) => c.id === String(id).replace(/\.\d+$/, ''))?.label || id || '';
export const packName = (id) => state.rules?.clocks?.find((c) => c.pack === id)?.pack_name || id;
export const clockNames = (list) => [list || []].flat().map(clockName).join('、');

export function ClockBar({ o }) {
  const due = ms(o.due), start = ms(o.start);
  if (o.state !== 'open') {
    return html`<span class="bar done" data-state=${o.state} title=${o.label}><b>${o.label || o.clock}</b><i class="track"></i><span>${t('ob_' + o.state)}</span></span>`;
  }
  const lamp = lampOf(due, start);
  return html`<span class="lamped bar" data-lamp=${lamp} title=${o.label}><b>${o.label || o.clock}</b>
    <i class="track"><${Fill} start=${start} due=${due} /></i>
    <span data-due=${due} data-start=${start} data-seconds="0">${clockText(due, false)}</span></span>`;
}

export function Level({ incident }) {
  const level = levelOf(incident);
  if (!level) return html`<span class="chip level" data-level="0">${t('level_none')}</span>`;
  const proposed = !incident.level_confirmed;
  return html`<span class="chip level" data-level=${level} title=${proposed ? t('proposed_long') : ''}>${proposed ? t('proposed') + ' ' : ''}${t('level_' + level)}</span>`;
}

export const personName = (id) => state.rules?.people?.find((p) => p.id === id)?.name || id;
export const sourceName = (id) => state.rules?.sources?.find((s) => s.id === id)?.name || id;
/* Whom the page itself names as the source of its text; most pages name nobody. */
export const Credit = ({ item }) => item.origin && html`<span>${t('credited', item.origin)}</span>`;
export const names = (list) => (list || []).map((p) => p?.name || p?.id || p).join('、');

/* http and https only: a crawled address is never followed as script. */
export function Link({ url, children }) {
  const safe = /^https?:\/\//i.test(url || '') ? url : null;
  return safe ? html`<a href=${safe} target="_blank" rel="noopener noreferrer">${children || safe}</a>` : html`<span>${children || url}</span>`;
}

export function Empty({ title, text, children }) {
  return html`<div class="empty"><svg viewBox="0 0 64 64" aria-hidden="true"><circle cx="32" cy="32" r="22"/><path d="M32 18v15l10 6"/></svg>
    <h2>${title}</h2><p>${text}</p>${children}</div>`;
}

export function Loading() {
  return html`<div class="loading" role="status">${t('loading')}</div>`;
}

export function Failed({ error, retry }) {
  return html`<div class="empty" role="alert"><h2>${t('error_load')}</h2><p>${error.message}</p><button onClick=${retry}>${t('retry')}</button></div>`;
}

/* A term with its explanation one click away; without one it is only the term. */
let tips = 0;
export function Term({ name, children }) {
  const [id] = useState(() => `tip-${++tips}`), text = t('help_' + name);
  if (text === name) return children;
  return html`<span class="term">${children}<button type="button" class="tip-button" popovertarget=${id} aria-label=${t('explain', [children].flat().join(''))}>?</button><span popover="auto" id=${id} class="tip" role="note">${text}</span></span>`;
}

export const overdue = (o) => o.state === 'open' && ms(o.due) < now();
