import { BaseCommand } from '../../base.command.js';
import { contextFilePath, exposureOf, LOCAL, readContexts, readLocalContext } from '../../contexts/contexts.js';

export default class ContextLs extends BaseCommand {
  static override summary = 'List contexts';
  static override description = 'Without their tokens. "local" is the server of this machine, once it has been started.';
  static override examples = ['<%= config.bin %> context ls', '<%= config.bin %> context ls --json'];

  async run() {
    await this.parse(ContextLs);
    const environment = this.environment;
    const [file, local, exposure] = await Promise.all([
      readContexts(environment),
      readLocalContext(environment),
      exposureOf(contextFilePath(environment)),
    ]);
    const current = file.current ?? LOCAL;
    const named = Object.entries({ ...file.contexts, ...(local && { [LOCAL]: local }) });
    const contexts = named.map(([name, { url, tenant }]) => ({ name, url, tenant, current: name === current }));
    if (exposure !== undefined) this.note(`Warning: ${exposure}`);
    this.table(contexts, {
      CURRENT: (context) => (context.current ? '*' : ' '),
      NAME: (context) => context.name,
      URL: (context) => context.url,
      TENANT: (context) => context.tenant,
    });
    return { current: contexts.some((context) => context.current) ? current : null, contexts };
  }
}
