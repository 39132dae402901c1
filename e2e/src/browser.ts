import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from '@playwright/test';

const EXECUTABLE = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'];
const WAIT_MS = 15_000;

/** Can `what` be tried? If not, that is said loudly: a suite that did not run is no suite that passed. */
export function hasBrowser(what: string): boolean {
  if (existsSync(EXECUTABLE)) return true;
  process.stderr.write(`\ne2e: ${what} was NOT TRIED: ${EXECUTABLE} is missing: apt-get install chromium, or CHROMIUM_PATH=…\n\n`);
  return false;
}

export const launch = (...more: string[]): Promise<Browser> => chromium.launch({ executablePath: EXECUTABLE, args: [...ARGS, ...more] });

declare global {
  interface Window {
    readonly reportViolation?: (what: string) => void;
  }
}

/** A browser window that keeps every fault it showed. */
export class Watched {
  /** Dialogs, CSP violations, errors in the console and uncaught ones. */
  readonly faults: string[] = [];
  /** `401 GET /v1/…`: refusals, which a test may expect. */
  readonly refusals: string[] = [];

  readonly context: BrowserContext;
  readonly page: Page;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(WAIT_MS);
    const watched = new Watched(context, await context.newPage());
    await watched.listen();
    return watched;
  }

  private async listen(): Promise<void> {
    const { page, faults } = this;
    await page.exposeFunction('reportViolation', (what: string) => faults.push(`CSP: ${what}`));
    await page.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (event) =>
        window.reportViolation?.(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
      ),
    );
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      // Chromium repeats every refusal here; those are told apart below.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(`console: ${message.text()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400)
        this.refusals.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
    page.on('requestfailed', (request) => {
      // A page that is left takes its questions with it.
      const why = request.failure()?.errorText ?? '';
      if (why !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()} ${why}`);
    });
  }

  /** Fills the form that is shown and waits until it is gone. */
  async signIn(email: string, password: string): Promise<void> {
    await this.submitSignIn(email, password);
    await this.page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor({ state: 'detached' });
  }

  async submitSignIn(email: string, password: string): Promise<void> {
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** The one-time password's successor. */
  async choosePassword(current: string, next: string): Promise<void> {
    await this.page.getByLabel('Current password').fill(current);
    await this.page.getByLabel('New password', { exact: true }).fill(next);
    await this.page.getByLabel('Repeat new password').fill(next);
    await this.page.getByRole('button', { name: 'Set password' }).click();
  }

  async goTo(path: string, heading: string): Promise<void> {
    await this.page.goto(`/dashboard${path}`);
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  }

  /** By how many pixels the page itself scrolls sideways. */
  sidewaysScroll(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  path(): string {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }
}
