// SPDX-License-Identifier: Apache-2.0
/* Words of the risk assessments' page; fetched with it (addWords of strings.js). */
export const words = {
  risk_text: ['政策、活动、工程发布之前，先想好可能引起什么议论、怎么回应。到了发布时间，系统按“关注的词”留意各个来源：平时不提醒的也会列入待办，并记在这里。', 'Before something is released: what may be said about it, and what would you answer? From the release on, items with the words below are listed, whatever they score.'],
  risk_new: ['新的评估', 'New assessment'], no_risks: ['还没有风险评估', 'No assessment yet'], risk_all: ['全部', 'All'], risk_running: ['关注中和待发布', 'Running'],
  risk_name: ['要发布什么', 'What is released'], risk_release: ['发布时间', 'Release'], risk_grade: ['风险等级', 'Risk'], risk_state: ['状态', 'State'], risk_caught: ['相关信息', 'Items'],
  grade_high: ['高风险', 'high'], grade_medium: ['中风险', 'medium'], grade_low: ['低风险', 'low'],
  risk_is_proposed: ['待审批', 'to be approved'], risk_is_approved: ['已批准', 'approved'], risk_is_rejected: ['已退回', 'sent back'], risk_is_ended: ['关注已结束', 'ended'],
  risk_phase_before: ['未发布', 'not released'], risk_phase_now: ['关注中', 'looking out'],
  risk_type_policy: ['政策文件', 'policy'], risk_type_event: ['活动', 'event'], risk_type_project: ['工程项目', 'project'], risk_type_announcement: ['公告、调价', 'announcement'], risk_type_other: ['其他', 'other'],
  act_risk: ['事前舆情风险评估', 'Pre-release risk assessment'], act_risk_amend: ['修改', 'Change'], act_risk_opinion: ['登记专家意见', 'Record an opinion'], act_risk_approve: ['批准', 'Approve'], act_risk_reject: ['退回', 'Send back'], act_risk_end: ['结束关注', 'End'],
  f_risk_name: ['要发布什么（政策、活动、工程的名称）', 'What is released'], f_risk_type: ['种类', 'Kind'], f_risk_unit: ['发布单位', 'Unit'], f_risk_release: ['发布时间', 'Release'], f_risk_days: ['发布后关注多少天（1 到 90）', 'Days to look out (1–90)'], f_risk_summary: ['主要内容', 'Content'], f_risk_topic: ['话题（用来找专家）', 'Topic (to find experts)'], f_risk_risks: ['风险点：可能引起什么误解、议论、不满', 'What may go wrong'], f_risk_words: ['关注的词', 'Words to look for'],
  h_risk_words: ['一行一组，同一行用空格隔开的词要同时出现，例如“供热 涨价”。词越准，无关的信息越少。', 'One a line; all words of a line must occur.'], f_risk_plan: ['应对预案：谁发声、说什么、在哪里说', 'Plan: who says what, where'], f_risk_grade: ['风险等级', 'Risk'],
  f_risk_who: ['哪位专家或单位', 'Expert or unit'], f_risk_opinion: ['意见', 'Opinion'], f_risk_checks: ['三项研判', 'The three judgements'], f_risk_comment: ['批示', 'Comment'], f_risk_reason: ['理由', 'Reason'],
  risk_check_wording: ['公开内容表述妥当', 'wording'], risk_check_timing: ['公开时机合适', 'timing'], risk_check_method: ['公开方式合适', 'method'],
  risk_ask: [(list) => `专家库里可以请：${list}`, (list) => `Experts: ${list}`], risk_own: ['您是最后的拟稿人，请别人审批。', 'You wrote it last: somebody else approves.'],
  risk_watch: ['关注期', 'Look-out'], risk_risks: ['风险点', 'Risks'], risk_words: ['关注的词', 'Words'], risk_plan: ['应对预案', 'Plan'], risk_summary: ['主要内容', 'Content'], risk_opinions: ['专家意见', 'Opinions'], no_opinions: ['还没有登记专家意见。', 'None yet.'], risk_decided: ['审批', 'Decision'], risk_history: ['经过', 'History'],
  risk_drafted: [(who, at) => `${who} ${at} 拟`, (who, at) => `by ${who}, ${at}`], risk_none_caught: ['还没有出现带这些词的信息。', 'No item with these words yet.'], risk_not_yet: ['到发布时间开始留意。', 'It begins with the release.'], risk_n_caught: [(n) => `出现 ${n} 条相关信息`, (n) => `${n} items`], risk_more: [(n) => `只列出前 ${n} 条，其余在检索页查。`, (n) => `The first ${n} are listed.`],
  risk_raised: ['平时不提醒，因关注列入待办', 'raised to the list'], risk_own_page: ['自己发布的', 'our own page'], risk_by_itself: ['到期自动结束', 'ended by itself'], risk_back: ['返回列表', 'Back'],
};
