// SPDX-License-Identifier: Apache-2.0
/* Words of the page of statistics: key: [中文, English]. */
export const words = {
  stats: ['统计', 'Statistics'], stats_of: ['事件', 'Incidents'], stats_cases: ['文件、留言和申请', 'Documents, messages, requests'],
  stats_hint: ['每个数字都可以点开，看它由哪些条目数出来。不足 5 件的不算比率和中位数；演练不计。', 'Click a number to see the rows it counts. No rate or median below five cases; drills never count.'],
  set_incidents: ['发现', 'Found'], set_confirmed: ['确认', 'Confirmed'], set_dismissed: ['排除', 'Dismissed'], set_closed: ['办结', 'Closed'], set_reopened: ['重新打开', 'Reopened'], set_answered: ['已回应', 'Answered'], set_followed: ['已公开', 'Published'],
  precision: ['提醒准确率（确认 ÷ 已判断）', 'Alert precision (confirmed / judged)'], answered_rate: ['回应率（已回应 ÷ 未排除）', 'Answered (of those not dismissed)'], coverage: ['来源覆盖（看到 ÷ 监看）', 'Source coverage (seen / watched)'], coverage_sources: [(n) => `${n} 个来源`, (n) => `${n} sources`], no_coverage: ['没有来源的记录', 'No record of sources'],
  on_time: ['按时率', 'On time'], by_clock: ['各时限', 'By clock'], by_unit: ['各单位', 'By unit'], by_class: ['各类处置的后续公开', 'Follow-up by class of disposition'], by_hour: ['几点发现的（工作量）', 'Hour of the day at which they were found (workload)'], follow_rate: ['后续公开率', 'Follow-up rate'],
  res_met: ['按时', 'On time'], res_late: ['超时', 'Late'], res_waived: ['免除', 'Waived'], res_running: ['未到期', 'Running'], res_superseded: ['已替代', 'Superseded'], res_overdue: ['超时未完成', 'Overdue'],
  latencies: ['各环节用时', 'How long each step took'], lat_detection: ['首次公开 → 发现', 'Public → detected'], lat_fetch: ['首次公开 → 采集', 'Public → fetched'], lat_score: ['采集 → 研判', 'Fetched → scored'], lat_alert: ['研判 → 提醒', 'Scored → alerted'], lat_show: ['提醒 → 显示', 'Alerted → shown'], lat_acknowledgement: ['发现 → 签收', 'Found → acknowledged'], lat_first_response: ['首次公开 → 首次回应', 'Public → first response'],
  by_matter: ['事项类别', 'Kind of matter'], satisfaction_rate: ['满意率（满意 ÷ 已评）', 'Satisfied (of those rated)'],
  median: ['中位数', 'Median'], too_few: ['不足 5 件', 'below five'], cases_n: [(n) => `${n} 件`, (n) => `${n} cases`], step: ['环节', 'Step'], distribution: ['分布', 'Distribution'], below: [(s) => `${s} 内`, (s) => `< ${s}`], above: [(s) => `${s} 以上`, (s) => `≥ ${s}`], responsible: ['牵头单位', 'Lead unit'], unit_nobody: ['未交办', 'Nobody in charge'], hour_of: [(h) => `${h} 时`, (h) => `${h}:00`],
  days_n: [(n) => `${n} 天`, (n) => `${n} d`], hours_n: [(n) => `${n} 小时`, (n) => `${n} h`], minutes_n: [(n) => `${n} 分钟`, (n) => `${n} min`], seconds_n: [(n) => `${n} 秒`, (n) => `${n} s`], ms_n: [(n) => `${n} 毫秒`, (n) => `${n} ms`],
  rows_of: [(what) => `${what}：背后的条目`, (what) => `${what}: the rows behind it`], no_rows: ['没有条目。', 'No rows.'], more_rows: ['只列前 1000 条；缩短时段可以看全。', 'The first 1,000 only; choose a shorter period to see all.'], took: ['用时', 'Took'], seen_share: ['看到的时间', 'Seen'], no_period_data: ['这段时间没有记录。', 'Nothing was recorded in this period.'],
};
