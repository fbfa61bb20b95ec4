// SPDX-License-Identifier: Apache-2.0
/* Time as the server has it, lamps, and the one tick that moves every countdown on the page.
 *
 * The server's time is carried forward by the monotonic clock, so a wrong or changed clock of this
 * computer moves nothing. */
import { t } from './strings.js';

const MINUTE = 60e3, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
let base = Date.now(), at = performance.now(), best = Infinity, zoneMin = 480;

/* Keep the sample with the shortest round trip; forget it after a while or when it is far off. */
export function syncClock(serverNow, sentAt, gotAt) {
  const trip = gotAt - sentAt, estimate = serverNow + trip / 2;
  const off = Math.abs(estimate - (base + gotAt - at));
  if (trip <= best || off > 2000 || gotAt - at > 60e3) {
    base = estimate;
    at = gotAt;
    best = trip;
  }
}
export const setZone = (minutes) => { zoneMin = minutes; };
export const now = () => base + performance.now() - at;

export const LAMPS = ['late', 'red', 'yellow', 'green', 'off'];

/* Green while more than half is left, yellow down to a fifth, then red; below half an hour red. */
export function lampOf(due, start) {
  if (!due) return 'off';
  const left = due - now(), whole = Math.max(due - (start || due - 5 * HOUR), 1);
  if (left < 0) return 'late';
  if (left < whole / 5 || left < 30 * MINUTE) return 'red';
  return left < whole / 2 ? 'yellow' : 'green';
}
export const lampWord = (lamp) => t('lamp_' + lamp);

const pad = (n) => String(Math.floor(n)).padStart(2, '0');

/* "4:12:08"; from two days on "3天 04:12". */
export function span(ms, seconds = true) {
  const v = Math.abs(ms);
  if (v >= 2 * DAY) return `${Math.floor(v / DAY)}${t('days')} ${pad((v % DAY) / HOUR)}:${pad((v % HOUR) / MINUTE)}`;
  const head = `${Math.floor(v / HOUR)}:${pad((v % HOUR) / MINUTE)}`;
  return seconds ? `${head}:${pad((v % MINUTE) / 1000)}` : head;
}

export const ms = (iso) => (iso ? Date.parse(iso) : 0);

/* Calendar fields in the office's zone, whatever zone this computer is in. */
function civil(time) {
  const d = new Date(time + zoneMin * MINUTE);
  return { y: d.getUTCFullYear(), mo: d.getUTCMonth() + 1, d: d.getUTCDate(), h: d.getUTCHours(), mi: d.getUTCMinutes(), s: d.getUTCSeconds() };
}
export function clockTime(time, seconds = false) {
  const c = civil(time);
  return `${pad(c.h)}:${pad(c.mi)}${seconds ? ':' + pad(c.s) : ''}`;
}
/* "09:12" today, "11-22 09:12" this year, else with the year. */
export function when(time) {
  if (!time) return '—';
  const c = civil(time), today = civil(now());
  if (c.y === today.y && c.mo === today.mo && c.d === today.d) return clockTime(time);
  const date = `${pad(c.mo)}-${pad(c.d)} ${clockTime(time)}`;
  return c.y === today.y ? date : `${c.y}-${date}`;
}
/* For <input type=datetime-local>, and back to RFC 3339 with the office's offset. */
export function toInput(time) {
  const c = civil(time);
  return `${c.y}-${pad(c.mo)}-${pad(c.d)}T${pad(c.h)}:${pad(c.mi)}`;
}
export function fromInput(text) {
  const sign = zoneMin < 0 ? '-' : '+', m = Math.abs(zoneMin);
  return text ? `${text.length === 16 ? text + ':00' : text}${sign}${pad(m / 60)}:${pad(m % 60)}` : '';
}
export function ago(time) {
  if (!time) return t('never');
  const v = now() - time;
  if (v < MINUTE) return t('just_now');
  if (v < HOUR) return t('minutes_ago', Math.floor(v / MINUTE));
  if (v < DAY) return t('hours_ago', Math.floor(v / HOUR));
  return t('days_ago', Math.floor(v / DAY));
}

/* ---- the tick ---- */

export function clockText(due, seconds) {
  return span(due - now(), seconds);
}

/* Of a long list only the rows in sight are moved; they stand one below the other, so two searches
 * by halves find them without asking a thousand. */
const MARGIN = 200;
function inSight(list) {
  const rows = list.children, out = [];
  let from = 0, to = rows.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle].getBoundingClientRect().bottom < -MARGIN) from = middle + 1;
    else to = middle;
  }
  for (; from < rows.length && rows[from].getBoundingClientRect().top < innerHeight + MARGIN; from++) out.push(rows[from]);
  return out;
}

function tick() {
  const list = document.querySelector('ol.rows');
  if (list) inSight(list).forEach(move);
  else move(document.body);
}

/* Rows that scroll into sight are brought up to date with the next frame. */
let scrolled = false;
globalThis.addEventListener?.('scroll', () => {
  if (scrolled) return;
  scrolled = true;
  requestAnimationFrame(() => { scrolled = false; tick(); });
}, { passive: true });

/* Each countdown is an element with data-due; its text node and the lamp of the nearest `.lamped`
 * are changed only when they differ. */
function move(root) {
  for (const el of root.querySelectorAll('[data-due]')) {
    const due = Number(el.dataset.due), start = Number(el.dataset.start);
    const text = clockText(due, el.dataset.seconds === '1');
    if (el.firstChild && el.firstChild.data !== text) el.firstChild.data = text;
    const box = el.closest('.lamped'), lamp = lampOf(due, start);
    if (!box || box.dataset.lamp === lamp) continue;
    box.dataset.lamp = lamp;
    const word = box.querySelector('.lamp-word');
    if (word?.firstChild) word.firstChild.data = lampWord(lamp);
  }
  for (const el of root.querySelectorAll('[data-bar]')) {
    const [start, due] = el.dataset.bar.split(' ').map(Number), width = `${share(start, due)}%`, lamp = lampOf(due, start);
    if (el.style.width !== width) el.style.width = width;
    if (el.dataset.lamp !== lamp) el.dataset.lamp = lamp;
  }
}
export function share(start, due) {
  return Math.round(Math.min(Math.max((now() - start) / Math.max(due - start, 1), 0), 1) * 1000) / 10;
}

export function startTicking(each) {
  const beat = () => {
    tick();
    each();
    setTimeout(beat, 1000 - (now() % 1000) + 4);
  };
  beat();
}
