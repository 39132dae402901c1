export interface Arguments {
  readonly verb: string;
  /** `--port 3001` and `--port=3001` alike. */
  readonly flags: Readonly<Record<string, string>>;
  readonly isJson: boolean;
}

export function parseArguments(argv: readonly string[]): Arguments {
  const [verb = 'start', ...rest] = argv[0]?.startsWith('--') ? ['start', ...argv] : argv;
  const flags: Record<string, string> = {};
  let isJson = false;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (word === '--json') isJson = true;
    else if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      flags[name] = value ?? rest[(at += 1)] ?? '';
    } else flags[word] = '';
  }
  return { verb, flags, isJson };
}
