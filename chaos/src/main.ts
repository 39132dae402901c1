import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readOptions } from './options.ts';
import { powerCut } from './power-cut/power-cut.ts';
import { markdown } from './report/markdown.ts';
import { run } from './run.ts';
import { whyNoServer } from './server/parley-process.ts';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const missing = whyNoServer();
  if (missing !== undefined) throw new Error(missing);
  console.error(`seed ${options.seed}: --seed ${options.seed} plays the same schedule again`);
  const say = (line: string): void => console.error(line);
  if (options.isPowerCut) {
    const { code, text } = await powerCut(options.seed, say);
    publish(text, options.report);
    return code;
  }
  const report = await run(options, say);
  publish(markdown(report), options.report);
  for (const { promise, state, why } of report.verdicts) console.error(`${promise} ${state}: ${why}`);
  return report.isPassed ? 0 : 1;
}

function publish(text: string, report: string | undefined): void {
  if (report === undefined) return console.log(text);
  // npm runs this in the folder of the workspace; a path is meant from where the command was given.
  const path = resolve(process.env.INIT_CWD ?? '.', report);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.error(`the report is in ${path}`);
}

// Whatever a fault left open is no reason to stay.
process.exit(await main());
