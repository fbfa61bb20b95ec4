// SPDX-License-Identifier: Apache-2.0
/* The other side of the delivery: group robots, a gateway and a mail server on 127.0.0.1 that answer
 * as the real ones are documented to, and misbehave when told.
 *
 * `received` holds what was taken, one entry per message: {channel, key, at}.  `key` is what that
 * side can tell repeats by: Idempotency-Key, Message-ID, else the text itself. */
import crypto from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text);
/* The sentences are those that the services send, with made-up numbers in them. */
const more = (code) => `, hint: [1653710540075724015410106], from ip: 10.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=${code}`;
const hour = 3600000, near = (ms) => Math.abs(Date.now() - ms) < hour;
const ding = (q) => q.query.get('sign') === hmac('ding-secret', `${q.query.get('timestamp')}\nding-secret`).digest('base64');
const sealed = (q) => q.json.sign === hmac(`${q.json.timestamp}\nfeishu-secret`, '').digest('base64');

/* Each robot: what is wrong with the request (null: nothing), what it says when it is too much - one
 * after the other, for each has several -, and what it answers. */
const robots = {
  wecom: { wrong: (q) => (q.query.get('key') !== 'wecom-key' ? { errcode: 93000, errmsg: `invalid webhook url${more(93000)}` }
    : !q.json.text?.content ? { errcode: 44004, errmsg: `empty content${more(44004)}` } : null),
    limited: [{ errcode: 45009, errmsg: `api freq out of limit${more(45009)}` }], text: (b) => b.text.content, fine: { status: 200, body: { errcode: 0, errmsg: 'ok' } } },
  dingtalk: { wrong: (q) => (!near(Number(q.query.get('timestamp'))) ? { errcode: 310000, errmsg: 'invalid timestamp, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]' }
    : !ding(q) ? { errcode: 310000, errmsg: 'sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]' } : null),
    limited: [{ errcode: 130101, errmsg: 'send too fast, exceed 20 times per minute' }, { errcode: 410100, errmsg: '发送速度太快而限流' },
      { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: '24ce64f68ff5dc054dca012fc3931165' }], text: (b) => b.text.content, fine: { status: 200, body: { errcode: 0, errmsg: 'ok' } } },
  feishu: { wrong: (q) => (q.json.msg_type !== 'text' || !q.json.content?.text ? { code: 9499, msg: 'Bad Request', data: {} }
    : !near(Number(q.json.timestamp) * 1000) || !sealed(q) ? { code: 19021, msg: 'sign match fail or timestamp is not within one hour from current time', data: {} } : null),
    limited: [{ code: 11232, data: {}, msg: 'frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]' }, { code: 9499, msg: 'too many request', data: {} }], text: (b) => b.content.text,
    fine: { status: 200, body: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' } } },
  json: { wrong: (q) => (q.headers['huiying-signature'] === `v1=${hmac('json-secret', `${q.headers['huiying-timestamp']}.${q.text}`).digest('hex')}` ? null : {}), text: (b) => b.text, fine: { status: 204 } },
};

export class Receivers {
  received = [];
  mode = {}; // by kind: ok down slow late cut cut-after limited refuse
  said = {}; // how often each has said that it is too much
  minute = {}; // arrivals by robot, for its limit of 20 in any minute

  async start(cert) {
    this.cert = cert;
    this.http = http.createServer((req, res) => this.#onPost(req, res));
    this.smtp = net.createServer((socket) => this.#onMail(socket));
    for (const s of [this.http, this.smtp]) await new Promise((done) => s.listen(0, '127.0.0.1', done));
    this.port = this.http.address().port;
    this.mailPort = this.smtp.address().port;
  }

  stop() {
    this.http.closeAllConnections();
    this.http.close();
    this.smtp.close();
  }

  take(channel, key, text) {
    this.received.push({ channel, key, text, at: Date.now() });
  }

  #tooMany(kind) {
    const now = Date.now(), list = (this.minute[kind] ||= []).filter((t) => now - t < 60000);
    list.push(now);
    this.minute[kind] = list;
    return list.length > 20;
  }

  #onPost(req, res) {
    const chunks = [];
    req.on('data', (c) => chunks.push(c));
    req.on('end', () => {
      const url = new URL(req.url, 'http://x'), kind = url.pathname.slice(1).split('/')[0], robot = robots[kind];
      const text = Buffer.concat(chunks).toString();
      this.#answer(req, res, kind, robot, { query: url.searchParams, headers: req.headers, text, json: JSON.parse(text) });
    });
  }

  #answer(req, res, kind, robot, q) {
    const mode = this.mode[kind] || 'ok';
    const reply = (status, body, headers = {}) => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body ? JSON.stringify(body) : '');
    const accept = () => this.take(kind, kind === 'json' ? q.headers['idempotency-key'] : robot.text(q.json).replace('（重发，可能已收到过）', '').replace(/剩余.*\n|已超过设定时限.*\n/, ''), robot.text(q.json));
    if (mode === 'down') return reply(503, null, { 'retry-after': '1' });
    if (mode === 'cut') return req.socket.destroy();
    if (mode === 'slow') return undefined;
    const wrong = mode === 'refuse' ? robot.wrong({ query: new URLSearchParams(), headers: {}, json: {}, text: '' }) : robot.wrong(q);
    if (wrong) return kind === 'json' ? reply(401) : reply(wrong.code === 9499 ? 400 : 200, wrong);
    if (robot.limited && (this.#tooMany(kind) || mode === 'limited')) return reply(200, robot.limited[(this.said[kind] = (this.said[kind] || 0) + 1) % robot.limited.length]);
    accept();
    if (mode === 'cut-after') return req.socket.destroy();
    if (mode === 'late') return setTimeout(() => reply(robot.fine.status, robot.fine.body), 60);
    return reply(robot.fine.status, robot.fine.body);
  }

  /* SMTP with STARTTLS and AUTH PLAIN, as far as a client needs it. */
  #onMail(plain) {
    const mode = () => this.mode.mail || 'ok';
    const state = { secure: false, auth: false, asked: false, to: null, data: null };
    let socket = plain, buffer = '';
    const say = (line) => socket.write(line + '\r\n');
    const listen = () => socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (let end; (end = buffer.indexOf('\r\n')) >= 0;) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        state.data ? body(line) : state.asked ? credentials(line) : command(line);
      }
    }).on('error', () => {});
    const body = (line) => {
      if (line !== '.') return state.data.push(line);
      const id = /^Message-ID: <(.*)>$/m.exec(state.data.join('\n'))[1], text = state.data.join('\n');
      state.data = null;
      this.take('mail', id, text);
      if (mode() === 'cut-after') return socket.destroy();
      return setTimeout(() => say('250 2.0.0 queued'), mode() === 'late' ? 60 : 0);
    };
    const secure = () => {
      say('220 go on');
      socket.removeAllListeners('data');
      socket = new tls.TLSSocket(plain, { isServer: true, ...this.cert });
      state.secure = true;
      listen();
    };
    const credentials = (line) => {
      state.asked = false;
      state.auth = state.secure && Buffer.from(line, 'base64').toString() === '\0office\0mail-password';
      say(state.auth ? '235 2.7.0 ok' : '535 5.7.8 wrong');
    };
    const commands = {
      EHLO: () => say(state.secure ? '250-here\r\n250 AUTH PLAIN' : '250-here\r\n250 STARTTLS'),
      STARTTLS: secure,
      AUTH: (rest) => {
        const [, initial] = rest.split(' ');
        if (initial) return credentials(initial);
        state.asked = true;
        return say('334 ');
      },
      MAIL: () => mode() === 'slow' || say(state.auth ? '250 ok' : '530 5.7.0 sign in first'),
      RCPT: (rest) => { state.to = rest; say(mode() === 'refuse' ? '550 5.1.1 no such user' : mode() === 'down' ? '451 4.3.0 later' : '250 ok'); },
      DATA: () => { state.data = []; say('354 go on'); },
      QUIT: () => { say('221 bye'); socket.end(); },
    };
    const command = (line) => {
      const [verb, ...rest] = line.split(' '), act = commands[verb.toUpperCase()];
      act ? act(rest.join(' ')) : say('500 what');
    };
    plain.on('error', () => {});
    if (mode() === 'cut') return plain.destroy();
    listen();
    if (mode() !== 'slow') say('220 here ESMTP');
    return undefined;
  }
}
