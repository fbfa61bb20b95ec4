// SPDX-License-Identifier: Apache-2.0
/* All words of the page: one table per language, the same keys in both (a test compares them).  The
 * words of the acts stand in words.js. */
import { words } from './words.js';
import { words as cases } from './words_cases.js';
import { words as office } from './words_office.js';
import { words as stats } from './words_stats.js';

const zh = {
  brand: '回应', live: '事件', sources: '来源', duty: '值班', wall: '大屏', help: '键盘操作', logout: '退出', login: '登录',
  language: 'English', sound_on: '声音已开', sound_off: '打开提示音', print: '打印', skip: '跳到正文', back: '返回列表',
  error_network: '没有连上服务器，请检查网络', error_load: '没有读到数据', retry: '再试一次',
  lost: '与服务器的连接断了', lost_detail: (since) => `下面的内容停在 ${since}，可能已经过时；倒计时仍按服务器时间走。正在重新连接……`,
  keeper_gone: '处理程序（keep）没有在运行', keeper_gone_detail: '时限照常倒数，但新信息不会入列、提醒不会发出、操作会先记下。请立即告诉系统管理员。',
  connected: '实时', server_time: '服务器时间',
  id: '编号', name: '姓名', password: '口令', login_title: '登录看板', login_hint: '编号与值班表中的人员编号一致。',
  setup_title: '建立第一个账号', setup_hint: '此账号同时是管理员、值班员和研判员，以后可以再分开。编号请与值班表（duty.yaml）一致，通知据此送达。',
  setup_button: '建立账号并登录', setup_done: '设置链接缺少令牌，请从服务的输出里完整复制。', password_hint: '至少 10 个字符，可以是一句话',
  lamp_late: '超时', lamp_red: '红灯', lamp_yellow: '黄灯', lamp_green: '绿灯', lamp_off: '无时限',
  left: '剩余', over: '已超', days: '天', never: '从未', just_now: '刚刚', minutes_ago: (n) => `${n} 分钟前`, hours_ago: (n) => `${n} 小时前`, days_ago: (n) => `${n} 天前`,
  all: '全部', filter: '筛选', search: '搜索标题、地点、话题', any_level: '全部级别', any_unit: '全部单位', any_place: '全部地区', any_topic: '全部话题',
  show_open: '处理中', show_all: '含已结束', unacked: '未签收', count_shown: (n, all) => `${n} / ${all} 件`,
  level_1: '特别重大', level_2: '重大', level_3: '较大', level_4: '一般', level_none: '未定级', proposed: '拟', confirmed: '已确认', proposed_long: '系统建议，待人工确认',
  reprints: (n) => `转载 ${n}`, ack_by: (name) => `${name} 已签收`, not_acked: '未签收', drill: '演练', kind_emergency: '突发事件', kind_opinion: '政务舆情',
  empty_title: '现在没有需要回应的事件', empty_text: '系统正在看着各个来源。发现与本地有关的突发事件或舆情时，会出现在这里，并开始计时。', empty_sources: '看看来源是否都正常',
  empty_filter: '没有符合筛选条件的事件', clear_filter: '清除筛选', loading: '正在读取……',
  state_collected: '收集', state_triaged: '初筛', state_verifying: '核实', state_assessed: '研判', state_consulting: '会商', state_assigned: '交办', state_returned: '退回', state_accepted: '受领', state_drafting: '拟稿', state_reviewing: '审签', state_responded: '已首次回应', state_following: '持续发布', state_settled: '办结', state_evaluated: '评估', state_archived: '归档', state_dismissed: '排除', state_merged: '并案', state_referred: '移交', state_reopened: '重新打开', state_open: '处理中', state_closed: '已结束',
  clocks: '时限', clock: '时限', starts_from: (anchor, time) => `起算：${anchor} ${time}`, due_at: (time) => `截止 ${time}`, provisional: '暂定', basis: '依据', pack: '规则包',
  ended_at: (time) => `${time} 结束`, early: (s) => `提前 ${s}`, late_by: (s) => `超时 ${s}`, evidence: '证据',
  ob_open: '进行中', ob_met: '按时完成', ob_late: '超时完成', ob_waived: '免除', ob_superseded: '已改期', no_clocks: '还没有时限在走：级别或时间确定后开始计时。', waived_by: (name) => `批准人 ${name}`,
  anchor_occurred: '事发', anchor_first_public: '首次公开传播', anchor_detected: '系统发现', anchor_confirmed: '人工确认', anchor_graded: '定级', anchor_assigned: '交办', anchor_signed: '签发', anchor_approved: '完成审批', anchor_received: '受理', anchor_formed: '形成或变更', anchor_responded: '上一次发布',
  occurred_said: '事发（文中说的，待确认）', conflicts: '标题与正文说法不一致，请核实：',
  why: '为什么提醒', why_item: '原文与依据', words: '命中的词', word: '词', rule: '规则', where: '位置', weight: '分值', adds_to: '计入', in_title: '标题', in_text: '正文', no_words: '没有命中的词', no_word_of_its_own: '（下级话题）', facts: '文中数字', no_facts: '文中没有提取到伤亡、损失等数字', places: '地点', topics: '话题', open_page: '打开原网页', published: '发布', credited: (x) => `稿源：${x}`, fetched: '抓取', published_unknown: '发布时间不明', hash: '内容指纹',
  fact_deaths: '死亡（人）', fact_injured: '受伤（人）', fact_missing: '失踪（人）', fact_trapped: '被困（人）', fact_evacuated: '转移（人）', fact_loss_yuan: '损失（元）', fact_sick: '患病（人）', fact_gathered: '聚集（人）', fact_magnitude: '震级',
  score_relevance: '相关', score_emergency: '突发', score_hardship: '诉求', score_rumor: '传闻', score_policy: '政策',
  items: '信息与转载', original: '原发', reprint: '转载', source: '来源', title: '标题', spread: '传播曲线', spread_alt: '累计信息条数随时间变化',
  found: '找到的官方发布，待确认', found_confirm: '确认是回应', found_reject: '不是回应', timeline: '经过', notices: '通知', notice_to: '送达', step_open: '发现新事件', step_assigned: '交办通知', step_unacked: '无人签收，升级通知', step_left: (x) => `剩余 ${x}`, step_after: '进度提醒', step_late: '已超时', step_found: '找到可能的回应', step_registered: '登记通知', step_unseen: '没有显示，通知下一人', step_ack: '签收到期，再次提醒', step_edited: '已发布的内容有修改', step_heat: '热度上升', step_proposed: '系统建议定级', step_above: '报道重于所定级别', step_missed: '补发错过的提醒', step_begun: '时限开始', step_moved: '时限有变', step_return: '退回', step_urge: '督办', step_call: '点名', step_approve: '请审批', step_approved: '审批通过', step_rejected: '审批未通过', step_withdrawn: '回应登记撤回', show_all_words: (n) => `全部 ${n} 个`, show_less: '收起', superseded_n: (n) => `已改期的时限（${n}）`, duty_none: '没有人', no_notices: '还没有发出通知',
  seen_quiet: '没有单独响铃',
  seen_queued: '待送达', seen_shown: '已显示', seen_failed: '未送达', seen_closed: '已关闭', seen_acked: '已签收', seen_sent: '已发出', units: '单位', unit_lead: '牵头', unit_support: '配合', unit_proposed: '建议', no_unit: '未交办', notes: '备注', disposition: '处置分类', follow_up: '后续公开', opened: '立案', last_item: '最近信息',
  seen_acknowledged: '已签收', step_fallback: (who) => `改由备用渠道通知${who}`, by_mail: (who) => `邮件 ${who}`, by_robot: (id) => `机器人 ${id}`,
  act_ack: '签收', act_confirm: '确认属实相关', act_dismiss: '排除', act_level: '定级', act_assign: '交办', act_respond: '登记回应', act_waive: '免除时限', act_note: '备注', act_close: '办结', act_reopen: '重新打开', act_merge: '并入', act_times: '更正时间', act_state: '流转', act_reject_found: '不是回应',
  f_reason: '理由', f_level: '级别', f_lead: '牵头单位', f_support: '配合单位', f_clocks: '结束哪些时限', f_form: '回应形式', f_url: '网址', f_published: '发布时间', f_boxes: '内容包括', f_clock: '时限', f_basis: '依据', f_approver: '批准人', f_text: '内容', f_disposition: '处置分类（可多选）', f_follow_up: '后续公开情况', f_into: '并入的事件编号', f_to: '转到', f_kind: '性质', f_occurred: '事发时间', f_first_public: '首次公开时间', f_none: '（不变）', f_choose: '请选择',
  f_first_public_only: '首次公开时间', noise_unrelated: '与本地无关', noise_history: '旧闻', noise_fiction: '影视、小说等虚构', noise_drill: '演练', noise_ad: '广告', noise_other: '其他',
  ok: '确定', cancel: '取消', close: '关闭', sending: '正在提交……', done: '已完成', pending: '已记下，等处理程序恢复后执行', required: '必填',
  warn_optimistic: '别人刚刚改过这个事件，请看过新的内容再操作。',
  src_new: '刚加入', src_healthy: '正常', src_quiet: '安静', src_suspicious: '可疑', src_blind: '看不见', src_new_text: '还没有访问过', last_try: '上次访问', last_ok: '上次成功', last_new: '上次有新内容', next: '下次访问', why_state: '说明', official: '自有渠道', visits: '访问', items_n: '信息', state: '状态', status: '应答', disabled: '停用',
  sources_all_fine: (n) => `${n} 个来源都看得见。`, sources_blind: (n) => `${n} 个来源看不见了：这些地方现在发生什么，系统不知道。`, sources_hint: '安静，是看得见但没有新内容，这个时段属正常；可疑，是这个时段通常有新内容却一直没有，请到该网站看一眼；看不见，是出错、被拒绝或页面变了样，需要处理。', no_sources: '还没有来源', no_sources_text: '在规则目录的 sources.yaml 里写上要看的网站，再执行 huiying check。',
  on_duty: '现在值班', second: '备班', hand_over: (time) => `${time} 交班`, upcoming: '接下来', from: '从', to: '到', swap: '换班', gap: '无人', no_duty: '现在没有人值班', no_duty_text: '提醒会送到上一级。请在 duty.yaml 里补上值班安排。', posts: '各岗位现在由谁承担', people: '人员', post_duty: '值班员', post_second: '备班', post_unit_lead: '单位负责人', post_supervisor: '主管', post_leader: '领导', post_gap: '无人，由上一级代',
  keys_title: '键盘操作', k_open: '打开', k_back: '返回', k_search: '搜索', k_help: '这张表', k_lamps: '只看 超时 / 红 / 黄 / 绿，再按取消',
  new_incident: (title) => `新事件：${title}`, changed_incident: (title) => `有变化：${title}`, notice_title: '提醒', waiting_notices: (n, title) => `有 ${n} 件事等您处理：${title}`, not_found: '没有这个事件', no_role: '您的角色不能做这件事',
  ethics: '本系统用于及时发现并回应公众关切，只处理公开信息和来件，不建立个人画像，不收集与回应无关的个人信息，不提供删帖、限流、控评等功能；采集遵守 robots 协议并限速；定级、问责和移交由有权人员依法决定，全程留痕。',
  e_open: '系统发现并立案', e_item: (d) => `归入一条信息${d.title ? `：${d.title}` : ''}`, e_item_update: (d) => `信息有更新${d.title ? `：${d.title}` : ''}`, e_item_reprint: (d) => `归入一条转载${d.title ? `：${d.title}` : ''}`, e_clocks: '时限开始或变化', e_clock_new: (l, due) => `${l}，截止 ${due}`, e_notice: (d) => `发出通知${d.title ? `：${d.title}` : ''}${d.names ? `（送 ${d.names}）` : ''}`, e_found: (d) => `找到可能的官方发布${d.title ? `：${d.title}` : ''}`, e_ack: '签收', e_confirm: '确认属实、与本地有关', e_dismiss: (d) => `排除${d.reason ? `：${d.reason}` : ''}`, e_level: (d) => `定级为${d.level_name || ''}${d.reason ? `：${d.reason}` : ''}`, e_assign: (d) => `交办${d.lead_name ? `给${d.lead_name}` : ''}${d.reason ? `：${d.reason}` : ''}`, e_respond: (d) => `登记回应${d.form_name ? `（${d.form_name}）` : ''}`, e_reject_found: (d) => `认定不是回应${d.reason ? `：${d.reason}` : ''}`, e_waive: (d) => `免除时限 ${d.clock || ''}${d.basis ? `，依据：${d.basis}` : ''}`, e_merge: (d) => `并入 ${d.into || ''}`, e_times: (d) => `更正时间${d.reason ? `：${d.reason}` : ''}`, e_note: (d) => `备注${d.text ? `：${d.text}` : ''}`, e_state: (d) => `状态变为${d.state_name || ''}`, e_close: '办结', e_reopen: (d) => `重新打开${d.reason ? `：${d.reason}` : ''}`, e_receipt: (d) => `通知回执：${d.state_name || ''}`, e_keeper: '处理程序接管', e_other: (d) => d.type,
  system: '系统', wall_title: '政务舆情回应',
};

const en = {
  brand: 'Huiying', live: 'Incidents', sources: 'Sources', duty: 'Duty', wall: 'Wall', help: 'Keyboard', logout: 'Sign out', login: 'Sign in',
  language: '中文', sound_on: 'Sound on', sound_off: 'Allow sound', print: 'Print', skip: 'Skip to content', back: 'Back to the list',
  error_network: 'The server cannot be reached; check the network', error_load: 'Could not load', retry: 'Try again',
  lost: 'Connection to the server lost', lost_detail: (since) => `What you see stopped at ${since} and may be out of date; countdowns still follow the server's time. Reconnecting…`,
  keeper_gone: 'The keeper is not running', keeper_gone_detail: 'Clocks count on, but nothing new is listed, no reminder is sent and acts are only recorded. Tell the administrator now.',
  connected: 'Live', server_time: 'Server time',
  id: 'ID', name: 'Name', password: 'Password', login_title: 'Sign in to the board', login_hint: 'The ID is the one in the duty list.',
  setup_title: 'Make the first account', setup_hint: 'It is administrator, duty officer and analyst at once; split it later. Use the ID of the duty list (duty.yaml): notices find people by it.',
  setup_button: 'Make the account and sign in', setup_done: 'The set-up link lacks its token; copy the whole of it from the service\'s output.', password_hint: 'At least 10 characters; a sentence is fine',
  lamp_late: 'Late', lamp_red: 'Red', lamp_yellow: 'Yellow', lamp_green: 'Green', lamp_off: 'No clock',
  left: 'left', over: 'over by', days: 'd', never: 'never', just_now: 'just now', minutes_ago: (n) => `${n} min ago`, hours_ago: (n) => `${n} h ago`, days_ago: (n) => `${n} d ago`,
  all: 'All', filter: 'Filter', search: 'Search title, place, topic', any_level: 'Any level', any_unit: 'Any unit', any_place: 'Any place', any_topic: 'Any topic',
  show_open: 'Open', show_all: 'With closed', unacked: 'Not acknowledged', count_shown: (n, all) => `${n} of ${all}`,
  level_1: 'Grave', level_2: 'Major', level_3: 'Serious', level_4: 'General', level_none: 'Not graded', proposed: 'proposed', confirmed: 'confirmed', proposed_long: 'proposed by the system, to be confirmed',
  reprints: (n) => `${n} reprints`, ack_by: (name) => `acknowledged by ${name}`, not_acked: 'Not acknowledged', drill: 'Drill', kind_emergency: 'Emergency', kind_opinion: 'Public opinion',
  empty_title: 'Nothing needs a response now', empty_text: 'The sources are being watched. An emergency or a public concern of this place appears here and its clocks start.', empty_sources: 'See whether all sources are well',
  empty_filter: 'No incident matches the filter', clear_filter: 'Clear filter', loading: 'Loading…',
  state_collected: 'Collected', state_triaged: 'Triaged', state_verifying: 'Verifying', state_assessed: 'Assessed', state_consulting: 'Consulting', state_assigned: 'Assigned', state_returned: 'Returned', state_accepted: 'Accepted', state_drafting: 'Drafting', state_reviewing: 'In review', state_responded: 'Responded', state_following: 'Following up', state_settled: 'Settled', state_evaluated: 'Evaluated', state_archived: 'Archived', state_dismissed: 'Dismissed', state_merged: 'Merged', state_referred: 'Referred', state_reopened: 'Reopened', state_open: 'Open', state_closed: 'Closed',
  clocks: 'Clocks', clock: 'Clock', starts_from: (anchor, time) => `from: ${anchor} ${time}`, due_at: (time) => `due ${time}`, provisional: 'provisional', basis: 'Basis', pack: 'Rule pack',
  ended_at: (time) => `ended ${time}`, early: (s) => `${s} early`, late_by: (s) => `${s} late`, evidence: 'Evidence',
  ob_open: 'running', ob_met: 'in time', ob_late: 'late', ob_waived: 'waived', ob_superseded: 'superseded', no_clocks: 'No clock runs yet: they start with the level or the time.', waived_by: (name) => `approved by ${name}`,
  anchor_occurred: 'occurred', anchor_first_public: 'first public', anchor_detected: 'detected', anchor_confirmed: 'confirmed', anchor_graded: 'graded', anchor_assigned: 'assigned', anchor_signed: 'signed', anchor_approved: 'approved', anchor_received: 'received', anchor_formed: 'formed', anchor_responded: 'last release',
  occurred_said: 'occurred (as the text says, to be confirmed)', conflicts: 'Title and text contradict each other, please verify:',
  why: 'Why this alert', why_item: 'Text and reasons', words: 'Matched words', word: 'Word', rule: 'Rule', where: 'Where', weight: 'Weight', adds_to: 'Adds to', in_title: 'title', in_text: 'text', no_words: 'No matched words', no_word_of_its_own: '(topic below it)', facts: 'Figures in the text', no_facts: 'No casualties or losses found in the text', places: 'Places', topics: 'Topics', open_page: 'Open the page', published: 'Published', credited: (x) => `Credited to ${x}`, fetched: 'Fetched', published_unknown: 'time unknown', hash: 'Fingerprint',
  fact_deaths: 'Deaths', fact_injured: 'Injured', fact_missing: 'Missing', fact_trapped: 'Trapped', fact_evacuated: 'Evacuated', fact_loss_yuan: 'Loss (yuan)', fact_sick: 'Sick', fact_gathered: 'Gathered', fact_magnitude: 'Magnitude',
  score_relevance: 'Relevance', score_emergency: 'Emergency', score_hardship: 'Hardship', score_rumor: 'Rumor', score_policy: 'Policy',
  items: 'Items and reprints', original: 'own text', reprint: 'reprint', source: 'Source', title: 'Title', spread: 'Spread', spread_alt: 'Number of items over time',
  found: 'Official release found, to be confirmed', found_confirm: 'It is the response', found_reject: 'It is not', timeline: 'Timeline', notices: 'Notices', notice_to: 'to', step_open: 'New incident', step_assigned: 'Assignment', step_unacked: 'Nobody acknowledged: next in line', step_left: (x) => `${x} left`, step_after: 'Progress reminder', step_late: 'Late', step_found: 'Possible response found', step_registered: 'Registered', step_unseen: 'Not shown: next in line', step_ack: 'Acknowledgement ran out', step_edited: 'A release was edited', step_heat: 'Heat rose', step_proposed: 'Level proposed', step_above: 'Reports exceed the level', step_missed: 'What was missed', step_begun: 'Clock began', step_moved: 'Clock moved', step_return: 'Returned', step_urge: 'Urged', step_call: 'Called', step_approve: 'Approval asked', step_approved: 'Approved', step_rejected: 'Not approved', step_withdrawn: 'Response withdrawn', show_all_words: (n) => `All ${n}`, show_less: 'Less', superseded_n: (n) => `Superseded clocks (${n})`, duty_none: 'nobody', no_notices: 'No notice was sent yet',
  seen_quiet: 'did not ring by itself',
  seen_queued: 'queued', seen_shown: 'shown', seen_failed: 'failed', seen_closed: 'closed', seen_acked: 'acknowledged', seen_sent: 'sent', units: 'Units', unit_lead: 'lead', unit_support: 'support', unit_proposed: 'proposed', no_unit: 'not assigned', notes: 'Notes', disposition: 'Disposition', follow_up: 'Follow-up', opened: 'Opened', last_item: 'Last item',
  seen_acknowledged: 'acknowledged', step_fallback: (who) => `fallback for ${who}`, by_mail: (who) => `mail ${who}`, by_robot: (id) => `robot ${id}`,
  act_ack: 'Acknowledge', act_confirm: 'Confirm', act_dismiss: 'Dismiss', act_level: 'Level', act_assign: 'Assign', act_respond: 'Record response', act_waive: 'Waive', act_note: 'Note', act_close: 'Close', act_reopen: 'Reopen', act_merge: 'Merge', act_times: 'Correct times', act_state: 'Move on', act_reject_found: 'Not the response',
  f_reason: 'Reason', f_level: 'Level', f_lead: 'Lead unit', f_support: 'Supporting units', f_clocks: 'Clocks it ends', f_form: 'Form', f_url: 'URL', f_published: 'Published at', f_boxes: 'It contains', f_clock: 'Clock', f_basis: 'Basis', f_approver: 'Approver', f_text: 'Text', f_disposition: 'Disposition (several possible)', f_follow_up: 'Public follow-up', f_into: 'ID of the other incident', f_to: 'Move to', f_kind: 'Kind', f_occurred: 'Occurred', f_first_public: 'First public', f_none: '(unchanged)', f_choose: 'choose',
  f_first_public_only: 'First public', noise_unrelated: 'Not ours', noise_history: 'Old news', noise_fiction: 'Fiction', noise_drill: 'Drill', noise_ad: 'Advertisement', noise_other: 'Other',
  ok: 'OK', cancel: 'Cancel', close: 'Close', sending: 'Sending…', done: 'Done', pending: 'Recorded; it is carried out when the keeper is back', required: 'required',
  warn_optimistic: 'Somebody just changed this incident; look at it again before you act.',
  src_new: 'new', src_healthy: 'healthy', src_quiet: 'quiet', src_suspicious: 'suspicious', src_blind: 'blind', src_new_text: 'not visited yet', last_try: 'Last visit', last_ok: 'Last success', last_new: 'Last new item', next: 'Next visit', why_state: 'Why', official: 'own channel', visits: 'Visits', items_n: 'Items', state: 'State', status: 'Status', disabled: 'off',
  sources_all_fine: (n) => `All ${n} sources can be seen.`, sources_blind: (n) => `${n} sources are blind: what happens there now is unknown.`, sources_hint: 'Quiet: visible, nothing new, usual at this hour. Suspicious: nothing new though there usually is; have a look at the site. Blind: errors, refusals or a changed page; somebody must act.', no_sources: 'No sources yet', no_sources_text: 'Write the sites into sources.yaml of the rules directory and run huiying check.',
  on_duty: 'On duty now', second: 'Second', hand_over: (time) => `hand-over ${time}`, upcoming: 'Next', from: 'From', to: 'To', swap: 'swap', gap: 'nobody', no_duty: 'Nobody is on duty', no_duty_text: 'Reminders go one level up. Complete the rota in duty.yaml.', posts: 'Who holds which post now', people: 'People', post_duty: 'Duty officer', post_second: 'Second', post_unit_lead: 'Unit lead', post_supervisor: 'Supervisor', post_leader: 'Leader', post_gap: 'nobody; falls to the next level',
  keys_title: 'Keyboard', k_open: 'open', k_back: 'back', k_search: 'search', k_help: 'this sheet', k_lamps: 'only late / red / yellow / green; again to clear',
  new_incident: (title) => `New incident: ${title}`, changed_incident: (title) => `Changed: ${title}`, notice_title: 'Reminder', waiting_notices: (n, title) => `${n} matters wait for you: ${title}`, not_found: 'No such incident', no_role: 'Your role may not do this',
  ethics: 'This system serves to notice public concerns and respond to them in time. It handles public information and what is sent to the office only, makes no profiles of people, collects no personal data that a response does not need, and has no function to delete posts, limit their reach or steer comments. Collection obeys robots.txt and is rate-limited. Levels, accountability and referrals are decided by authorised people under the law, on the record.',
  e_open: 'Found and opened by the system', e_item: (d) => `Item joined${d.title ? `: ${d.title}` : ''}`, e_item_update: (d) => `Item changed${d.title ? `: ${d.title}` : ''}`, e_item_reprint: (d) => `Reprint joined${d.title ? `: ${d.title}` : ''}`, e_clocks: 'Clocks started or changed', e_clock_new: (l, due) => `${l}, due ${due}`, e_notice: (d) => `Notice sent${d.title ? `: ${d.title}` : ''}${d.names ? ` (to ${d.names})` : ''}`, e_found: (d) => `Possible official release found${d.title ? `: ${d.title}` : ''}`, e_ack: 'Acknowledged', e_confirm: 'Confirmed', e_dismiss: (d) => `Dismissed${d.reason ? `: ${d.reason}` : ''}`, e_level: (d) => `Level set to ${d.level_name || ''}${d.reason ? `: ${d.reason}` : ''}`, e_assign: (d) => `Assigned${d.lead_name ? ` to ${d.lead_name}` : ''}${d.reason ? `: ${d.reason}` : ''}`, e_respond: (d) => `Response recorded${d.form_name ? ` (${d.form_name})` : ''}`, e_reject_found: (d) => `Judged not to be the response${d.reason ? `: ${d.reason}` : ''}`, e_waive: (d) => `Clock ${d.clock || ''} waived${d.basis ? `, basis: ${d.basis}` : ''}`, e_merge: (d) => `Merged into ${d.into || ''}`, e_times: (d) => `Times corrected${d.reason ? `: ${d.reason}` : ''}`, e_note: (d) => `Note${d.text ? `: ${d.text}` : ''}`, e_state: (d) => `State: ${d.state_name || ''}`, e_close: 'Closed', e_reopen: (d) => `Reopened${d.reason ? `: ${d.reason}` : ''}`, e_receipt: (d) => `Receipt: ${d.state_name || ''}`, e_keeper: 'A keeper took over', e_other: (d) => d.type,
  system: 'System', wall_title: 'Response clocks',
};

for (const [key, [chinese, english]] of Object.entries({ ...words, ...cases, ...office, ...stats })) {
  zh[key] = chinese;
  en[key] = english;
}

/* Pages that are fetched later bring their words with them. */
export function addWords(more) {
  for (const [key, [chinese, english]] of Object.entries(more)) {
    zh[key] = chinese;
    en[key] = english;
  }
}

export const tables = { zh, en };
let language = localStorage.getItem('language') === 'en' ? 'en' : 'zh';

export const lang = () => language;
export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', language);
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}
document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';

export function t(key, ...args) {
  const v = tables[language][key] ?? tables.zh[key];
  if (v === undefined) return key.replace(/^[a-z]+_/, '');
  return typeof v === 'function' ? v(...args) : v;
}
