// SPDX-License-Identifier: Apache-2.0
/* Which acts are possible, and sending one.  The table of acts is verbs.js, its form dialog.js. */
import { command, get } from './api.js';
import { fromInput } from './clock.js';
import { isCase, keeping, state, update } from './store.js';
import { t } from './strings.js';
import { ACTS, GROUPS } from './verbs.js';

const byVerb = (verb) => ACTS.find((a) => a.verb === verb);

/* Rows of the keeper's life cycle for this act, whoever may use them. */
function rows(verb, i) {
  return (state.rules?.life || []).filter((m) => m.verb === verb && m.kinds.includes(i.kind) && m.from.includes(i.state));
}
/* An alarm may be acknowledged by whoever it went to. */
const gotNotice = (i) => (i.notices?.length ? i.notices : []).some((n) => n.states && state.me?.id in n.states);
function mine(verb, i) {
  const roles = state.me?.roles || [];
  return rows(verb, i).some((m) => m.roles.some((r) => roles.includes(r))) || (verb === 'ack' && rows(verb, i).length > 0 && gotNotice(i));
}

export const actsFor = (i) => ACTS.filter((a) => !a.only && mine(a.verb, i) && (!a.when || a.when(i)));
export const mayDo = (i, verb) => mine(verb, i);
/* The next steps as buttons; everything stands in the sheet. */
export const mainActs = (i) => actsFor(i).filter((a) => a.main?.(i));
export const grouped = (acts) => GROUPS.map((g) => [g, acts.filter((a) => a.group === g)]).filter(([, list]) => list.length);

export function say(text, kind = 'info') {
  const toast = { id: Math.random(), text, kind };
  update((s) => ({ toasts: [...s.toasts, toast], said: text }));
  setTimeout(() => update((s) => ({ toasts: s.toasts.filter((x) => x !== toast) })), kind === 'bad' ? 9000 : 4500);
}

/* The keeper's answer is in the feed too; fetching the incident makes a missed event harmless. */
export async function send(incident, row, args) {
  const answer = await command(incident, row.verb, args);
  say(answer.pending ? t('pending') : `${t('act_' + row.verb)}：${t('done')}`);
  for (const hint of answer.hints || []) say(hint, 'urgent');
  if (row.office) { /* about the office, not an incident: its page reads again */
    row.office(answer);
    return update((s) => ({ dialog: s.dialog?.row === row ? null : s.dialog }));
  }
  const fresh = await get(`/incidents/${encodeURIComponent(incident.id)}`);
  update((s) => ({ ...keeping(fresh)(s), dialog: s.dialog?.row === row ? null : s.dialog }));
}

/* `given`: the found response or proposal the act is about. */
export async function act(incident, verb, given = null) {
  const row = byVerb(verb);
  if (!row || !incident) return;
  if (!mine(verb, incident)) return say(rows(verb, incident).length ? t('no_role') : t('not_now', t('state_' + incident.state), t('act_' + verb)), 'bad');
  if (row.when && !row.when(incident) && !given) return;
  /* Rows of the list lack what some forms choose from. */
  const whole = row.fields.length && !incident.items ? await get(`/incidents/${encodeURIComponent(incident.id)}`).catch(() => incident) : incident;
  if (row.fields.length) return update({ sheet: null, dialog: { incident: whole, row, given } });
  update({ sheet: null });
  try {
    await send(whole, row, {});
  } catch (e) {
    say(e.message, 'bad');
  }
}

export const shownFields = (row, values, incident) => row.fields.filter((f) => (!f.show || f.show(values, incident)) && !(f.incident && isCase(incident)));
export const linesOf = (v) => String(v || '').split('\n').map((x) => x.trim()).filter(Boolean);

export function argsOf(row, values, incident, given) {
  const args = given && row.about ? { [row.about]: given.id } : {};
  for (const f of shownFields(row, values, incident)) {
    const v = values[f.name];
    if (f.kind === 'time') { if (v) args[f.name] = fromInput(v); }
    else if (f.kind === 'lines') { if (linesOf(v).length) args[f.name] = linesOf(v); }
    else if (f.kind === 'many') { if (v?.length || f.required) args[f.name] = v; }
    else if (f.kind === 'flag') { if (v || f.always) args[f.name] = !!v; }
    else if (v !== '' && v != null) args[f.name] = f.number ? Number(v) : v;
  }
  return args;
}
