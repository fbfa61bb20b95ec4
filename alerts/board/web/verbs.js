// SPDX-License-Identifier: Apache-2.0
/* Everything people do with a matter, as one table: verb, key, group, when it makes sense, and the
 * fields of its form.  Who may do it in which stage is the keeper's table of the life cycle, which
 * the server hands out (/rules "life"); a test holds the two against each other.
 *
 * kind of a field: text, long, url, time, select, many, lines (one a line), number, flag. */
import { ms, now, toInput, when } from './clock.js';
import { similar } from './similar.js';
import { isCase, levelOf, running, state } from './store.js';
import { t } from './strings.js';

const ids = (list) => (list || []).map((x) => [x.id, x.name]);
const openClocks = (i) => running(i).map((o) => [o.clock, o.label || o.clock]);
const units = (i) => {
  const all = new Map(ids(state.rules?.units));
  for (const u of [...(i.units?.proposed || []), i.units?.lead].filter(Boolean)) all.set(u.id, u.name || u.id);
  return [...all];
};
const words = (prefix, list) => () => list.map((k) => [k, t(prefix + k)]);
export const NOISE = ['unrelated', 'history', 'fiction', 'drill', 'ad', 'other'];
const noise = () => NOISE.map((k) => [t('noise_' + k), t('noise_' + k)]);
const people = () => ids(state.rules?.duty_people || state.rules?.people);
const responses = (i) => (i.responses || []).map((r) => [r.id, `${r.id} ${nameOf(state.rules?.forms, r.form)} ${r.url || r.reference || ''}`]);
export const nameOf = (list, id) => (list || []).find((x) => x.id === id)?.name || id || '';

/* What waits for somebody's approval, and whose: as decide/approve.c has it. */
const PROPOSED = { drafts: ['approver'], lines: ['approver'], waivers: ['approver', 'supervisor'], extensions: ['approver', 'supervisor'], gradings: ['analyst', 'supervisor'] };
export const waitingFor = (i) => Object.keys(PROPOSED).flatMap((list) => (Array.isArray(i[list]) ? i[list] : []).filter((p) => p.state === 'proposed').map((p) => ({ ...p, list })));
export const mayDecide = (p) => p.by !== state.me?.id && PROPOSED[p.list].some((r) => state.me?.roles?.includes(r));
const notMine = (i) => waitingFor(i).filter(mayDecide);
const waiting = (i) => notMine(i).map((p) => [p.id, `${p.id} ${t('kind_' + p.list)} ${p.title || p.clock || p.text?.slice(0, 30) || p.reason || ''}`]);

const reason = { name: 'reason', label: 'f_reason', kind: 'text', required: true };
const long = (name, label, required = true) => ({ name, label, kind: 'long', required });
const text = (name, label, required = false) => ({ name, label, kind: 'text', required });
const time = (name, label, value) => ({ name, label, kind: 'time', value });
const level = (label, value) => ({ name: 'level', label, kind: 'select', number: true, required: true, value, options: () => [1, 2, 3, 4].map((n) => [n, t('level_' + n)]) });
const unit = (name, label, required = false) => ({ name, label, kind: 'select', required, options: units });
const clock = { name: 'clock', label: 'f_clock', kind: 'select', required: true, options: openClocks, value: (i) => running(i)[0]?.clock };
const approver = (required) => ({ name: 'approver', label: 'f_approver', kind: 'select', required, options: () => people().filter(([id]) => id !== state.me?.id), hint: 'h_approver' });
const score = (name) => ({ name, label: 'f_' + name, kind: 'number', number: true, min: 0, max: 10, required: name !== 'initiative' });
/* The form a case is answered with; the keeper has the same. */
const USUAL = { document: 'publication', service_change: 'publication', disclosure: 'publication', foi: 'reply', message: 'reply', hotline: 'done', periodic: 'done', reprint: 'reprint' };
const endedBy = (i, form) => running(i).map((o) => o.clock).filter((c) => state.rules?.clocks?.find((x) => x.id === c)?.ended_by.includes(form));
const what = { name: 'what', label: 'f_what_waits', kind: 'select', required: true, options: waiting, value: (i, given) => given?.id || notMine(i)[0]?.id };
const isDraft = (values) => String(values.what).startsWith('D');

const CHECKS = ['wording', 'timing', 'method', 'de_identified', 'secrecy', 'cross_confirmed', 'consistent'];
const GROUNDS = ['major_policy', 'credibility', 'moral_line', 'emergency', 'misread_policy', 'vital_interest', 'livelihood_line', 'ordered', 'hot_topic'];
const POSTS = ['duty', 'second', 'unit_lead', 'supervisor', 'leader'];

/* Groups in the order of the work. */
export const GROUPS = ['watch', 'judge', 'write', 'answer', 'clocks', 'record', 'end'];

/* Stages `state` may lead to from here by my roles. */
function moves(i) {
  const mine = state.me?.roles || [];
  const to = (state.rules?.life || []).filter((m) => m.verb === 'state' && m.kinds.includes(i.kind) && m.from.includes(i.state) && m.roles.some((r) => mine.includes(r))).map((m) => m.to);
  return [...new Set(to)].filter((k) => k !== i.state).map((k) => [k, t('state_' + k)]);
}

/* `main`: when it is the next step, and stands as a button of its own.  `about`: what the act is
 * about when it is started from that thing, and the argument that names it. */
export const ACTS = [
  { verb: 'ack', key: 'a', group: 'watch', when: (i) => !i.ack, main: () => true, fields: [] },
  { verb: 'approve', key: 'p', group: 'write', when: (i) => notMine(i).length > 0, main: () => true, fields: [what,
    { name: 'checks', label: 'f_checks', kind: 'many', options: words('check_', CHECKS), show: isDraft }, long('comment', 'f_comment', false)] },
  { verb: 'confirm', key: 'c', group: 'watch', when: (i) => !i.times?.confirmed, main: () => true, fields: [
    { name: 'kind', label: 'f_kind', kind: 'select', value: (i) => i.kind, options: words('kind_', ['emergency', 'opinion']) }] },
  { verb: 'verify', key: 'v', group: 'watch', fields: [unit('unit', 'f_asked_unit', true), time('time', 'f_asked_at', () => toInput(now())), long('answer', 'f_answer'),
    { name: 'status', label: 'f_status', kind: 'select', required: true, options: words('fact_status_', ['true', 'partly', 'false', 'unverified']) }] },
  { verb: 'dismiss', key: 'd', group: 'watch', fields: [{ ...reason, kind: 'select', options: noise, incident: true }, { ...reason, show: (v, i) => isCase(i) }] },
  { verb: 'level', key: 'l', group: 'judge', main: (i) => !i.level_confirmed, preview: true, fields: [level('f_level', (i) => levelOf(i)), reason] },
  { verb: 'assign', key: 'g', group: 'judge', route: true, main: (i) => !i.units?.lead, fields: [
    { ...unit('lead', 'f_lead', true), value: (i) => i.units?.lead?.id || i.units?.proposed?.[0]?.id },
    { name: 'support', label: 'f_support', kind: 'many', options: units, value: (i) => (i.units?.support || []).map((u) => u.id) }, reason] },
  { verb: 'accept', key: 'e', group: 'judge', main: () => true, fields: [long('reason', 'f_comment', false)] },
  { verb: 'return', key: 'b', group: 'judge', fields: [{ ...reason, kind: 'long' }, unit('unit', 'f_better_unit')] },
  { verb: 'opinion_level', group: 'judge', fields: [level('f_opinion_level', (i) => i.opinion_level?.level), reason] },
  { verb: 'classify', group: 'judge', fields: [
    { name: 'disposition', label: 'f_disposition', kind: 'many', required: true, options: () => ids(state.rules?.dispositions), value: (i) => (i.disposition?.length ? i.disposition : i.stance ? [i.stance] : []) },
    { name: 'suspected', label: 'f_suspected', kind: 'flag' }] },
  { verb: 'times', key: 't', group: 'judge', fields: [
    time('occurred', 'f_occurred', (i) => { const at = i.times?.occurred || i.occurred_proposed?.at; return at ? toInput(ms(at)) : ''; }),
    time('first_public', 'f_first_public', (i) => (i.times?.first_public ? toInput(ms(i.times.first_public)) : '')), time('reported', 'f_reported'), reason] },
  { verb: 'parties', group: 'judge', fields: [unit('responsible', 'f_responsible'), unit('involved', 'f_involved'), unit('respondent', 'f_respondent')] },
  { verb: 'consult', key: 'h', group: 'judge', fields: [{ ...text('convener', 'f_convener', true), value: () => state.me?.name },
    { name: 'members', label: 'f_members', kind: 'lines', required: true, suggest: true }, time('time', 'f_time', () => toInput(now())),
    { name: 'liaison', label: 'f_liaison', kind: 'many', options: () => ids(state.rules?.liaison), value: () => [] }, long('conclusions', 'f_conclusions'), { name: 'tasks', label: 'f_tasks', kind: 'lines', hint: 'h_tasks' }] },
  { verb: 'spokesperson', group: 'judge', fields: [text('person', 'f_spokesperson', true), text('title', 'f_post')] },
  { verb: 'line', group: 'write', fields: [{ ...long('text', 'f_line'), value: (i) => i.official_line?.text, rows: 6 }] },
  { verb: 'draft', key: 'f', group: 'write', main: (i) => ['accepted', 'drafting'].includes(i.state), wide: true, fields: [
    { ...text('title', 'f_title'), value: (i) => latestDraft(i)?.title }, { ...long('text', 'f_body'), value: (i) => latestDraft(i)?.text, rows: 14, boxes: true },
    { name: 'form', label: 'f_form', kind: 'select', options: () => ids(state.rules?.forms), value: (i) => latestDraft(i)?.form || 'release' },
    { name: 'channels', label: 'f_channels', kind: 'lines', value: (i) => (latestDraft(i)?.channels || []).join('\n') }] },
  { verb: 'submit', group: 'write', when: (i) => (i.drafts || []).some((d) => d.state === 'draft'), main: () => true, fields: [] },
  { verb: 'reject', group: 'write', when: (i) => notMine(i).length > 0, fields: [what, { ...reason, kind: 'long' }] },
  { verb: 'respond', key: 'r', group: 'answer', main: (i) => running(i).length > 0, about: 'found', fields: [
    { name: 'clock', label: 'f_clocks', kind: 'many', options: openClocks, value: (i) => (isCase(i) ? endedBy(i, USUAL[i.kind]) : running(i).slice(0, 1).map((o) => o.clock)) },
    { name: 'form', label: 'f_form', kind: 'select', required: true, options: () => ids(state.rules?.forms), value: (i) => USUAL[i.kind] || 'release' },
    { name: 'url', label: 'f_url', kind: 'url', value: (i, given) => given?.url, hint: 'h_url' }, text('reference', 'f_reference'),
    { ...time('published', 'f_published', (i, given) => toInput(ms(given?.published) || now())), required: true },
    text('speaker', 'f_speaker'), { name: 'boxes', label: 'f_boxes', kind: 'many', options: () => ids(state.rules?.boxes) },
    { name: 'final', label: 'f_final', kind: 'flag' }, { ...long('delay_cause', 'f_delay_cause', false), show: (v, i) => running(i).some((o) => ms(o.due) < now()) }] },
  { verb: 'reject_found', group: 'answer', about: 'found', only: true, fields: [reason] },
  { verb: 'refer', group: 'answer', fields: [text('receiver', 'f_receiver', true), long('basis', 'f_law'), long('what', 'f_clue'), text('receipt', 'f_receipt'), time('published', 'f_time', () => toInput(now()))] },
  { verb: 'correct', group: 'answer', when: (i) => i.responses?.length > 0, fields: [{ name: 'response', label: 'f_response', kind: 'select', required: true, options: responses, value: (i) => i.responses?.[0]?.id },
    long('what', 'f_corrected'), { name: 'url', label: 'f_url', kind: 'url' }, time('time', 'f_time', () => toInput(now())), text('receipt', 'f_receipt')] },
  { verb: 'withdraw', group: 'answer', when: (i) => i.responses?.length > 0, fields: [{ name: 'response', label: 'f_response', kind: 'select', required: true, options: responses, value: (i) => i.responses?.[0]?.id }, reason] },
  { verb: 'waive', key: 'w', group: 'clocks', when: (i) => running(i).length > 0, fields: [clock, long('basis', 'f_basis'), approver(true), { ...text('approval', 'f_approval'), hint: 'h_approval' }] },
  { verb: 'extend', group: 'clocks', when: (i) => running(i).length > 0, fields: [clock, { ...text('within', 'f_within', true), hint: 'h_within' }, reason, approver(false), { ...text('approval', 'f_approval'), hint: 'h_approval' }] },
  { verb: 'suspend', group: 'clocks', fields: [text('with', 'f_with', true), { name: 'why', label: 'f_why', kind: 'select', required: true, options: words('why_', ['third_party', 'other_agency']) }, time('time', 'f_time', () => toInput(now()))] },
  { verb: 'resume', group: 'clocks', when: (i) => (i.pauses || []).some((p) => !p.to), fields: [time('time', 'f_time', () => toInput(now()))] },
  { verb: 'supplement', group: 'clocks', fields: [time('time', 'f_time', () => toInput(now()))] },
  { verb: 'snooze', group: 'clocks', when: (i) => running(i).length > 0, fields: [{ name: 'minutes', label: 'f_minutes', kind: 'number', number: true, min: 1, max: 120, required: true, value: () => 15 }, text('reason', 'f_reason')] },
  { verb: 'urge', key: 'y', group: 'record', fields: [long('text', 'f_urge'), time('due', 'f_done_by')] },
  { verb: 'call', group: 'record', fields: [{ name: 'to', label: 'f_call_post', kind: 'select', options: words('post_', POSTS) }, { name: 'person', label: 'f_call_person', kind: 'select', options: people }, long('text', 'f_say')] },
  { verb: 'note', key: 'n', group: 'record', main: () => true, fields: [long('text', 'f_text')] },
  { verb: 'tag', group: 'record', fields: [{ name: 'tags', label: 'f_tags', kind: 'many', required: true, options: words('tag_', GROUNDS), value: (i) => i.tags?.tags || [] }] },
  { verb: 'amend', group: 'record', fields: [{ ...text('title', 'f_title'), value: (i) => i.title }, text('ref', 'f_ref'), { name: 'url', label: 'f_url', kind: 'url' }, time('received', 'f_received'), time('signed', 'f_signed'), time('published', 'f_published'), reason] },
  { verb: 'rate', group: 'record', fields: [{ name: 'satisfied', label: 'f_satisfied', kind: 'flag', always: true }, long('comment', 'f_comment', false)] },
  { verb: 'link', group: 'record', fields: [{ ...text('to', 'f_link', true) }] },
  { verb: 'merge', key: 'm', group: 'end', rehearse: (v) => v.into, fields: [{ name: 'into', label: 'f_into', kind: 'select', required: true,
    options: (i) => similar(i).map(({ incident: o }) => [o.id, `${when(ms(o.times?.first_public || o.opened))} ${o.title.slice(0, 60)}`]), note: (i) => t('h_merge', (i.items?.length ?? i.items_n) || 0) }] },
  { verb: 'split', group: 'end', rehearse: (v) => v.items.length, when: (i) => i.items?.length > 1, fields: [{ name: 'items', label: 'f_items', kind: 'many', required: true, options: (i) => i.items.map((x) => [x.id, x.title || x.url]) }, text('title', 'f_title'), reason] },
  { verb: 'state', key: 's', group: 'end', when: (i) => moves(i).length > 0, fields: [{ name: 'to', label: 'f_to', kind: 'select', required: true, options: moves }, reason] },
  { verb: 'close', key: 'x', group: 'end', main: (i) => ['responded', 'following'].includes(i.state) && !running(i).length, fields: [
    { name: 'disposition', label: 'f_disposition', kind: 'many', required: true, options: () => ids(state.rules?.dispositions), value: (i) => (i.disposition?.length ? i.disposition : i.stance ? [i.stance] : []), incident: true },
    { name: 'follow_up', label: 'f_follow_up', kind: 'long', required: true, hint: 'h_follow_up' }] },
  { verb: 'evaluate', group: 'end', main: (i) => i.state === 'settled', fields: [score('timeliness'), score('targeting'), score('effectiveness'), score('initiative'),
    { name: 'impact', label: 'f_impact', kind: 'number', number: true, min: 0, max: 3 }, long('lessons', 'f_lessons'),
    { name: 'kind', label: 'f_evaluation', kind: 'select', options: words('evaluation_', ['self', 'third_party', 'citizen_assessor']), value: () => 'self' }, text('evaluator', 'f_evaluator'), { name: 'good_case', label: 'f_good_case', kind: 'flag' }] },
  { verb: 'archive', group: 'end', main: (i) => i.state === 'evaluated', fields: [long('reason', 'f_comment', false)] },
  { verb: 'reopen', key: 'o', group: 'end', main: () => true, fields: [reason] },
];

function latestDraft(i) {
  return (i.drafts || []).filter((d) => d.state !== 'superseded').at(-1);
}
