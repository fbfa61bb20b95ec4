// SPDX-License-Identifier: Apache-2.0
/* What people do with an incident.  One table: verb, key, who may, when, and the fields of its form;
 * the dialog is drawn from the row. */
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { command, get } from './api.js';
import { fromInput, ms, now, toInput } from './clock.js';
import { isOver, levelOf, running, state, update } from './store.js';
import { t } from './strings.js';

const ids = (list) => (list || []).map((x) => [x.id, x.name]);
const openClocks = (i) => running(i).map((o) => [o.clock, `${o.clock} ${o.label}`]);
const units = (i) => {
  const all = new Map(ids(state.rules?.units));
  for (const u of [...(i.units?.proposed || []), i.units?.lead].filter(Boolean)) all.set(u.id, u.name || u.id);
  return [...all];
};
const noise = () => ['unrelated', 'history', 'fiction', 'drill', 'ad', 'other'].map((k) => [t('noise_' + k), t('noise_' + k)]);
const open = (i) => !isOver(i);
const reason = { name: 'reason', label: 'f_reason', kind: 'text', required: true };

/* Moves of the life cycle that no other act makes. */
const MOVES = ['verifying', 'consulting', 'returned', 'accepted', 'drafting', 'reviewing', 'following', 'evaluated', 'archived'];

/* kind: text, long, url, time, select, many. */
export const ACTS = [
  { verb: 'ack', key: 'a', roles: null, when: (i) => open(i) && !i.ack, fields: [] },
  { verb: 'respond', key: 'r', roles: ['editor', 'approver', 'duty', 'analyst'], when: open, fields: [
    { name: 'clock', label: 'f_clocks', kind: 'many', required: true, options: openClocks, value: (i) => running(i).slice(0, 1).map((o) => o.clock) },
    { name: 'form', label: 'f_form', kind: 'select', required: true, options: () => ids(state.rules?.forms), value: () => 'release' },
    { name: 'url', label: 'f_url', kind: 'url', required: true, value: (i, given) => given?.url },
    { name: 'published', label: 'f_published', kind: 'time', required: true, value: (i, given) => toInput(ms(given?.published) || now()) },
    { name: 'boxes', label: 'f_boxes', kind: 'many', options: () => ids(state.rules?.boxes) }] },
  { verb: 'confirm', key: 'c', roles: ['monitor', 'duty', 'analyst'], when: (i) => open(i) && !i.times?.confirmed, fields: [
    { name: 'kind', label: 'f_kind', kind: 'select', value: (i) => i.kind, options: () => [['emergency', t('kind_emergency')], ['opinion', t('kind_opinion')]] }] },
  { verb: 'level', key: 'l', roles: ['analyst', 'supervisor'], when: open, fields: [
    { name: 'level', label: 'f_level', kind: 'select', number: true, required: true, value: (i) => levelOf(i), options: () => [1, 2, 3, 4].map((n) => [n, t('level_' + n)]) }, reason] },
  { verb: 'assign', key: 'g', roles: ['analyst', 'supervisor'], when: open, fields: [
    { name: 'lead', label: 'f_lead', kind: 'select', required: true, options: units, value: (i) => i.units?.lead?.id || i.units?.proposed?.[0]?.id },
    { name: 'support', label: 'f_support', kind: 'many', options: units, value: (i) => (i.units?.support || []).map((u) => u.id) }, reason] },
  { verb: 'waive', key: 'w', roles: ['supervisor'], when: (i) => running(i).length > 0, fields: [
    { name: 'clock', label: 'f_clock', kind: 'select', required: true, options: openClocks, value: (i) => running(i)[0]?.clock },
    { name: 'basis', label: 'f_basis', kind: 'text', required: true }, { name: 'approver', label: 'f_approver', kind: 'text', required: true, value: () => state.me.name }] },
  { verb: 'note', key: 'n', not: ['auditor'], when: () => true, fields: [{ name: 'text', label: 'f_text', kind: 'long', required: true }] },
  { verb: 'times', key: 't', roles: ['analyst'], when: open, fields: [
    { name: 'occurred', label: 'f_occurred', kind: 'time', value: (i) => (i.times?.occurred ? toInput(ms(i.times.occurred)) : '') },
    { name: 'first_public', label: 'f_first_public', kind: 'time', value: (i) => (i.times?.first_public ? toInput(ms(i.times.first_public)) : '') }, reason] },
  { verb: 'state', key: 's', not: ['auditor'], when: (i) => i.state !== 'merged', fields: [
    { name: 'to', label: 'f_to', kind: 'select', required: true, options: (i) => MOVES.filter((k) => k !== i.state).map((k) => [k, t('state_' + k)]) }, reason] },
  { verb: 'merge', key: 'm', roles: ['analyst'], when: open, fields: [{ name: 'into', label: 'f_into', kind: 'select', required: true,
    options: (i) => [...state.incidents.values()].filter((o) => o.id !== i.id && open(o)).map((o) => [o.id, `${o.id} ${o.title}`]) }] },
  { verb: 'dismiss', key: 'd', roles: ['monitor', 'duty', 'analyst'], when: (i) => ['collected', 'triaged', 'verifying'].includes(i.state), fields: [{ ...reason, kind: 'select', options: noise }] },
  { verb: 'close', key: 'x', roles: ['analyst', 'supervisor'], when: open, fields: [
    { name: 'disposition', label: 'f_disposition', kind: 'many', required: true, options: () => ids(state.rules?.dispositions), value: (i) => (i.stance ? [i.stance] : []) },
    { name: 'follow_up', label: 'f_follow_up', kind: 'long' }] },
  { verb: 'reopen', key: 'o', roles: ['analyst', 'supervisor'], when: (i) => isOver(i) && !i.merged_into, fields: [reason] },
  { verb: 'reject_found', roles: ['duty', 'analyst'], when: () => false, fields: [reason] },
];

const byVerb = (verb) => ACTS.find((a) => a.verb === verb);
export const mayAct = (act) => {
  const mine = state.me?.roles || [];
  if (act.not) return mine.some((r) => !act.not.includes(r));
  return !act.roles || act.roles.some((r) => mine.includes(r));
};
export const actsFor = (i) => ACTS.filter((a) => a.when(i) && mayAct(a));

export function say(text, kind = 'info') {
  const toast = { id: Math.random(), text, kind };
  update((s) => ({ toasts: [...s.toasts, toast], said: text }));
  setTimeout(() => update((s) => ({ toasts: s.toasts.filter((x) => x !== toast) })), kind === 'bad' ? 9000 : 4500);
}

/* The keeper's answer is in the feed too; fetching the incident makes a missed event harmless. */
async function send(incident, act, args) {
  const answer = await command(incident, act.verb, args);
  say(answer.pending ? t('pending') : `${t('act_' + act.verb)}：${t('done')}`);
  const fresh = await get(`/incidents/${encodeURIComponent(incident.id)}`);
  update((s) => ({ incidents: new Map(s.incidents).set(fresh.id, { ...s.incidents.get(fresh.id), ...fresh }),
    dialog: s.dialog?.row === act ? null : s.dialog }));
}

/* `given`: a found response the act is about. */
export async function act(incident, verb, given = null) {
  const row = byVerb(verb);
  if (!row || !incident) return;
  if (!mayAct(row)) return say(t('no_role'), 'bad');
  if (!row.when(incident) && !given) return;
  if (row.fields.length) return update({ dialog: { incident, row, given } });
  try {
    await send(incident, row, {});
  } catch (e) {
    say(e.message, 'bad');
  }
}

function Field({ field: f, incident, value, set, first }) {
  const id = 'f_' + f.name, common = { id, name: f.name, required: !!f.required, autofocus: first };
  const label = html`${t(f.label)}${f.required ? html` <span class="required" title=${t('required')}>*</span>` : ''}`;
  const choices = f.options ? f.options(incident) : [];
  if (f.kind === 'many') {
    const flip = (v) => (e) => set(e.target.checked ? [...value, v] : value.filter((x) => x !== v));
    return html`<fieldset><legend>${label}</legend><div class="many">${choices.map(([v, name], n) => html`<label class="check">
      <input type="checkbox" checked=${value.includes(v)} onChange=${flip(v)} autofocus=${first && n === 0} />${name}</label>`)}</div></fieldset>`;
  }
  if (f.kind === 'select') {
    return html`<label for=${id}>${label}</label><select ...${common} value=${value ?? ''} onChange=${(e) => set(e.target.value)}>
      <option value="">${f.required ? t('f_choose') : t('f_none')}</option>${choices.map(([v, name]) => html`<option value=${v}>${name}</option>`)}</select>`;
  }
  if (f.kind === 'long') return html`<label for=${id}>${label}</label><textarea ...${common} rows="4" value=${value || ''} onInput=${(e) => set(e.target.value)}></textarea>`;
  const type = { url: 'url', time: 'datetime-local' }[f.kind] || 'text';
  return html`<label for=${id}>${label}</label><input ...${common} type=${type} value=${value || ''} onInput=${(e) => set(e.target.value)} autocomplete="off" />`;
}

function argsOf(row, values, given) {
  const args = given ? { found: given.id } : {};
  for (const f of row.fields) {
    const v = values[f.name];
    if (f.kind === 'time') { if (v) args[f.name] = fromInput(v); }
    else if (f.kind === 'many') { if (v?.length || f.required) args[f.name] = v; }
    else if (v !== '' && v != null) args[f.name] = f.number ? Number(v) : v;
  }
  return args;
}

export function ActDialog() {
  const { incident, row, given } = state.dialog, ref = useRef(null);
  const [values, setValues] = useState(() => Object.fromEntries(row.fields.map((f) => [f.name, f.value?.(incident, given) ?? (f.kind === 'many' ? [] : '')])));
  const [error, setError] = useState(''), [busy, setBusy] = useState(false);
  useEffect(() => { ref.current.showModal(); }, []);
  const submit = async (e) => {
    e.preventDefault();
    const missing = row.fields.find((f) => f.required && f.kind === 'many' && !values[f.name].length);
    if (missing) return setError(`${t(missing.label)}：${t('required')}`);
    setBusy(true);
    setError('');
    try {
      await send(incident, row, argsOf(row, values, given));
    } catch (err) {
      setBusy(false);
      setError(err.message);
    }
  };
  return html`<dialog ref=${ref} class="act" aria-labelledby="act-title" onClose=${() => update({ dialog: null })}>
    <form onSubmit=${submit}><header><h2 id="act-title">${t('act_' + row.verb)}</h2><p>${incident.title}</p></header>
      <div class="fields">${row.fields.map((f, n) => html`<div class="field"><${Field} field=${f} incident=${incident} first=${n === 0} value=${values[f.name]}
        set=${(v) => setValues((old) => ({ ...old, [f.name]: v }))} /></div>`)}</div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <footer><button type="button" onClick=${() => ref.current.close()}>${t('cancel')}</button><button class="primary" disabled=${busy}>${busy ? t('sending') : t('ok')}</button></footer></form></dialog>`;
}
