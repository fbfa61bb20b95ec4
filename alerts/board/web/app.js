// SPDX-License-Identifier: Apache-2.0
/* Start, frame of the page, live events. */
import { html, render, useEffect, useState } from '/vendor/preact.js';
import { say } from './acts.js';
import { connect, get, health, post } from './api.js';
import { clockTime, lampOf, ms, now, setZone, span, startTicking } from './clock.js';
import { ActDialog, ActSheet } from './dialog.js';
import { Incident } from './incident.js';
import { Help, onKey } from './keys.js';
import { Live, Wall } from './live.js';
import { Login, Setup } from './pages.js';
import { Loading } from './parts.js';
import { parseRoute } from './route.js';
import { Search } from './search.js';
import { allowSound, play } from './sound.js';
import { byUrgency, isCase, lampOfIncident, nextClock, select, state, subscribe, update } from './store.js';
import { lang, switchLanguage, t } from './strings.js';
import { proposals, Triage } from './triage.js';

const HEALTH_MS = 15000, GRACE_MS = 3000;

/* ---- data ---- */

/* A row of the list lacks the items; what the incident page has loaded is kept. */
function keep(old, fresh) {
  return old && old.version >= (fresh.version ?? 0) ? old : { ...(old || {}), ...fresh };
}

const listOf = () => (state.route.query.get('state') === 'all' ? '?state=all' : '?state=open');
const heardAt = new Map(); /* id -> when an event last spoke of it */
let asked = ''; /* which list was asked for last */

/* An event that overtakes the list it is not yet in stays. */
async function loadAll() {
  const query = asked = listOf(), sent = performance.now();
  const answer = await get('/incidents' + query);
  update((s) => {
    const incidents = new Map(answer.incidents.map((i) => [i.id, keep(s.incidents.get(i.id), i)]));
    if (s.route.id && s.incidents.has(s.route.id) && !incidents.has(s.route.id)) incidents.set(s.route.id, s.incidents.get(s.route.id));
    for (const [id, at] of heardAt) if (at >= sent && !incidents.has(id)) incidents.set(id, s.incidents.get(id));
    return { incidents, loaded: true, synced: now() };
  });
}

function onIncident(incident) {
  const old = state.incidents.get(incident.id);
  heardAt.set(incident.id, performance.now());
  update((s) => ({ incidents: new Map(s.incidents).set(incident.id, keep(old, incident)), synced: now(), fresh: new Map(s.fresh).set(incident.id, { what: old ? 'changed' : 'new', at: now() }) }));
  announce(incident, !old);
}

/* Of tens of thousands of cases the page knows those it has looked at; which clock ends first, the
 * server knows.  Asked again when an event spoke of a case, at most every few seconds. */
const URGENT_MS = 3000;
let asking = 0;
async function loadUrgentCase() {
  const answer = await get('/cases?state=open&limit=1');
  update({ urgentCase: answer.cases[0] || null });
}
function askUrgentCase() {
  asking ||= setTimeout(() => { asking = 0; if (state.me) loadUrgentCase().catch(() => {}); }, URGENT_MS);
}

/* An import may be thousands: only what has been looked at is kept; lists ask again. */
function onCase(doc) {
  askUrgentCase();
  update((s) => ({ casesSeen: performance.now(), ...(s.matters.has(doc.id) ? { matters: new Map(s.matters).set(doc.id, keep(s.matters.get(doc.id), doc)) } : {}) }));
}

/* Read out once for what came together, not once for each. */
const CALM_MS = 1500, FRESH_MS = 60000;
let heard = new Map(), announcing = 0;
function announce(incident, isNew) {
  heard.set(incident.id, { title: incident.title.slice(0, 60), isNew: isNew || heard.get(incident.id)?.isNew });
  announcing ||= setTimeout(() => {
    const list = [...heard.values()], fresh = list.filter((x) => x.isNew);
    announcing = 0;
    heard = new Map();
    update({ said: list.length === 1 ? t(list[0].isNew ? 'new_incident' : 'changed_incident', list[0].title) : t('many_changes', fresh.length, list.length - fresh.length, (fresh[0] || list[0]).title) });
  }, CALM_MS);
}

function onNotice(n) {
  if (n.quiet) return; // silenced, or told of later in one notice: it stands in the incident
  const mine = (n.to || []).some((p) => (p.id ?? p) === state.me.id);
  say(n.title || t('notice_title'), n.class === 'urgent' ? 'urgent' : 'info');
  play(n.class);
  if (mine) shown(n);
  if (mine && /^W-duty\/-\/test-/.test(n.id)) update((s) => ({ probe: s.probe && !s.probe.notice ? { ...s.probe, notice: n.id, arrived: performance.now() } : s.probe }));
}

/* Tell the keeper that I have it on the screen, once. */
function shown(n) {
  const key = `shown ${n.id}`;
  if (document.visibilityState !== 'visible' || sessionStorage.getItem(key)) return;
  sessionStorage.setItem(key, '1');
  post('/notices/receipt', { notice: n.id, state: 'shown' }).catch(() => sessionStorage.removeItem(key));
}

/* What was sent to me while I was away. */
async function loadNotices() {
  const { notices } = await get('/notices?open=1');
  for (const n of notices.slice(0, 20)) {
    if (['queued', 'sent', 'failed'].includes(n.state)) sessionStorage.removeItem(`shown ${n.id}`); /* the receipt was lost on its way */
    shown(n);
  }
  const urgent = notices.filter((n) => n.class === 'urgent');
  if (urgent.length) say(t('waiting_notices', urgent.length, urgent[0].title || ''), 'urgent');
}

function onEvent(type, data) {
  if (type === 'incident') onIncident(data);
  else if (type === 'case') onCase(data);
  else if (type === 'notice') onNotice(data);
  else if (type === 'duty') update({ dutySeen: performance.now() });
  else if (type === 'risk') update({ riskSeen: performance.now() });
  else if (type === 'keeper') checkHealth();
  else if (type === 'reload') { loadAll().catch(() => {}); askUrgentCase(); }
}

let downTimer = 0, stream = null;
function onUp() {
  clearTimeout(downTimer);
  downTimer = 0;
  update({ lost: 0 });
}
function onDown() {
  downTimer ||= setTimeout(() => update((s) => ({ lost: s.lost || now() - GRACE_MS })), GRACE_MS);
}

async function checkHealth() {
  try {
    const h = await health();
    if (state.lost) stream?.renew();
    update({ keeper: h.keeper, synced: state.lost ? state.synced : now() });
  } catch {
    onDown();
  }
}

async function signIn() {
  try {
    const list = loadAll().catch(() => {}), me = await get('/me'); /* side by side: the first rows are what people wait for */
    await list;
    update({ me });
  } catch (e) {
    update({ me: null });
    if (e.status !== 401) say(e.message, 'bad');
  }
}

/* Everything that runs while somebody is signed in. */
function useSession(me) {
  useEffect(() => {
    if (!me) return undefined;
    setZone(me.zone_min);
    get('/rules').then((rules) => update({ rules })).catch(() => {});
    stream = connect({ event: onEvent, up: () => { onUp(); loadAll().catch(() => {}); askUrgentCase(); }, down: onDown, refused: () => update({ me: null }) });
    const timer = setInterval(checkHealth, HEALTH_MS);
    checkHealth();
    loadNotices().catch(() => {});
    loadUrgentCase().catch(() => {});
    return () => { stream.close(); clearInterval(timer); };
  }, [me?.id]);
}

/* ---- title and icon ---- */

const COLOURS = { late: '#a4161a', red: '#d1372c', yellow: '#e0a100', green: '#1f8a55', off: '#1f4e79' };
let shownIcon = '';

/* Of everything open, incidents and cases, whatever the page filters or searches for. */
const EVERYTHING = new URLSearchParams();
function dress() {
  const first = [select(EVERYTHING).find(nextClock), state.urgentCase].filter((m) => m && nextClock(m)).sort(byUrgency)[0], o = first && nextClock(first);
  const lamp = o ? lampOf(ms(o.due), ms(o.start)) : 'off', name = state.rules?.office?.name || '';
  document.title = o ? `${lamp === 'late' ? t('lamp_late') + ' ' : ''}${span(ms(o.due) - now(), false)} · ${first.title.slice(0, 60)}` : `${t('brand')}${name && ' · ' + name}`;
  if (lamp === shownIcon) return;
  shownIcon = lamp;
  document.getElementById('icon').href = 'data:image/svg+xml,' + encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${COLOURS[lamp]}"/><circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.6"/><path d="M16 10v6.4l4.2 2.6" fill="none" stroke="#fff" stroke-width="2.6"/></svg>`);
}

function eachSecond() {
  const clock = document.getElementById('clock');
  if (clock?.firstChild) clock.firstChild.data = clockTime(now(), true);
  if (!state.me) return;
  dress();
  const lamps = [...state.incidents.values()].map(lampOfIncident).join();
  if (lamps !== state.lamps) update({ lamps }); /* a lamp changed colour: counts and filters follow */
  const old = [...state.fresh].filter(([, f]) => now() - f.at > FRESH_MS);
  if (old.length) update((s) => ({ fresh: new Map([...s.fresh].filter(([id]) => !old.some(([gone]) => gone === id))) }));
}

/* ---- frame ---- */

function Banner() {
  if (state.lost) return html`<div class="banner bad" role="alert"><b>${t('lost')}</b> ${t('lost_detail', clockTime(state.synced || state.lost, true))}</div>`;
  if (!state.keeper) return html`<div class="banner warn" role="alert"><b>${t('keeper_gone')}</b> ${t('keeper_gone_detail')}</div>`;
  return null;
}

async function leave() {
  await post('/logout').catch(() => {});
  update({ me: null, incidents: new Map(), matters: new Map(), caseList: [], urgentCase: null, loaded: false });
}

function Bar() {
  const page = state.route.page, link = (to, name, n = 0) => html`<a href=${'#/' + to} aria-current=${page === (to || 'live') || (page === 'incident' && to === (isCase(state.matters.get(state.route.id)) ? 'cases' : '')) ? 'page' : null}>${t(name)}${n > 0 && html` <b class="badge">${n}</b>`}</a>`;
  return html`<header class="top"><a class="brand" href="#/"><img src="/icon.svg" width="24" height="24" alt="" /><b>${t('brand')}</b><span>${state.rules?.office?.name || ''}</span></a>
    <nav aria-label=${t('brand')}>${link('', 'live')}${link('triage', 'triage', proposals().length)}${link('cases', 'cases')}${link('risks', 'risks')}${link('search', 'search_page')}${link('stats', 'stats')}${state.rules?.subordinates?.length > 0 && link('below', 'below')}${link('sources', 'sources')}${link('duty', 'duty')}${link('rules', 'rules')}${link('wall', 'wall')}</nav>
    <div class="tools"><span class=${'live-state ' + (state.lost ? 'lost' : '')}><span class="lamp" aria-hidden="true"></span>${state.lost ? t('lost') : t('connected')}</span>
      <time id="clock" title=${t('server_time')}>${clockTime(now(), true)}</time>
      <button onClick=${async () => update({ sound: await allowSound() })} aria-pressed=${state.sound ? 'true' : 'false'}>${state.sound ? t('sound_on') : t('sound_off')}</button>
      <button onClick=${() => { switchLanguage(); update({}); }} lang=${lang() === 'zh' ? 'en' : 'zh-CN'}>${t('language')}</button>
      <button onClick=${() => update({ help: true })} aria-label=${t('help')} title=${t('help')}>?</button>
      <a class="me" href="#/me" title=${t('my_account')}>${state.me.name}</a><button onClick=${leave}>${t('logout')}</button></div></header>`;
}

/* Pages that nobody needs in the first second are fetched when they are opened: what is urgent must
 * be on the screen before. */
function later(path, name) {
  let page = null;
  return function Later(props) {
    const [, redraw] = useState(0);
    useEffect(() => {
      if (!page) import(path).then((m) => { page = m[name]; redraw(1); }, () => say(t('error_load'), 'bad'));
    }, []);
    return page ? html`<${page} ...${props} />` : html`<${Loading} />`;
  };
}
const PAGES = { live: Live, triage: Triage, wall: Wall, search: Search, incident: Incident, start: later('/start.js', 'Start'), rules: later('/rules.js', 'Rules'), me: later('/me.js', 'Me'), cases: later('/cases.js', 'Cases'), notices: later('/notices.js', 'NoticesPage'),
  sources: later('/sources.js', 'Sources'), stats: later('/stats.js', 'Stats'), duty: later('/duty.js', 'Duty'), risks: later('/risks.js', 'Risks'), below: later('/below.js', 'Below') };

function App() {
  const { me, route } = state;
  useSession(me);
  useEffect(() => { if (me && asked !== listOf()) loadAll().catch(() => {}); }, [route.query.get('state')]);
  const Page = PAGES[route.page] || Live;
  document.body.className = 'on-' + (me ? route.page : 'entry');
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>${t('skip')}</a>
    ${me === undefined ? null : me === null ? (route.page === 'setup' ? html`<${Setup} token=${route.id} />` : html`<${Login} />`)
    : html`<${Bar} /><${Banner} /><main id="main" tabindex="-1"><${Page} key=${route.page + route.id} id=${route.id} /></main>
      ${state.dialog && html`<${ActDialog} key=${state.dialog.row.verb} />`}${state.sheet && html`<${ActSheet} />`}${state.help && html`<${Help} />`}`}
    <div class="toasts" role="status">${state.toasts.map((x) => html`<p key=${x.id} class=${x.kind}>${x.text}</p>`)}</div>
    <div class="hidden" aria-live="polite">${state.said}</div>
    <footer class="foot"><p>${t('ethics')}</p>${me && html`<p class="foot-links"><a href="#/start">${t('start')}</a><a href="#/notices">${t('my_notices')}</a><a href="#/me">${t('my_account')}</a></p>`}</footer>`;
}

update({ me: undefined, route: parseRoute() });
addEventListener('hashchange', () => update({ route: parseRoute() }));
addEventListener('keydown', onKey);
addEventListener('online', checkHealth);
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible' && state.me) checkHealth(); });
const draw = () => render(html`<${App} />`, document.getElementById('app'));
subscribe(draw);
draw();
startTicking(eachSecond);
if (state.route.page !== 'setup') signIn();
else {
  update({ me: null });
  for (const path of ['/me', '/incidents?state=open']) get(path).catch(() => {}); /* takes what index.html asked for: nobody may be given this refusal later, as somebody */
}
