/* SPDX-License-Identifier: Apache-2.0 */
/* The day the product is for: an explosion, its reprints, a rising toll, a rumour, two hardships,
 * and at last the government's own notices.  `at` is seconds after the story's start; the people,
 * the plant and the city are invented. */
import { fmt } from './clock.mjs';

const PLANT = '清溪县开发区鑫岚化工厂';

/* The happening itself lies seven minutes before the first post. */
const happened = (t0) => t0 - 7 * 60000;

const report = (t0, dead, hurt) => [
    `本网讯 ${fmt.dayTime(happened(t0))}许，位于${PLANT}的一处生产车间发生爆炸，现场浓烟滚滚。`,
    `截至记者发稿时，事故已造成${dead}人死亡、${hurt}人受伤，伤者已送往清溪县人民医院和清溪市第一人民医院救治。`,
    '消防、公安、医疗等救援力量正在现场处置，附近道路临时管制，周边两个村的村民正在转移。',
    '事故原因尚不清楚，本网将继续关注。',
];

const traditional = (t0, dead, hurt) => [
    `${fmt.dayTime(happened(t0))}許，位於清溪縣開發區的一家化工廠發生爆炸，現場濃煙滾滾。`,
    `據當地媒體報道，事故已造成${dead}人死亡、${hurt}人受傷，救援正在進行。`,
];

export const story = [
    {
        id: 'thread', at: 10, site: 'forum', title: '清溪县一化工厂爆炸，现场浓烟',
        text: (t0) => [
            `刚才${fmt.dayTime(happened(t0)).replace(/^.*日/, '')}左右一声巨响，窗户都震碎了，是${PLANT}爆炸了，现场浓烟很大，隔几公里都看得见。`,
            '厂里出来的人说已经有12人死亡，三十多人受伤送医，消防车来了十几辆。',
            '住在附近的朋友赶紧关好门窗。',
        ],
        replies: [[18, '我在江口区也听到了响声。'], [27, '县医院门口全是救护车。'], [52, '到底伤亡多少，有没有官方消息？'], [95, '孩子在附近上学，很担心。'], [160, '等官方通报吧。']],
    },
    { id: 'brief', at: 15, site: 'news', column: 'shehui', title: '清溪县一化工厂发生爆炸 已致12人死亡', text: (t0) => report(t0, 12, 31) },
    { id: 'reprint-forum', at: 22, site: 'forum', title: '转：清溪县一化工厂发生爆炸 已致12人死亡', text: (t0) => ['转自清溪新闻网：', ...report(t0, 12, 31)], replies: [[40, '愿平安。']] },
    { id: 'reprint-region', at: 28, site: 'regional', source: '清溪新闻网', title: '清溪县一化工厂发生爆炸 已致12人死亡', text: (t0) => [...report(t0, 12, 31), '（来源：清溪新闻网）'] },
    { id: 'reprint-big5', at: 40, site: 'big5', title: '清溪縣化工廠爆炸 12人死亡', text: (t0) => traditional(t0, 12, 31) },
    { id: 'reprint-news', at: 48, site: 'news', column: 'news', source: '云川在线', title: '清溪县化工厂爆炸致12人死亡31人受伤', text: (t0) => ['（转自云川在线）', ...report(t0, 12, 31)] },
    { id: 'toll-13', at: 75, site: 'news', column: 'shehui', title: '清溪县化工厂爆炸死亡人数升至13人', text: (t0) => report(t0, 13, 33) },
    { id: 'toll-13-region', at: 88, site: 'regional', source: '清溪新闻网', title: '清溪县化工厂爆炸死亡人数升至13人', text: (t0) => [...report(t0, 13, 33), '（来源：清溪新闻网）'] },
    {
        id: 'rumor', at: 105, site: 'forum', title: '网传清溪县化工厂爆炸死了上百人，毒气已经飘到江口区，速转！',
        text: () => ['群里说实际死亡远不止十几个，有上百人，官方瞒报。', '毒气已经飘到江口区了，超市的水都抢光了，赶紧转发扩散！'],
        replies: [[120, '真的假的？有证据吗。'], [140, '我就在江口区，没闻到味道。']],
    },
    {
        id: 'water', at: 130, site: 'forum', title: '求助：江口区滨河小区停水四天没人管',
        text: () => ['江口区滨河小区从上周五开始停水，到现在四天了，打物业推给水务公司，打水务公司说在排查。', '小区里老人孩子多，每天下楼提水，谁能管一管？'],
        replies: [[150, '我们楼也没水。'], [200, '打12345登记了，还没回复。']],
    },
    { id: 'toll-15', at: 150, site: 'news', column: 'shehui', title: '清溪县化工厂爆炸已致15人死亡', text: (t0) => report(t0, 15, 34) },
    {
        id: 'wages', at: 175, site: 'forum', title: '云岭县安置房工地拖欠农民工工资半年，讨薪无门',
        text: () => ['我们三十多个工人在云岭县安置房工地干活，老板拖欠工资半年了，一共八十多万。', '找劳动监察，让等；找项目部，说没钱。马上过年了，求政府帮帮我们。'],
        replies: [[230, '顶上去，血汗钱不能欠。']],
    },
    {
        id: 'notice', at: 240, site: 'gov', title: '关于清溪县鑫岚化工厂爆炸事故的情况通报', unit: '清溪市应急管理局',
        text: (t0) => [
            `${fmt.dayTime(happened(t0))}，${PLANT}一生产车间发生爆炸。截至目前，事故造成15人死亡、34人受伤，受伤人员均得到救治。`,
            '事故发生后，清溪市委、市政府立即启动应急响应，组织消防、公安、应急、卫健、生态环境等部门开展处置。现场明火已扑灭，周边群众已妥善转移。',
            '生态环境部门监测显示，周边空气和水体主要指标未见异常。事故原因正在调查，有关情况将及时发布。',
            '清溪市人民政府新闻办公室',
        ],
    },
    {
        id: 'clarify', at: 330, site: 'gov', title: '关于网传“化工厂爆炸上百人死亡”的情况说明', unit: '清溪市人民政府新闻办公室',
        text: () => ['针对网传“清溪县化工厂爆炸死亡上百人、毒气飘至江口区”的信息，经核实，该信息不实。', '事故伤亡情况以官方通报为准。江口区空气质量监测数据正常。请不信谣、不传谣。'],
    },
    {
        id: 'water-reply', at: 480, site: 'gov', title: '关于江口区滨河小区停水问题的回复', unit: '清溪市住房和城乡建设局',
        text: () => ['网民反映江口区滨河小区停水问题，我局已会同江口区政府和市水务公司现场核查。', '停水原因为小区外供水管道破损，抢修已于今日完成，供水恢复正常。给居民生活带来不便，深表歉意。'],
    },
    {
        id: 'follow-up', at: 600, site: 'gov', title: '清溪县鑫岚化工厂爆炸事故处置进展（第二次通报）', unit: '清溪市应急管理局',
        text: () => ['截至目前，事故现场搜救工作结束，共造成15人死亡、34人受伤，无失联人员。', '清溪市已成立事故调查组，企业负责人已被依法控制。善后工作正在进行。'],
    },
];
