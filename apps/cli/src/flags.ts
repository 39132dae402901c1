import { Flags } from '@oclif/core';
import { type JsonObject, PAGE_DEFAULT, PAGE_MAX } from '@parley/domain';
import { secondsOf } from './duration.js';

/** Which server, in the order in which they win. */
export const connectionFlags = {
  url: Flags.string({ summary: 'Where the server is, as https://chat.example.com', helpGroup: 'CONNECTION' }),
  token: Flags.string({ summary: "An operator's access token (pat_…)", helpGroup: 'CONNECTION' }),
  context: Flags.string({ summary: 'A context by name, see chatctl context ls', helpGroup: 'CONNECTION' }),
};

export const tenantFlag = Flags.string({
  char: 't',
  summary: "The tenant; default: the context's, or the only one",
  helpGroup: 'CONNECTION',
});

export const pageFlags = {
  limit: Flags.integer({ min: 1, max: PAGE_MAX, summary: `Rows of a page, 1 to ${PAGE_MAX}; default ${PAGE_DEFAULT}` }),
  cursor: Flags.string({ summary: 'nextCursor of the page before' }),
  all: Flags.boolean({ summary: 'Every page from here on, one after the other' }),
};

export const yesFlag = Flags.boolean({ char: 'y', summary: 'Do not ask for confirmation' });
export const dryRunFlag = Flags.boolean({ summary: 'Only show what would be asked of the server' });
export const dataDirFlag = Flags.string({ summary: "The server's data directory; default PARLEY_DATA_DIR or .parley" });

export const durationFlag = Flags.custom<number>({ parse: async (input) => secondsOf(input), helpValue: '90s|15m|1h|2d' });

export const jsonObjectFlag = Flags.custom<JsonObject>({
  helpValue: '{"key":"value"}',
  parse: async (input) => {
    const value: unknown = JSON.parse(input);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('a JSON object');
    return value as JsonObject;
  },
});
