import { ask, type Answer, type Question } from './ask.js';

/** A dashboard as a browser would be: keeps the session cookie and the token that goes with it. */
export class Browser {
  cookie = '';
  csrf = '';

  constructor(readonly url: string) {}

  /** From the dashboard's own page. */
  async ask(method: string, path: string, question: Question = {}): Promise<Answer> {
    const headers = { cookie: this.cookie, 'parley-csrf': this.csrf, 'sec-fetch-site': 'same-origin', ...question.headers };
    const answer = await ask(this.url, method, path, { ...question, headers });
    const [set] = answer.headers['set-cookie'] ?? [];
    if (set !== undefined) this.cookie = set.split(';')[0] ?? '';
    if (typeof answer.body.csrf === 'string') this.csrf = answer.body.csrf;
    return answer;
  }

  signIn(email: string, password: string): Promise<Answer> {
    return this.ask('POST', '/v1/admin/session', { body: { email, password } });
  }

  /** Signs in with a one-time password and makes it a password of its own. */
  async begin(email: string, password: string, next = 'a phrase that is long enough'): Promise<this> {
    await this.signIn(email, password);
    await this.ask('POST', '/v1/admin/session/password', { body: { currentPassword: password, newPassword: next } });
    return this;
  }
}
