import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A server's entry as chatctl knows it: `start` with pid file, context file, health pages and a clean end, and the verbs
 * that print one JSON object. What it answers is set by `answers`, what health says by `ready`.
 */
export async function aServerMain(
  folder: string,
  answers: Readonly<Record<string, unknown>> = {},
  options: { readonly ready?: boolean; readonly diesWith?: string } = {},
): Promise<string> {
  const path = join(folder, 'server', 'main.js');
  await mkdir(join(folder, 'server'), { recursive: true });
  await writeFile(
    join(folder, 'server', 'package.json'),
    '{"type":"commonjs","config":{"nodeFlags":"--max-semi-space-size=8 --no-warnings"}}',
  );
  await writeFile(path, SOURCE.replace('ANSWERS', JSON.stringify(answers)).replace('OPTIONS', JSON.stringify(options)));
  return path;
}

const SOURCE = `
const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const answers = ANSWERS;
const options = OPTIONS;
const verb = process.argv[2];
if (verb !== 'start') {
  const answer = { ...answers[verb], ...(answers[verb]?.echoArgs && { argv: process.argv.slice(3) }) };
  console.error('a log line of the server');
  console.log(JSON.stringify(answer));
  process.exit(answer.error ? 1 : 0);
}
if (options.diesWith) {
  console.error(options.diesWith);
  process.exit(3);
}
const dir = process.env.PARLEY_DATA_DIR;
mkdirSync(dir, { recursive: true });
const pages = {
  '/readyz': [options.ready === false ? 503 : 200, { ready: options.ready !== false, checks: [{ name: 'database', ok: options.ready !== false, detail: 'PostgreSQL 18' }] }],
  '/version': [200, { version: '0.1.7', api: 'v1', features: [], nodeVersion: process.versions.node, schemaVersion: '7', profile: 'embedded' }],
};
const server = createServer((request, response) => {
  const [status, body] = pages[request.url] ?? [404, {}];
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
});
server.listen(Number(process.env.PARLEY_PORT ?? 0), '127.0.0.1', () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  writeFileSync(dir + '/chatctl-context.json', JSON.stringify({ url, token: 'pat_local' }), { mode: 0o600 });
  writeFileSync(dir + '/parley.pid', String(process.pid));
  console.log('node ' + process.execArgv.join(' '));
  console.log('Parley is ready');
});
process.on('SIGTERM', () => {
  rmSync(dir + '/parley.pid', { force: true });
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
`;
