/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the name of a body from its end: a head (局, 委员会, 法院), then to the left the matters it
 * deals with (规划和自然资源), then the place or rank it belongs to (杭州市, 省, 国家).  What
 * is found decides whether it is a public body at all: see the three kinds of head. */
#include "analyzer/bodies.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <string.h>
#include <uchar.h>

enum need {
    ALONE,  /* a body by itself: 派出所 */
    MATTER, /* with a matter: 教育 + 局 */
    OWNER,  /* with a place or rank: 市 + 委 */
    NEED_COUNT
};
static struct hy_wordlist alone = {.list = {"欧盟委员会",
                                            "总统府",
                                            "总理府",
                                            "首相府",
                                            "首相官邸",
                                            "海岸警卫队",
                                            "海上自卫队",
                                            "航空自卫队",
                                            "陆上自卫队",
                                            "高级法院",
                                            "交巡警大队",
                                            "交巡警支队",
                                            "中央纪委",
                                            "中纪委",
                                            "中宣部",
                                            "中组部",
                                            "中央办公厅",
                                            "中办",
                                            "国办",
                                            "国务院办公厅",
                                            "海事法院",
                                            "铁路法院",
                                            "知识产权法院",
                                            "互联网法院",
                                            "金融法院",
                                            "人民法庭",
                                            "司法所",
                                            "财政所",
                                            "工商所",
                                            "税务所",
                                            "卫生监督所",
                                            "监狱管理局",
                                            "戒毒所",
                                            "拘留所",
                                            "强制隔离戒毒所",
                                            "派驻检察室",
                                            "公安分局",
                                            "国安局",
                                            "国安部",
                                            "安全部",
                                            "海警局",
                                            "武警部队",
                                            "火箭军",
                                            "战略支援部队",
                                            "预备役",
                                            "市监局",
                                            "网信办",
                                            "村支部",
                                            "党工委",
                                            "省政协",
                                            "市政协",
                                            "县政协",
                                            "区政协",
                                            "应急管理部",
                                            "市场监管总局",
                                            "金融监管总局",
                                            "医保局",
                                            "退役军人事务局",
                                            "乡村振兴局",
                                            "行政审批局",
                                            "大数据局",
                                            "文旅局",
                                            "文旅厅",
                                            "文旅部",
                                            "工信局",
                                            "工信厅",
                                            "农业农村局",
                                            "农业农村厅",
                                            "农业农村部",
                                            "自然资源局",
                                            "自然资源厅",
                                            "自然资源部",
                                            "生态环境局",
                                            "生态环境厅",
                                            "生态环境部",
                                            "国务院国资委",
                                            "国台办",
                                            "港澳办",
                                            "国新办",
                                            "网信部门",
                                            "检方",
                                            "国土安全部",
                                            "中央情报局",
                                            "联邦储备委员会",
                                            "内阁",
                                            "警视厅",
                                            "警察厅",
                                            "检察厅",
                                            "中央军委",
                                            "军委",
                                            "看守所",
                                            "总参谋部",
                                            "军事法院",
                                            "法院",
                                            "人民法院",
                                            "检察院",
                                            "检察机关",
                                            "人民检察院",
                                            "公安局",
                                            "公安厅",
                                            "公安部",
                                            "公安机关",
                                            "派出所",
                                            "警方",
                                            "警察局",
                                            "军方",
                                            "消防局",
                                            "消防大队",
                                            "消防支队",
                                            "消防总队",
                                            "交警大队",
                                            "交警支队",
                                            "执法大队",
                                            "刑警大队",
                                            "车管所",
                                            "街道办",
                                            "街道办事处",
                                            "居委会",
                                            "村委会",
                                            "管委会",
                                            "住建委",
                                            "城管",
                                            "人大常委会",
                                            "政协",
                                            "纪委",
                                            "纪检委",
                                            "国资委",
                                            "发改委",
                                            "教委",
                                            "建委",
                                            "卫计委",
                                            "卫健委",
                                            "政法委",
                                            "宣传部",
                                            "组织部",
                                            "统战部",
                                            "财政部",
                                            "国防部",
                                            "外交部",
                                            "国务院",
                                            "国会",
                                            "大使馆",
                                            "使馆",
                                            "领事馆",
                                            "总领馆",
                                            "海关",
                                            "海关总署",
                                            "税务局",
                                            "国税局",
                                            "地税局",
                                            "工商局",
                                            "城管局",
                                            "海军",
                                            "空军",
                                            "陆军",
                                            "海军陆战队",
                                            "军队",
                                            "自卫队",
                                            "市委",
                                            "省委",
                                            "县委",
                                            "区委",
                                            "州委",
                                            "党委",
                                            "联邦调查局",
                                            "中情局",
                                            "最高法院",
                                            "最高法",
                                            "最高检",
                                            "银监会",
                                            "证监会",
                                            "保监会",
                                            "银监局",
                                            "证监局",
                                            "保监局",
                                            "金管局",
                                            "银保监会",
                                            "银保监局",
                                            "央行",
                                            "人民银行",
                                            "中央银行",
                                            "美联储",
                                            "解放军",
                                            "白宫",
                                            "党中央",
                                            "住建部",
                                            "工信部",
                                            "商务部",
                                            "教育部",
                                            "卫生部",
                                            "农业部",
                                            "民政部",
                                            "司法部",
                                            "疾控中心",
                                            "红十字会",
                                            "消委会",
                                            "气象台",
                                            "地震台网",
                                            "教体局",
                                            "应急局",
                                            "人社局",
                                            "住建局",
                                            "发改局",
                                            "卫健局",
                                            "房管局",
                                            "规划局",
                                            "城建局",
                                            "监察局",
                                            "物价局",
                                            "质监局",
                                            "药监局",
                                            "食药监局",
                                            "国土局",
                                            "旅游局",
                                            "体育局",
                                            "统计局",
                                            "广电总局",
                                            "八路军",
                                            "新四军",
                                            "法院执行局",
                                            "中央财政",
                                            "中央政府",
                                            "地方政府",
                                            "人武部",
                                            "高等法院",
                                            "中级人民法院",
                                            "高级人民法院",
                                            "第一中级人民法院",
                                            "第二中级人民法院",
                                            "最高人民法院",
                                            "最高人民检察院",
                                            "社科院",
                                            "警署",
                                            "警局",
                                            "参议院",
                                            "众议院",
                                            "中国共产党",
                                            "志愿军",
                                            "革命卫队",
                                            "铁道部",
                                            "监管机构",
                                            "金管会",
                                            "外经贸委",
                                            "教工委",
                                            "团市委",
                                            "武警",
                                            NULL}};
static struct hy_wordlist with_matter = {
    .list = {"中队", "司",   "局",   "厅",     "部",       "委",     "署",     "办",
             "总局", "总署", "分局", "委员会", "办公室",   "办公厅", "部门",   "机关",
             "大队", "支队", "总队", "中心",   "领导小组", "指挥部", "局长办", "会",
             "总站", "站",   "省",   "所",     "处",       NULL}};
static struct hy_wordlist with_owner = {
    .list = {"巡视组",   "督察组",     "巡察组", "领馆",     "参谋部", "参议会", "政府",
             "人民政府", "中院",       "高院",   "人大",     "监委",   "司令部", "议会",
             "部队",     "舰队",       "军区",   "军",       "法庭",   "团委",   "残联",
             "妇联",     "总工会",     "消协",   "武装部队", "科学院", "看守所", "防空部队",
             "特种部队", "战略司令部", "工委",   "常委会",   "交警",   "地税",   "国税",
             "特警",     "边防",       NULL}};
static struct hy_wordlist *const heads[] = {
    [ALONE] = &alone, [MATTER] = &with_matter, [OWNER] = &with_owner};
_Static_assert(HY_COUNT(heads) == NEED_COUNT, "heads of every kind");

/* What bodies deal with.  A head of kind MATTER needs one of them. */
static struct hy_wordlist matters = {.list = {"市监",         "市场监管",
                                              "监督管理",     "文旅",
                                              "退役军人",     "退役军人事务",
                                              "乡村振兴",     "发改",
                                              "工信",         "人社",
                                              "卫健",         "经信",
                                              "规自",         "自规",
                                              "国安",         "禁毒",
                                              "网安",         "交巡警",
                                              "监狱",         "戒毒",
                                              "人防",         "人民防空",
                                              "民防",         "双拥",
                                              "港澳",         "港澳事务",
                                              "史志",         "地方志",
                                              "机构编制",     "编制",
                                              "参事",         "国库",
                                              "邮电",         "公共资源",
                                              "社会工作",     "中医药",
                                              "土地",         "储备",
                                              "整理",         "户政",
                                              "仲裁",         "最低生活保障",
                                              "征地",         "房改",
                                              "野生生物",     "国家公园",
                                              "网络战",       "国土空间",
                                              "水土保持",     "水文",
                                              "河道",         "湖泊",
                                              "流域",         "防灾",
                                              "森林",         "森林草原",
                                              "消防救援",     "交通运输",
                                              "交通警察",     "巡特警",
                                              "反恐",         "反诈",
                                              "经济犯罪侦查", "刑事侦查",
                                              "犯罪侦查",     "治安管理",
                                              "人口",         "户政管理",
                                              "车辆管理",     "出入境管理",
                                              "看守",         "法律援助",
                                              "社区矫正",     "投诉",
                                              "热线",         "便民",
                                              "政务公开",     "信息公开",
                                              "营商环境",     "金融监督",
                                              "金融监管",     "国防动员",
                                              "海关总",       "邮政管理",
                                              "通信管理",     "烟草专卖",
                                              "盐业",         "粮食和物资储备",
                                              "物资储备",     "市政公用",
                                              "公用事业",     "供水",
                                              "供热",         "燃气",
                                              "城乡规划",     "城市更新",
                                              "棚户区改造",   "棚改",
                                              "不动产",       "不动产登记",
                                              "登记",         "房产管理",
                                              "房地产管理",   "农机",
                                              "农经",         "农田",
                                              "种子",         "动物卫生",
                                              "动物",         "植物",
                                              "兽医",         "疫病",
                                              "血吸虫病",     "妇幼保健",
                                              "妇幼",         "卫生监督",
                                              "卫生计生",     "爱国卫生",
                                              "学生资助",     "招生",
                                              "考试",         "招生考试",
                                              "教育考试",     "语言文字",
                                              "体育总",       "少数民族",
                                              "民族宗教",     "对台",
                                              "台湾",         "侨联",
                                              "对外",         "友好",
                                              "外资",         "外贸",
                                              "海防",         "边境",
                                              "移民管理",     "国际合作",
                                              "公平贸易",     "反垄断",
                                              "国内贸易",     "财政监督",
                                              "预算",         "国债",
                                              "非税",         "收费",
                                              "稽查",         "税务稽查",
                                              "纪检",         "纪检监察",
                                              "巡视",         "巡察",
                                              "督查",         "督察",
                                              "环境监察",     "环保督察",
                                              "环境监测",     "生态保护",
                                              "自然保护",     "自然保护区",
                                              "湿地",         "核安全",
                                              "辐射",         "人居",
                                              "公积金",       "住房公积金",
                                              "公安",         "教育",
                                              "体育",         "卫生",
                                              "健康",         "计划生育",
                                              "计生",         "财政",
                                              "税务",         "审计",
                                              "统计",         "民政",
                                              "司法",         "人力资源",
                                              "社会保障",     "劳动",
                                              "人事",         "就业",
                                              "社保",         "医保",
                                              "医疗保障",     "国土",
                                              "资源",         "自然资源",
                                              "房产",         "房地产",
                                              "房屋",         "住房",
                                              "保障",         "住房保障",
                                              "住保",         "城乡",
                                              "建设",         "规划",
                                              "城市",         "管理",
                                              "城管",         "市政",
                                              "园林",         "绿化",
                                              "市容",         "环境",
                                              "生态",         "环保",
                                              "环境保护",     "交通",
                                              "运输",         "公路",
                                              "铁路",         "民航",
                                              "航空",         "航天",
                                              "海事",         "港航",
                                              "港务",         "邮政",
                                              "水利",         "水务",
                                              "农业",         "农村",
                                              "林业",         "草原",
                                              "渔业",         "畜牧",
                                              "粮食",         "商务",
                                              "贸易",         "经贸",
                                              "经济",         "信息化",
                                              "工业",         "工商",
                                              "行政",         "质量",
                                              "技术",         "监督",
                                              "监管",         "监察",
                                              "食品",         "药品",
                                              "食药",         "安全",
                                              "安全生产",     "生产",
                                              "安监",         "应急",
                                              "消防",         "地震",
                                              "气象",         "海洋",
                                              "测绘",         "文化",
                                              "旅游",         "文物",
                                              "广播",         "电影",
                                              "电视",         "广电",
                                              "新闻",         "出版",
                                              "版权",         "知识产权",
                                              "专利",         "外事",
                                              "侨务",         "台湾事务",
                                              "民族",         "宗教",
                                              "事务",         "信访",
                                              "法制",         "法规",
                                              "政策",         "研究",
                                              "发展",         "改革",
                                              "发展和改革",   "国防",
                                              "科技",         "科学",
                                              "科学技术",     "国资",
                                              "国有资产",     "资产",
                                              "金融",         "银行业",
                                              "证券",         "保险",
                                              "外汇",         "物价",
                                              "价格",         "能源",
                                              "电力",         "烟草",
                                              "盐务",         "海关",
                                              "检验",         "检疫",
                                              "出入境",       "边防",
                                              "缉私",         "刑侦",
                                              "经侦",         "治安",
                                              "交警",         "交管",
                                              "特警",         "巡警",
                                              "执法",         "综合",
                                              "综合执法",     "扶贫",
                                              "移民",         "老龄",
                                              "残疾人",       "妇女",
                                              "儿童",         "工作",
                                              "工商行政",     "企业",
                                              "中小企业",     "招商",
                                              "投资",         "口岸",
                                              "疾病预防",     "疾病",
                                              "预防",         "控制",
                                              "疾控",         "急救",
                                              "血液",         "采购",
                                              "招投标",       "交易",
                                              "公共",         "机关",
                                              "档案",         "保密",
                                              "密码",         "网络",
                                              "信息",         "通信",
                                              "电信",         "无线电",
                                              "互联网",       "网信",
                                              "宣传",         "组织",
                                              "统战",         "政法",
                                              "纪律检查",     "检查",
                                              "常务",         "常务委员",
                                              "人民",         "代表",
                                              "协商",         "外交",
                                              "防卫",         "内政",
                                              "内务",         "司法行政",
                                              "劳动保障",     "劳动和社会保障",
                                              "拆迁",         "征收",
                                              "供销",         "产业",
                                              "林草",         "住建",
                                              "房管",         "国税",
                                              "地税",         "车辆",
                                              "车管",         "户籍",
                                              "救助",         "福利",
                                              "奥林匹克",     "奥委",
                                              "防汛",         "抗旱",
                                              "防火",         "抢险",
                                              "救援",         "指挥",
                                              "救灾",         "减灾",
                                              "联防",         "联控",
                                              "疫情",         "防控",
                                              "协调",         "监测",
                                              "预报",         "预警",
                                              "调查",         "情报",
                                              "国家安全",     "中央",
                                              "联邦",         "贸易代表",
                                              "消费者",       "权益",
                                              "保护",         "价格监督",
                                              "勘探",         "地质",
                                              "矿产",         "煤矿",
                                              "煤炭",         "核",
                                              "海警",         "渔政",
                                              "水产",         "养老",
                                              "公积金",       "政务",
                                              "服务",         "大数据",
                                              "数据",         "行政审批",
                                              "审批",         "营商",
                                              "城镇化",       "城市化",
                                              "推进",         "三峡",
                                              "教体",         "文广",
                                              "文广新",       "新",
                                              "工作领导",     "扫黄打非",
                                              "和",           "与",
                                              "及",           "、",
                                              "及其",         NULL}};

/* Firms and schools have these too: with nothing else and no owner they are no public body. */
static struct hy_wordlist generic = {
    .list = {"管理", "研究", "发展",   "服务", "信息", "技术", "投资", "人力资源", "交易",
             "网络", "质量", "企业",   "教育", "安全", "监督", "行政", "工程",     "科技",
             "保险", "证券", "文化",   "电影", "工作", "生产", "金融", "贸易",     "宣传",
             "广播", "数据", "消费者", "新",   "商务", "环境", "推进", "国际",     NULL}};

/* Heads that clubs, schools and shops share: a place before them makes no public body of them. */
static struct hy_wordlist common = {.list = {"中心", "所", "站", "会", "处", "总站", NULL}};

/* Heads that firms and schools do not have. */
static struct hy_wordlist official = {.list = {"局", "厅", "署", "部门", "委员会", "法庭", NULL}};

/* Ranks that may stand before the matter: 市教育局, 国家体育总局. */
static struct hy_wordlist ranks = {
    .list = {"国家", "中国", "中央", "全国", "中共",   "市",   "省",   "县",   "区",
             "州",   "镇",   "乡",   "旗",   "自治区", "我国", "最高", "当地", "地方",
             "上级", "本市", "本省", "我市", "我省",   "我县", "我区", NULL}};
static struct hy_wordlist states = {
    .list = {
        "日本",     "美国",     "英国",   "法国",       "德国",   "俄罗斯", "韩国",     "朝鲜",
        "印度",     "伊朗",     "伊拉克", "以色列",     "意大利", "加拿大", "澳大利亚", "新西兰",
        "西班牙",   "葡萄牙",   "荷兰",   "比利时",     "瑞士",   "瑞典",   "挪威",     "芬兰",
        "丹麦",     "波兰",     "乌克兰", "土耳其",     "埃及",   "南非",   "巴西",     "墨西哥",
        "阿根廷",   "巴基斯坦", "阿富汗", "泰国",       "越南",   "缅甸",   "老挝",     "柬埔寨",
        "马来西亚", "新加坡",   "印尼",   "印度尼西亚", "菲律宾", "蒙古",   "叙利亚",   "沙特",
        "苏联",     "欧盟",     "美",     "英",         "法",     "德",     "俄",       "日",
        "韩",       "朝",       "印",     "苏",         "叙",     "伊",     "以",       "意",
        "澳",       "中",       "伪",     "国",         "北越",   "越",     "泰",       "土",
        "乌",       "联",       "盟",     "清",         "敌",     "我",     NULL}};

/* Whole words that end like a body and are none. */
static struct hy_wordlist not_bodies = {
    .list = {"平局",     "会议厅",     "副局",     "开局",     "时局",     "战局",     "全局",
             "出局",     "入局",       "骗局",     "音乐厅",   "收局",     "定局",     "残局",
             "全部",     "内部",       "外部",     "东部",     "西部",     "南部",     "北部",
             "中部",     "头部",       "腹部",     "胸部",     "面部",     "结局",     "格局",
             "布局",     "饭局",       "僵局",     "大局",     "当局者",   "棋局",     "客厅",
             "餐厅",     "舞厅",       "大厅",     "展厅",     "原委",     "举办",     "主办",
             "承办",     "开办",       "怎么办",   "协办",     "创办",     "申办",     "查办",
             "督办",     "筹办",       "试办",     "停办",     "机会",     "社会",     "大会",
             "晚会",     "宴会",       "约会",     "学会",     "聚会",     "不会",     "只会",
             "才会",     "管理中心",   "购物中心", "商务中心", "城市中心", "贸易中心", "国际会",
             "国际中心", "文化中心",   "商务部门", "信息部",   "技术部",   "运动会",   "博览会",
             "研讨会",   "新闻发布会", "发展会",   "服务部",   "工作会",   "工作站",   "服务站",
             "车站",     "网站",       "电视站",   "加油站",   "研究所",   "交易所",   "事务所",
             "服务所",   "公共场所",   "国有企业", "企业会",   "代表处",   "办事处",   "文化部落",
             "研究中心", "服务中心",   "信息中心", "发展中心", "研究会",   "交易会",   "奥委会官",
             "足球部",   "科技部落",   NULL}};

/* The longest head that ends at `end`: its length and what it needs. */
static size_t head_before(const struct hy_chars *t, size_t end, enum need *ret)
{
    size_t best = 0;

    for (int n = 0; n < NEED_COUNT; n++) {
        size_t len = hy_wordlist_before(t, end, heads[n], NULL);
        if (len > best) {
            best = len;
            *ret = (enum need)n;
        }
    }
    return best;
}

static bool may_end(uint32_t c)
{
    static struct hy_charset lasts = {
        .list = u"科府院局厅部关所方队办处会委人大协馆国军区署室门心组站监法行储"
                u"约盟防检省庭联台网政警管视社党楼构司税"};

    return hy_charset_has(&lasts, c);
}

static size_t matters_before(const struct hy_chars *t, size_t end)
{
    size_t at = end, len;

    while ((len = hy_wordlist_before(t, at, &matters, NULL)) > 0)
        at -= len;
    /* 和应急管理局: a joint at the left edge joins nothing */
    while (at < end &&
           (t->c[at] == 0x548C || t->c[at] == 0x4E0E || t->c[at] == 0x53CA || t->c[at] == 0x3001))
        at++;
    return at;
}

static const struct hy_place *place_ending(const struct hy_place_list *places, enum hy_field f,
                                           size_t end)
{
    for (size_t i = 0; i < places->n; i++)
        if (places->v[i].span.field == f && places->v[i].span.end == end)
            return &places->v[i];
    return NULL;
}

/* A name that needs context to be a place has it here: 和平 + 法院.  Its length, 0 if there is
 * none. */
static size_t name_ending(const struct hy_chars *t, const struct hy_place_list *places, size_t end,
                          const char **ret_code)
{
    enum { LONGEST = 6 };
    size_t len, best = 0;

    for (size_t n = 2; n <= LONGEST && n <= end && places->rules; n++) {
        const struct hy_name *name = hy_places_match(places->rules, t->c, t->n, end - n, n, &len);
        if (name && len == n && name->kind == HY_NAME_DIVISION) {
            best = n;
            *ret_code = name->next ? "" : name->code;
        }
    }
    return best;
}

static bool is_generic(const struct hy_chars *t, size_t start, size_t end)
{
    while (start < end) {
        size_t len = hy_wordlist_at(t, start, &generic, NULL);
        if (len == 0)
            return false;
        start += len;
    }
    return start == end;
}

struct found {
    size_t start, end, core;
    const struct hy_place *place;
    const char *code;
    bool owner;
};

static bool is_rank_char(uint32_t c)
{
    return c == 0x5E02 || c == 0x53BF || c == 0x533A || c == 0x7701 || c == 0x5DDE || c == 0x9547 ||
           c == 0x4E61 || c == 0x65D7; /* 市县区省州镇乡旗 */
}

/* A place that ends at `at` or, as in 清溪县委, one character into the core. */
static bool owner_place(const struct hy_chars *t, enum hy_field f,
                        const struct hy_place_list *places, size_t at, struct found *b)
{
    const char *code = "";
    size_t len;

    b->place = place_ending(places, f, at);
    if (b->place == NULL && at < t->n && is_rank_char(t->c[at]))
        b->place = place_ending(places, f, at + 1);
    if (b->place) {
        b->start = b->place->span.start;
        b->code = b->place->code;
        return true;
    }
    if ((len = name_ending(t, places, at, &code)) == 0)
        return false;
    b->start = at - len;
    b->code = code;
    return true;
}

/* To the left of the core: rank, place, or both (杭州市, 市, 中共杭州市). */
static void owner_before(const struct hy_chars *t, enum hy_field f,
                         const struct hy_place_list *places, struct found *b)
{
    size_t at = b->start, len;

    if (owner_place(t, f, places, at, b)) {
        b->owner = true;
    } else if ((len = hy_wordlist_before(t, at, &ranks, NULL)) > 0) {
        b->start = at - len;
        b->owner = true;
        owner_place(t, f, places, at - len, b);
    } else if ((len = hy_wordlist_before(t, at, &states, NULL)) > 0) {
        b->owner = true;
        b->start = at - len;
    }
    if (hy_chars_before(t, b->start, "中共"))
        b->start -= 2;
}

static bool breaks(uint32_t c)
{
    static struct hy_charset words = {
        .list = u"的在了是和与及等将被有从到向对为以也都于至由把让说这那其个各每"};

    return hy_charset_has(&words, c) || !hy_is_han(c);
}

/* 法国海岸巡防局: a matter we do not know between a place and a head that only
 * public bodies have. */
static bool unknown_matter(const struct hy_chars *t, enum hy_field f,
                           const struct hy_place_list *places, struct found *b)
{
    enum { REACH = 7 };

    for (size_t at = b->start; at > 0 && b->start - at < REACH && !breaks(t->c[at - 1]);) {
        at--;
        struct found with = *b;
        if ((with.place = place_ending(places, f, at)) == NULL)
            continue;
        b->start = with.place->span.start;
        b->code = with.place->code;
        b->owner = true;
        return true;
    }
    return false;
}

/* 崇安区 + 法院: a district no table knows, written between a place or a sign and the head. */
static void unknown_district(const struct hy_chars *t, enum hy_field f,
                             const struct hy_place_list *places, struct found *b)
{
    static struct hy_wordlist kinds = {.list = {"区", "县", "镇", "乡", "旗", "街道", NULL}};
    size_t len = hy_wordlist_at(t, b->start, &kinds, NULL), at = b->start;
    struct found with = *b;

    if (len == 0 || at < 2 || breaks(t->c[at - 1]) || breaks(t->c[at - 2]))
        return;
    at -= 2;
    if (owner_place(t, f, places, at, &with))
        *b = with;
    else if (at == 0 || breaks(t->c[at - 1]))
        b->start = at;
}

/* 公安局 + 禁毒支队, 卫生局 + 医政科: what stands right behind a body, up to a head of a part, is
 * its part. */
static bool is_part(const struct hy_chars *t, const struct hy_body *last, size_t end)
{
    static struct hy_wordlist parts = {.list = {"科", "处", "室", "支队", "大队", "中队", "派出所",
                                                "分局", "司", "局", "中心", "办公室", "委员会",
                                                "总队", "总站", NULL}};
    static struct hy_wordlist others = {
        .list = {"查处", "论处", "惩处", "副局", "好处", "之处", "公司", "教室", "上司", "科室",
                 "用处", "出处", "到处", "深处", "住处", "卧室", "局中", "购物中心", NULL}};
    enum { REACH = 8 };
    size_t len = hy_wordlist_before(t, end, &parts, NULL);

    if (len == 0 || hy_wordlist_before(t, end, &others, NULL) || end - len < last->span.end ||
        end - last->span.end > REACH + len || end - last->span.end < 3)
        return false;
    for (size_t i = last->span.end; i < end; i++)
        if (breaks(t->c[i]))
            return false;
    return true;
}

/* In the title of a film or game, or in the name of a university's institute. */
static bool is_elsewhere(const struct hy_chars *t, const struct found *b)
{
    static struct hy_wordlist hosts = {
        .list = {"大学", "学院", "公司", "银行", "证券", "集团", NULL}};
    enum { REACH = 8 };
    size_t open = b->start, close = b->end;

    if (hy_wordlist_before(t, b->start, &hosts, NULL))
        return true;
    while (open > 0 && b->start - open < REACH && t->c[open - 1] != 0x300A)
        open--;
    while (close < t->n && close - b->end < REACH && t->c[close] != 0x300B)
        close++;
    return open > 0 && t->c[open - 1] == 0x300A && close < t->n && t->c[close] == 0x300B;
}

/* `last` is the body found before, NULL if none: what stands right behind it is its sub-unit
 * (农业农村部 + 信息中心). */
static bool body_at(const struct hy_chars *t, enum hy_field f, const struct hy_place_list *places,
                    const struct hy_body *last, size_t end, struct found *ret)
{
    enum need need = ALONE;
    size_t len = head_before(t, end, &need);

    if (len == 0) /* 科: a head of parts alone */
        len = last && last->span.field == f && is_part(t, last, end);
    if (len == 0)
        return false;
    struct found b = {.end = end, .start = end - len};
    size_t matter = matters_before(t, b.start);
    bool has_matter = matter < b.start;
    b.core = b.start = matter;
    b.code = "";
    bool sub_unit =
        last && last->span.field == f && (last->span.end == b.start || is_part(t, last, end));
    bool part = sub_unit && last->span.end < b.start;
    if (sub_unit) {
        b.start = last->span.start;
        b.code = last->code;
        b.owner = true;
    } else {
        owner_before(t, f, places, &b);
        unknown_district(t, f, places, &b);
    }
    bool single = end - b.core <= 1 + (size_t)has_matter;
    bool strong = hy_wordlist_before(t, end, &official, NULL) > 0;
    bool known = b.owner;
    if (!b.owner && strong && !hy_wordlist_before(t, end, &not_bodies, NULL))
        unknown_matter(t, f, places, &b);
    if (need == MATTER && !(has_matter && (!single || b.owner)) && !(b.owner && !known) && !part)
        return false;
    if (need == OWNER && !b.owner)
        return false;
    bool shared = hy_wordlist_before(t, end, &common, NULL) > 0 && !sub_unit;
    if (need == MATTER && (!b.owner || shared) && is_generic(t, matter, end - len) && !strong)
        return false;
    if (places->sports && t->c[end - 1] == 0x519B) /* 军: a club */
        return false;
    if (!b.owner && need != ALONE && hy_wordlist_before(t, end, &not_bodies, NULL))
        return false;
    *ret = b;
    return !is_elsewhere(t, &b);
}

typedef HY_VEC(struct hy_body) body_vec;

static void push(const struct hy_chars *t, enum hy_field f, const struct found *b, body_vec *out)
{
    struct hy_body *last = out->n ? &out->v[out->n - 1] : NULL;
    struct hy_body body = {
        .name = hy_chars_text(t, b->start, b->end),
        .span = {f, b->start, b->end},
        .matter = hy_chars_text(t, b->core, b->end),
        .code = b->code,
    };

    if (last && last->span.field == f && last->span.end > b->start) {
        if (b->start <= last->span.start) /* the longer reading of the same words */
            *last = body;
        return;
    }
    hy_vec_push(out, body);
}

/* 部 in 部队, 会 in 会议, 军 in 军事: the head continues as another word. */
static bool continues(const struct hy_chars *t, size_t end)
{
    static struct hy_wordlist rest = {
        .list = {"科技",   "科学",   "科研",   "科普",       "室内",   "室外",   "部分",   "部队",
                 "部署",   "会议",   "会员",   "会展",       "会长",   "军事",   "军人",   "军官",
                 "军舰",   "军机",   "军用",   "军工",       "军校",   "处理",   "处罚",   "处于",
                 "处长",   "办理",   "办事",   "办法",       "局面",   "局势",   "所有",   "所以",
                 "所在",   "所谓",   "站在",   "委托",       "人大代", "监控",   "监督",   "监管",
                 "省会",   "心理",   "委员",   "办公",       "处置",   "军装",   "队员",   "军基地",
                 "军学院", "军上将", "军中将", "军少将",     "军博物", "军总部", "军支援", "军时报",
                 "军型",   "军迷",   "军师",   "军火",       "军阀",   "军歼",   "军服",   "军用",
                 "司令",   "司机",   "大楼盘", "人民银行行", "府公务", "军衔",   "军区",   "部落",
                 "网站",   "法律",   "管理",   NULL}};

    return hy_wordlist_at(t, end - 1, &rest, NULL) > 0;
}

static void find_field(const struct hy_chars *t, enum hy_field f,
                       const struct hy_place_list *places, body_vec *out)
{
    struct found b;

    for (size_t i = 1; i <= t->n; i++)
        if (may_end(t->c[i - 1]) &&
            body_at(t, f, places, out->n ? &out->v[out->n - 1] : NULL, i, &b) && !continues(t, i))
            push(t, f, &b, out);
}

struct hy_body_list hy_bodies_find(struct hy_arena *arena, const struct hy_doc *doc,
                                   const struct hy_place_list *places)
{
    body_vec out = {0};

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++)
        find_field(&doc->field[f], (enum hy_field)f, places, &out);
    struct hy_body *v = hy_arena_alloc(arena, (out.n + 1) * sizeof(*v));
    if (out.n)
        memcpy(v, out.v, out.n * sizeof(*v));
    struct hy_body_list list = {v, out.n};
    hy_vec_release(&out);
    return list;
}

void hy_bodies_write(const struct hy_body_list *list, const struct hy_doc *doc, struct hy_buf *out)
{
    hy_buf_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct hy_body *b = &list->v[i];
        const struct hy_chars *t = &doc->field[b->span.field];
        if (i)
            hy_buf_char(out, ',');
        hy_buf_char(out, '{');
        hy_json_put_key(out, "end");
        hy_json_put_int(out, (int64_t)hy_chars_offset_end(t, b->span.end));
        hy_json_put_key(out, "field");
        hy_json_put_str(out, hy_str(hy_field_name[b->span.field]));
        hy_json_put_key(out, "name");
        hy_json_put_str(out, b->name);
        hy_json_put_key(out, "start");
        hy_json_put_int(out, (int64_t)hy_chars_offset(t, b->span.start));
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}
