import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readOptions } from './options.ts';
import { markdown } from './report/markdown.ts';
import { run } from './run.ts';
import { whyNoServer } from './server/parley-process.ts';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const missing = whyNoServer();
  if (missing !== undefined) throw new Error(missing);
  console.error(`seed ${options.seed}: --seed ${options.seed} plays the same schedule again`);
  const report = await run(options, (line) => console.error(line));
  const text = markdown(report);
  if (options.report === undefined) console.log(text);
  else {
    // npm runs this in the folder of the workspace; a path is meant from where the command was given.
    const path = resolve(process.env.INIT_CWD ?? '.', options.report);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.error(`the report is in ${path}`);
  }
  for (const { promise, state, why } of report.verdicts) console.error(`${promise} ${state}: ${why}`);
  return report.isPassed ? 0 : 1;
}

process.exitCode = await main();
