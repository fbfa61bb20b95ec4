// SPDX-License-Identifier: Apache-2.0
/* Who says which figure, and where they differ: title against text, report against report.  Nothing is
 * decided here; each figure stands with its words, source and time. */
import { html } from '/vendor/preact.js';
import { upright } from './api.js';
import { ms, when } from './clock.js';
import { Link, sourceName } from './parts.js';
import { t } from './strings.js';
import { range } from './why.js';

const AROUND = 14;
const timeOf = (item) => ms(item.published) || ms(item.fetched);
const bounds = (v) => (typeof v === 'object' ? [v.min ?? -Infinity, v.max ?? Infinity] : [v, v]);
const apart = (a, b) => { const [x, y] = bounds(a), [u, v] = bounds(b); return x > v || u > y; };

/* The words of the text that gave the figure, with a little of what stands around them. */
function quote(item, kind) {
  const hit = (item.score?.hits || []).find((h) => h.rule === 'facts.' + kind), chars = Array.from((hit?.field === 'title' ? item.title : item.text) || '');
  return hit ? upright(chars.slice(Math.max(0, hit.start - AROUND), hit.end + AROUND).join('')).replace(/\s+/g, ' ') : '';
}

/* [{kind, claims: [{value, item, quote, title?}], differs}]: one claim for each figure of each report
 * that is no reprint, newest first. */
export function claimsOf(items, copies = new Set()) {
  const kinds = new Map();
  for (const item of items) {
    if (copies.has(item.id)) continue;
    for (const [kind, value] of Object.entries(item.score?.facts || {})) {
      if (value == null) continue;
      if (!kinds.has(kind)) kinds.set(kind, []);
      kinds.get(kind).push({ value, item, quote: quote(item, kind), inside: !!value.differs });
    }
  }
  return [...kinds].map(([kind, claims]) => {
    claims.sort((a, b) => timeOf(b.item) - timeOf(a.item));
    return { kind, claims, differs: claims.some((c) => c.inside || apart(c.value, claims[0].value)) };
  });
}

function Claim({ c }) {
  return html`<li><b>${range(c.value)}</b><div><p class="cut">${c.quote ? `“…${c.quote}…”` : upright(c.item.title || '')}</p>${c.inside && html`<p class="cut warn">${t('claim_title')}“${upright(c.item.title || '')}”</p>`}
    <small>${sourceName(c.item.source)} · ${timeOf(c.item) ? when(timeOf(c.item)) : t('published_unknown')} · <${Link} url=${c.item.url}>${t('open_page')}<//></small></div></li>`;
}

export function Claims({ incident, items }) {
  const all = claimsOf(items, new Set((incident.items || []).filter((x) => x.reprint_of).map((x) => x.id))), different = all.filter((k) => k.differs);
  if (!all.length) return html`<p class="quiet">${t('no_facts')}</p>`;
  return html`<dl class="facts">${all.map((k) => html`<div><dt>${t('fact_' + k.kind)}</dt><dd>${range(k.claims[0].value)}${k.differs && html` <span class="chip differs">${t('claim_differs')}</span>`}</dd></div>`)}</dl>
    ${different.map((k) => html`<section class="claims"><h3>${t('claim_who', t('fact_' + k.kind))}</h3><ul>${k.claims.slice(0, 12).map((c) => html`<${Claim} key=${c.item.id} c=${c} />`)}</ul></section>`)}`;
}
