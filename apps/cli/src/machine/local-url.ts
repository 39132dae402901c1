import type { Environment } from '../config/environment.js';
import { readLocalContext } from '../contexts/contexts.js';

const DEFAULT_PORT = 3_000;

/** Where the server of a data directory answers: the port that was asked for, else what it wrote down at its start. */
export async function localUrl(environment: Environment, asked: { readonly port?: number; readonly dataDir?: string }): Promise<string> {
  const port = asked.port ?? environment.port;
  if (port !== undefined) return `http://127.0.0.1:${port}`;
  const context = await readLocalContext({ ...environment, dataDir: asked.dataDir ?? environment.dataDir });
  return context?.url.replace(/\/+$/, '') ?? `http://127.0.0.1:${DEFAULT_PORT}`;
}
