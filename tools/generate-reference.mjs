// Writes docs/reference from the built contract and configuration tables (npm run build first).
// `--check` writes nothing and fails where a committed page is not what the code says.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_TABLE } from '@parley/domain';
import { asyncApi, commandTable, eventTable, HTTP_STATUS, openApi, routeTable } from '@parley/protocol';
import { ROOT } from './node.mjs';
import { configPage, errorsPage, restPage, socketsPage } from './reference-pages.mjs';

const FOLDER = join(ROOT, 'docs/reference');
const { version } = JSON.parse(readFileSync(join(ROOT, 'apps/server/package.json'), 'utf8'));
const { KEYS } = await import('../apps/server/dist/config/keys.js');

const text = (document) => `${JSON.stringify(document, null, 2)}\n`;
// As the documents are written: without what JSON leaves out.
const rest = JSON.parse(text(openApi(version)));
const sockets = JSON.parse(text(asyncApi(version)));

const pages = {
  'openapi.json': text(rest),
  'asyncapi.json': text(sockets),
  'rest.md': restPage({ routes: [...routeTable], document: rest }),
  'sockets.md': socketsPage({ commands: [...commandTable.values()], events: eventTable, document: sockets, restDocument: rest }),
  'errors.md': errorsPage({ errors: ERROR_TABLE, statusOf: (kind) => HTTP_STATUS[kind] }),
  'config.md': configPage({ keys: KEYS }),
};

if (process.argv.includes('--check')) {
  const stale = Object.entries(pages).filter(([name, content]) => read(name) !== content);
  for (const [name] of stale) console.error(`docs/reference/${name} is not what the code says: npm run reference`);
  console.log(`reference: ${Object.keys(pages).length} pages, ${stale.length} stale`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  mkdirSync(FOLDER, { recursive: true });
  const changed = Object.entries(pages).filter(([name, content]) => read(name) !== content);
  for (const [name, content] of changed) writeFileSync(join(FOLDER, name), content);
  console.log(`reference: ${Object.keys(pages).length} pages, ${changed.length} written`);
}

function read(name) {
  const path = join(FOLDER, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
