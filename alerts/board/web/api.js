// SPDX-License-Identifier: Apache-2.0
/* The board's API and its live stream.  Errors are thrown as ApiError with the server's sentence. */
import { syncClock } from './clock.js';
import { t } from './strings.js';

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail || body?.message || t('error_network'));
    this.status = status;
    this.code = body?.code || '';
    this.field = body?.field || '';
    this.body = body;
  }
}

/* Marks that turn the direction of text around ("gpj.exe" read as "exe.jpg") are left out of what is
 * shown.  Items keep theirs, because offsets count them; why.js drops them piece by piece. */
export const upright = (text) => text.replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '');
const reviver = (key, value) => (typeof value === 'string' ? upright(value) : value);

/* Answers whose offsets count those marks. */
const OFFSETS = /\/items$|^\/rules\/score$|^\/sources\/try\//;

/* What the start needs is asked for by index.html, side by side with this module: the first answer to
 * such a question left the server before it was asked here.  0 is when the page began. */
function askedAt(path) {
  const early = document.querySelector(`link[rel=preload][href="/api/v1${path}"]`);
  early?.remove();
  return early ? 0 : performance.now();
}

async function request(method, path, body, timeoutMs = 15000) {
  const sent = askedAt(path);
  let answer;
  try {
    answer = await fetch('/api/v1' + path, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new ApiError(0, null);
  }
  let data = null;
  try { data = JSON.parse(await answer.text(), OFFSETS.test(path) ? undefined : reviver); } catch { /* no body */ }
  if (!answer.ok) throw new ApiError(answer.status, data);
  if (data?.now) syncClock(data.now, sent, performance.now());
  return data;
}

export const get = (path) => request('GET', path);
export const post = (path, body = {}, timeoutMs) => request('POST', path, body, timeoutMs);

/* 32 hex digits: the same command sent twice is carried out once. */
function commandId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export function command(incident, verb, args = {}) {
  return post(`/incidents/${encodeURIComponent(incident.id)}/commands`,
    { id: commandId(), verb, args, version: incident.version });
}

/* handlers: event(type, data), up(), down(), refused(). */
export function connect(handlers) {
  let source, closed = false;
  const types = ['incident', 'case', 'notice', 'keeper', 'duty', 'risk', 'reload', 'hello'];
  const open = () => {
    source = new EventSource('/api/v1/events');
    source.onopen = () => handlers.up();
    source.onerror = () => {
      handlers.down();
      if (source.readyState === EventSource.CLOSED && !closed) reopen();
    };
    for (const type of types) {
      source.addEventListener(type, (e) => {
        let data = null;
        try { data = JSON.parse(e.data, reviver); } catch { return; }
        handlers.event(type, data);
      });
    }
  };
  /* The browser gives up on an error status; ask whether we are still signed in. */
  const reopen = async () => {
    await new Promise((done) => setTimeout(done, 2000));
    if (closed) return;
    try {
      await get('/me');
      open();
      handlers.event('reload', {});
    } catch (e) {
      if (e.status === 401) handlers.refused();
      else reopen();
    }
  };
  open();
  return {
    close() { closed = true; source.close(); },
    /* After a silence the old stream may be dead without knowing it. */
    renew() { source.close(); open(); },
  };
}

/* Is the service alive?  The stream alone cannot tell a silent network from a quiet office. */
export async function health() {
  const sent = performance.now();
  const answer = await fetch('/healthz', { signal: AbortSignal.timeout(5000) });
  const data = await answer.json();
  syncClock(data.now, sent, performance.now());
  return data;
}
