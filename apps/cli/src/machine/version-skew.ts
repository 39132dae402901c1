export interface Skew {
  readonly level: 'none' | 'minor' | 'major';
  readonly detail: string;
}

/** Patches may differ; another minor may lack a command's route; another major speaks another contract. */
export function versionSkew(cli: string, server: string): Skew {
  const detail = `chatctl ${cli}, server ${server}`;
  const [mine, theirs] = [cli, server].map((version) => version.split(/[.-]/));
  if (mine?.[0] !== theirs?.[0]) return { level: 'major', detail };
  return { level: mine?.[1] === theirs?.[1] ? 'none' : 'minor', detail };
}
