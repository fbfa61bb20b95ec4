// SPDX-License-Identifier: Apache-2.0
/* The words that made an item what it is, marked in its text.  Offsets count code points; the text
 * is only ever put into text nodes. */
import { html, useState } from '/vendor/preact.js';
import { upright } from './api.js';
import { state } from './store.js';
import { t } from './strings.js';

/* Cut [0, n) at the hits' ends; overlapping hits share a piece. */
export function pieces(text, hits) {
  const chars = Array.from(text || ''), cuts = new Set([0, chars.length]);
  const inside = hits.filter((h) => h.start < h.end && h.end <= chars.length);
  for (const h of inside) cuts.add(h.start).add(h.end);
  const at = [...cuts].sort((a, b) => a - b), out = [];
  for (let i = 0; i + 1 < at.length; i++) {
    out.push({
      text: upright(chars.slice(at[i], at[i + 1]).join('')),
      hits: inside.filter((h) => h.start <= at[i] && h.end >= at[i + 1]),
    });
  }
  return out;
}

const signed = (w) => (w > 0 ? '+' : '') + Math.round(w * 10) / 10;
const topicName = (id) => state.rules?.topics?.find((x) => x.id === id)?.name || id;
const named = (h) => (h.to === 'topic' ? topicName(h.topic) : h.to && t('score_' + h.to));
/* What is no row of the lexicon: a number read, a place, a body, a place of others, a topic's share. */
const BUILT_IN = ['place', 'body', 'foreign'];
export function ruleName(id) {
  const fact = /^facts\.(.+)$/.exec(id || '');
  if (fact) return t('fact_' + fact[1]);
  return state.rules?.words?.[id] || (BUILT_IN.includes(id) ? t('rule_' + id) : topicName(id));
}
const why = (h) => `${ruleName(h.rule)}${h.weight == null ? '' : ' ' + signed(h.weight)}${h.to ? '（' + named(h) + '）' : ''}`;
/* What a word is worth as a sign that government is concerned follows from its own score: shown
 * only where it is all the word is worth. */
export const telling = (hits) => {
  const own = new Set(hits.filter((h) => h.to !== 'relevance').map((h) => `${h.field}:${h.start}:${h.end}`));
  return hits.filter((h) => h.to !== 'relevance' || h.start === h.end || !own.has(`${h.field}:${h.start}:${h.end}`));
};

export function Marked({ text, hits }) {
  return pieces(text, hits).map((p) => p.hits.length
    ? html`<mark class=${p.hits.some((h) => h.weight < 0) ? 'minus' : ''} title=${p.hits.map(why).join('；')}>${p.text}</mark>`
    : p.text);
}

const FEW = 10;

export function Words({ hits }) {
  const rows = new Map();
  for (const h of hits) {
    const key = `${h.rule}\n${h.text}\n${named(h)}`, row = rows.get(key) || { ...h, n: 0, title: false };
    row.n++;
    row.title ||= h.field === 'title';
    rows.set(key, row);
  }
  const sorted = [...rows.values()].sort((a, b) => Math.abs(b.weight || 0) - Math.abs(a.weight || 0));
  const [all, showAll] = useState(false), shown = all ? sorted : sorted.slice(0, FEW);
  if (!sorted.length) return html`<p class="quiet">${t('no_words')}</p>`;
  return html`<table class="grid words"><thead><tr><th>${t('word')}</th><th>${t('rule')}</th><th>${t('where')}</th><th>${t('adds_to')}</th><th class="num">${t('weight')}</th></tr></thead>
    <tbody>${shown.map((h) => html`<tr><td>${(h.text || '').trim() ? html`<mark class=${h.weight < 0 ? 'minus' : ''}>${h.text.trim()}</mark>` : html`<span class="quiet">${t('no_word_of_its_own')}</span>`}${h.n > 1 ? ` ×${h.n}` : ''}</td>
      <td title=${h.rule}>${ruleName(h.rule)}</td><td>${!h.text ? '' : h.title ? t('in_title') : t('in_text')}</td><td>${named(h) || ''}</td><td class="num">${h.weight == null ? '' : signed(h.weight)}</td></tr>`)}</tbody></table>
    ${sorted.length > FEW && html`<button class="plain more" onClick=${() => showAll(!all)} aria-expanded=${all ? 'true' : 'false'}>${all ? t('show_less') : t('show_all_words', sorted.length)}</button>`}`;
}

export const range = (v) => (v == null ? '' : typeof v !== 'object' ? String(v) : v.min === v.max ? String(v.min) : v.max == null ? `≥ ${v.min}` : v.min == null ? `≤ ${v.max}` : `${v.min}–${v.max}`);

export function Facts({ facts }) {
  const rows = Object.entries(facts || {}).filter(([, v]) => v != null);
  if (!rows.length) return html`<p class="quiet">${t('no_facts')}</p>`;
  return html`<dl class="facts">${rows.map(([k, v]) => html`<div><dt>${t('fact_' + k)}</dt><dd>${range(v)}</dd></div>`)}</dl>`;
}

export function Scores({ score }) {
  const names = ['relevance', 'emergency', 'hardship', 'rumor', 'policy'];
  return html`<ul class="scores">${names.filter((k) => score?.[k] > 0).map((k) => html`<li><span>${t('score_' + k)}</span>
    <meter min="0" max="100" value=${score[k]} aria-label=${t('score_' + k)}></meter><b>${Math.round(score[k])}</b></li>`)}</ul>`;
}
