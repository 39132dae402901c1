import { asyncApi, commandTable, eventTable, openApi, routeTable } from '@parley/protocol';

type Json = Record<string, unknown>;

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e5e8, #2c2f36); --soft: light-dark(#f6f7f9, #17191d); --ink: light-dark(#15181c, #e8eaed); --dim: light-dark(#5c6470, #9aa3af); --accent: light-dark(#3b5bdb, #91a7ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #101216); display: grid; grid-template-columns: 260px minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 24px 20px; border-right: 1px solid var(--line); font-size: 14px; }
nav a { display: block; padding: 3px 0; color: var(--dim); text-decoration: none; } nav a:hover { color: var(--accent); }
nav strong { display: block; margin: 18px 0 4px; font-size: 12px; letter-spacing: .06em; text-transform: uppercase; }
main { padding: 32px 40px 120px; max-width: 980px; } h1 { font-size: 26px; margin: 0 0 4px; } h2 { margin: 48px 0 8px; font-size: 20px; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; background: var(--soft); } summary { padding: 10px 14px; cursor: pointer; display: flex; gap: 12px; align-items: baseline; flex-wrap: wrap; }
summary b { font: 600 12px ui-monospace, monospace; min-width: 56px; color: var(--accent); } code, pre { font: 13px/1.5 ui-monospace, monospace; } summary span { color: var(--dim); }
.body { padding: 4px 14px 14px; border-top: 1px solid var(--line); } pre { margin: 6px 0; padding: 12px; overflow: auto; background: light-dark(#fff, #101216); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } td, th { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; } .dim { color: var(--dim); }
@media (max-width: 760px) { body { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 24px 16px 80px; } }
`;

const escape = (value: unknown): string => String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const anchor = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
const pretty = (schema: unknown): string => escape(JSON.stringify(schema, null, 2));

/** The contract as one page that needs no script and no other host: read off the same tables as everything else. */
export function referencePage(version: string): string {
  const api = openApi(version) as { paths: Record<string, Record<string, Json>>; components: { schemas: Record<string, Json> } };
  const sockets = asyncApi(version) as { components: { messages: Record<string, Json>; schemas: Record<string, Json> } };
  const tags = [...new Set([...routeTable.values()].map(({ tag }) => tag))];
  const routes = tags.map((tag) => `<h2 id="${anchor(tag)}">${escape(tag)}</h2>${routesOf(tag, api.paths)}`).join('');
  const messages = sockets.components.messages;
  const commands = [...commandTable.values()].map((spec) => {
    const id = `${spec.namespace.slice(1)}.${spec.name}`;
    return entry(
      spec.namespace,
      spec.name,
      spec.summary,
      `${titled('Input', messages[id]?.payload)}${titled('Ack', messages[`${id}.ack`]?.payload)}`,
    );
  });
  const events = eventTable.map((spec) =>
    entry(
      spec.namespace,
      spec.name,
      `${spec.summary} · log: ${spec.log}`,
      titled('Payload', messages[`${spec.namespace.slice(1)}.${spec.name}.event`]?.payload),
    ),
  );
  const schemas = Object.entries({ ...sockets.components.schemas, ...api.components.schemas }).sort(([a], [b]) => (a < b ? -1 : 1));
  const links = [...tags, 'Socket commands', 'Socket events', 'Shapes']
    .map((name) => `<a href="#${anchor(name)}">${escape(name)}</a>`)
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley API reference</title><style>${STYLE}</style></head>
<body><nav><b>Parley ${escape(version)}</b><strong>Contract</strong>${links}<strong>Machine readable</strong><a href="/openapi.json">OpenAPI 3.1</a><a href="/asyncapi.json">AsyncAPI 3</a></nav>
<main><h1>API reference</h1><p class="dim">REST under <code>/v1</code>, sockets at <code>/socket.io</code>. Errors are <code>application/problem+json</code> with a stable <code>code</code>.</p>${routes}
<h2 id="socket-commands">Socket commands</h2><p class="dim">One object and an ack: <code>{ ok: true, ...result }</code> or <code>{ ok: false, error }</code>.</p>${commands.join('')}
<h2 id="socket-events">Socket events</h2>${events.join('')}
<h2 id="shapes">Shapes</h2>${schemas.map(([name, schema]) => entry('', name, '', `<pre>${pretty(schema)}</pre>`)).join('')}</main></body></html>`;
}

function routesOf(tag: string, paths: Record<string, Record<string, Json>>): string {
  const rows = [...routeTable.values()].filter((spec) => spec.tag === tag);
  return rows
    .map((spec) => {
      const operation = paths[spec.path.replace(/:(\w+)/g, '{$1}')]?.[spec.method.toLowerCase()] ?? {};
      const who = spec.audience.map((audience) => (audience === 'operator' && spec.role ? `operator (${spec.role})` : audience)).join(', ');
      const parameters =
        (operation.parameters as { name: string; in: string; required: boolean; schema: { description?: string } }[] | undefined) ?? [];
      const table = parameters
        .map(
          (p) =>
            `<tr><td><code>${escape(p.name)}</code></td><td class="dim">${escape(p.in)}${p.required ? '' : ', optional'}</td><td>${escape(p.schema.description ?? '')}</td></tr>`,
        )
        .join('');
      const codes = [...new Set(spec.errors ?? [])].map((code) => `<code>${escape(code)}</code>`).join(' ');
      const inside = [
        `<p>For: ${escape(who)}${spec.scope ? ` · scope <code>${escape(spec.scope)}</code>` : ''}${spec.idempotency ? ' · takes <code>Idempotency-Key</code>' : ''}</p>`,
        spec.description ? `<p>${escape(spec.description)}</p>` : '',
        table && `<table>${table}</table>`,
        titled('Body', schemaIn(operation.requestBody)),
        titled(
          `Answer ${spec.status ?? 200}`,
          schemaIn((operation.responses as Record<string, Json> | undefined)?.[String(spec.status ?? 200)]),
        ),
        codes && `<p>Refusals besides the common ones: ${codes}</p>`,
      ];
      return entry(spec.method, spec.path, spec.summary, inside.join(''));
    })
    .join('');
}

function schemaIn(holder: unknown): unknown {
  const content = (holder as { content?: Record<string, { schema?: unknown }> } | undefined)?.content;
  return content?.['application/json']?.schema;
}

const titled = (title: string, schema: unknown): string =>
  schema === undefined ? '' : `<p class="dim">${escape(title)}</p><pre>${pretty(schema)}</pre>`;

function entry(label: string, name: string, summary: string, body: string): string {
  return `<details id="${anchor(`${label} ${name}`)}"><summary>${label ? `<b>${escape(label)}</b>` : ''}<code>${escape(name)}</code><span>${escape(summary)}</span></summary><div class="body">${body}</div></details>`;
}
