// SPDX-License-Identifier: Apache-2.0
/* The live list: what is nearest to its deadline stands first. */
import { Component, html, useEffect, useReducer, useRef, useState } from '/vendor/preact.js';
import { LAMPS, lampWord, ms, when } from './clock.js';
import { ClockBar, Countdown, Empty, Level, Loading, names } from './parts.js';
import { go, setQuery } from './route.js';
import { cached, isOver, lampOfIncident, nextClock, state, update, visible } from './store.js';
import { lang, t } from './strings.js';
import { Views } from './views.js';

/* Drawn again only when something of it changed: with a thousand rows that is what keeps an event
 * fast.  The countdown inside moves by the tick. */
class Row extends Component {
  shouldComponentUpdate(next) {
    return ['incident', 'selected', 'lamp', 'language', 'rules', 'fresh'].some((k) => next[k] !== this.props[k]);
  }
  componentDidUpdate(old) {
    if (this.props.selected && !old.selected) this.base.scrollIntoView({ block: 'nearest' });
  }
  render() {
    return draw(this.props);
  }
}

function draw({ incident: i, selected, fresh }) {
  const o = nextClock(i);
  const meta = [t('state_' + i.state), names(i.places), names((i.topics || []).slice(0, 2)),
    i.units?.lead ? i.units.lead.name : i.units?.proposed?.length ? `${t('unit_proposed')} ${names(i.units.proposed.slice(0, 1))}` : ''];
  return html`<li class=${'row lamped' + (selected ? ' selected' : '')} data-lamp=${lampOfIncident(i)} data-id=${i.id}
      aria-current=${selected ? 'true' : null}>
    <div class="time">${o ? html`<${Countdown} due=${ms(o.due)} start=${ms(o.start)} />` : html`<span class="countdown" data-lamp="off"><span class="lamp" aria-hidden="true"></span><span class="lamp-word">${isOver(i) ? t('state_' + i.state) : t('lamp_off')}</span></span>`}
      ${o && html`<small>${t('due_at', when(ms(o.due)))}</small>`}</div>
    <div class="what"><a class="title" href=${'#/incident/' + encodeURIComponent(i.id)} onFocus=${() => update({ selected: i.id })}>${i.title}</a>
      <p class="meta">${fresh && html`<span class="chip fresh">${t('fresh_' + fresh)}</span>`}${i.watch?.length > 0 && html`<span class="chip watched">${t('watched_by', names(i.watch))}</span>`}${i.drill && html`<span class="chip drill">${t('drill')}</span>`}<${Level} incident=${i} />
        ${meta.filter(Boolean).map((m) => html`<span>${m}</span>`)}${i.reprints > 0 && html`<span>${t('reprints', i.reprints)}</span>`}</p></div>
    <div class="bars">${(i.obligations || []).filter((x) => x.state !== 'superseded').slice(0, 4).map((x) => html`<${ClockBar} key=${x.id} o=${x} />`)}</div>
    <div class="ack">${i.ack ? html`<span class="done">✓ ${i.ack.name || i.ack.by}</span>` : !isOver(i) && html`<span class="undone">${t('not_acked')}</span>`}</div>
  </li>`;
}

/* The same node for the same content: what has not changed is passed over without a look inside. */
const nodes = new WeakMap();
function rowOf(i, selected) {
  const lamp = lampOfIncident(i), language = lang(), fresh = state.fresh.get(i.id)?.what, old = nodes.get(i)?.props;
  if (old && old.selected === selected && old.lamp === lamp && old.language === language && old.rules === state.rules && old.fresh === fresh) return nodes.get(i);
  const node = html`<${Row} key=${i.id} incident=${i} selected=${selected} lamp=${lamp} language=${language} rules=${state.rules} fresh=${fresh} />`;
  nodes.set(i, node);
  return node;
}

function options(name, pick, label) {
  const list = cached(`options ${name}`, () => {
    const seen = new Map();
    for (const i of state.incidents.values()) for (const p of pick(i)) if (p) seen.set(p.id ?? p.code, p.name ?? p.id);
    return [...seen].sort((a, b) => String(a[1]).localeCompare(b[1], 'zh'));
  });
  return html`<option value="">${label}</option>${list.map(([id, name]) => html`<option value=${id}>${name}</option>`)}`;
}

function Filters({ shown }) {
  const q = state.route.query, set = (key) => (e) => setQuery({ [key]: e.target.value });
  const select = (key, label, children) => html`<select aria-label=${label} value=${q.get(key) || ''} onChange=${set(key)}>${children}</select>`;
  const all = cached(`all ${q.get('state')}`, () => [...state.incidents.values()].filter((i) => q.get('state') === 'all' || !isOver(i)).length);
  return html`<form class="filters" role="search" onSubmit=${(e) => e.preventDefault()}>
    <input id="search" type="search" placeholder=${t('search')} aria-label=${t('search')} value=${q.get('q') || ''} onInput=${set('q')} />
    <div class="selects">${select('level', t('any_level'), html`<option value="">${t('any_level')}</option>${[1, 2, 3, 4].map((n) => html`<option value=${n}>${t('level_' + n)}</option>`)}`)}
    ${select('unit', t('any_unit'), options('unit', (i) => [i.units?.lead, ...(i.units?.proposed || [])], t('any_unit')))}
    ${select('place', t('any_place'), options('place', (i) => i.places || [], t('any_place')))}
    ${select('topic', t('any_topic'), options('topic', (i) => i.topics || [], t('any_topic')))}
    ${select('state', t('filter'), html`<option value="">${t('show_open')}</option><option value="all">${t('show_all')}</option>`)}
    <label class="check"><input type="checkbox" checked=${q.get('ack') === 'none'} onChange=${(e) => setQuery({ ack: e.target.checked ? 'none' : '' })} />${t('unacked')}</label></div>
    <span class="count" role="status">${t('count_shown', shown, all)}</span></form>`;
}

/* The lamps of all open incidents: numbers at a glance, and a filter each. */
export function LampBoard() {
  const q = state.route.query, counts = cached('lamps', () => {
    const n = Object.fromEntries(LAMPS.map((l) => [l, 0]));
    for (const i of state.incidents.values()) if (!isOver(i)) n[lampOfIncident(i)]++;
    return n;
  });
  return html`<div class="lampboard">${LAMPS.filter((l) => l !== 'off' || counts.off).map((l, n) => html`<button class="lamped" data-lamp=${l}
    aria-pressed=${q.get('lamp') === l ? 'true' : 'false'} onClick=${() => setQuery({ lamp: q.get('lamp') === l ? '' : l })}>
    <span class="lamp" aria-hidden="true"></span><b>${counts[l]}</b><span>${lampWord(l)}</span>${l !== 'off' && html`<kbd>${n + 1}</kbd>`}</button>`)}</div>`;
}

/* While the pointer or the keyboard is at work in the list, rows keep their places, so that nothing
 * slips away under a click; what would move waits a few seconds at most, and is counted. */
const HOLD_MS = 4000;
function useHeldOrder(list) {
  const held = useRef(null), timer = useRef(0), [, redraw] = useReducer((n) => n + 1, 0);
  const release = () => { clearTimeout(timer.current); held.current = null; redraw(); };
  const hold = (e) => {
    if (e.pointerType === 'touch') return;
    held.current ||= { query: String(state.route.query), ids: list.map((i) => i.id) };
    clearTimeout(timer.current);
    timer.current = setTimeout(release, HOLD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  if (held.current?.query !== String(state.route.query)) held.current = null;
  if (!held.current) return { shown: list, waiting: 0, hold, release };
  const shown = held.current.ids.map((id) => state.incidents.get(id)).filter(Boolean);
  const waiting = list.filter((i, n) => shown[n]?.id !== i.id).length || Math.abs(list.length - shown.length);
  return { shown, waiting, hold, release };
}

/* The nearest deadlines are drawn; the rest follows as one scrolls or moves down to it.  A list of a
 * thousand then costs a second or an event no more than one of a hundred. */
const FIRST = 20, AT_ONCE = 100; /* rows of the first screen, painted before the others are made */
function useRoom(list) {
  const [room, set] = useState(FIRST), chosen = list.findIndex((i) => i.id === state.selected) + 20;
  useEffect(() => { const later = setTimeout(() => set((n) => Math.max(n, AT_ONCE)), 50); return () => clearTimeout(later); }, []);
  useEffect(() => {
    const more = () => innerHeight + scrollY > document.documentElement.scrollHeight - 2 * innerHeight && set((n) => (n < list.length ? n + AT_ONCE : n));
    addEventListener('scroll', more, { passive: true });
    return () => removeEventListener('scroll', more);
  }, [list.length]);
  return [Math.max(room, chosen), () => set((n) => n + AT_ONCE)];
}

export function Live() {
  const list = visible(), filtered = [...state.route.query.keys()].length > 0, { shown, waiting, hold, release } = useHeldOrder(list), [room, grow] = useRoom(shown);
  return html`<section class="live" aria-label=${t('live')}><h1 class="hidden">${t('live')}</h1><${LampBoard} /><${Views} /><${Filters} shown=${list.length} />
    ${waiting > 0 && html`<div class="held"><button onClick=${release}>${t('held')}</button></div>`}
    ${!state.loaded ? html`<${Loading} />` : shown.length ? html`<ol class="rows" onPointerMove=${hold} onFocusIn=${hold} onKeyDown=${hold} onPointerLeave=${(e) => e.pointerType !== 'touch' && release()}>${shown.slice(0, room).map((i) => rowOf(i, state.selected === i.id))}</ol>${shown.length > room && room >= AT_ONCE && html`<button class="rest" onClick=${grow}>${t('rest_n', shown.length - room)}</button>`}`
    : filtered ? html`<${Empty} title=${t('empty_filter')} text=""><button onClick=${() => go('#/')}>${t('clear_filter')}</button><//>`
    : html`<${Empty} title=${t('empty_title')} text=${t('empty_text')}><a class="button" href="#/sources">${t('empty_sources')}</a> <a class="button" href="#/start">${t('start')}</a><//>`}</section>`;
}

/* For a screen on the wall: large, nothing to press, the nearest deadlines only. */
export function Wall() {
  const list = visible().filter((i) => !isOver(i)).slice(0, 12);
  return html`<section class="wall" aria-label=${t('wall')}><h1 class="hidden">${t('wall_title')}</h1><${LampBoard} />
    ${!state.loaded ? html`<${Loading} />` : list.length ? html`<ol class="rows">${list.map((i) => rowOf(i, false))}</ol>`
    : html`<${Empty} title=${t('empty_title')} text=${t('empty_text')} />`}</section>`;
}

