/**
 * What a newer contract breaks for clients of an older one, as sentences; none = it may be released.
 * Clients send inputs: what was accepted must still be. They read outputs and ignore what they do not know: what was there
 * must still be there. So additions pass, and removals, new demands and changed types do not.
 */

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
/** A limit that was not there before is a narrower one too. */
const UPPER_LIMITS = ['maximum', 'maxLength', 'maxItems'];
const LOWER_LIMITS = ['minimum', 'minLength', 'minItems'];

/** Two OpenAPI documents. */
export function breaksInOpenApi(before, after) {
  const comparison = new Comparison(before, after);
  for (const [path, operations] of Object.entries(before.paths)) {
    for (const method of METHODS.filter((name) => operations[name])) {
      const where = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (now) compareOperation(comparison, where, operations[method], now);
      else comparison.report(where, 'the route was removed');
    }
  }
  return comparison.found();
}

/** Two AsyncAPI documents. `receive` operations are commands with an ack, `send` operations are events. */
export function breaksInAsyncApi(before, after) {
  const comparison = new Comparison(before, after);
  for (const [id, operation] of Object.entries(before.operations)) {
    const isCommand = operation.action === 'receive';
    if (after.operations[id]?.action !== operation.action) {
      comparison.report(id, `the ${isCommand ? 'command' : 'event'} was removed`);
      continue;
    }
    comparison.compare(payloadOf(before, id), payloadOf(after, id), isCommand ? 'input' : 'output', id);
    if (isCommand) comparison.compare(payloadOf(before, `${id}.ack`), payloadOf(after, `${id}.ack`), 'output', `${id} (ack)`);
  }
  return comparison.found();
}

const payloadOf = (document, id) => document.components.messages[id]?.payload ?? {};

function compareOperation(comparison, where, before, after) {
  const callers = new Set((after.security ?? []).flatMap(Object.keys));
  for (const caller of (before.security ?? []).flatMap(Object.keys)) {
    if (callers.size > 0 && !callers.has(caller)) comparison.report(where, `no longer open to: ${caller}`);
  }
  if ((before.security ?? []).length === 0 && callers.size > 0) comparison.report(where, 'needs a credential now');
  compareParameters(comparison, where, before.parameters ?? [], after.parameters ?? []);
  compareBodies(comparison, where, before.requestBody, after.requestBody);
  for (const status of Object.keys(before.responses).filter((code) => code.startsWith('2'))) {
    const response = after.responses[status];
    if (!response) comparison.report(where, `no longer answers with ${status}`);
    else comparison.compare(jsonOf(before.responses[status]), jsonOf(response), 'output', `${where} answer`);
  }
}

function compareParameters(comparison, where, before, after) {
  const keyOf = (parameter) => `${parameter.in} ${parameter.name}`;
  const known = new Map(before.map((parameter) => [keyOf(parameter), parameter]));
  const now = new Map(after.map((parameter) => [keyOf(parameter), parameter]));
  for (const [key, parameter] of known) {
    const other = now.get(key);
    if (!other) comparison.report(`${where} ${key}`, 'the input field was removed');
    else comparison.compare(parameter.schema ?? {}, other.schema ?? {}, 'input', `${where} ${key}`);
  }
  for (const [key, parameter] of now) {
    if (parameter.required && !known.get(key)?.required) comparison.report(`${where} ${key}`, 'the input field is required now');
  }
}

function compareBodies(comparison, where, before, after) {
  if (before && !after) return comparison.report(where, 'takes no body any more');
  if (after?.required && !before?.required) comparison.report(where, 'needs a body now');
  if (before) comparison.compare(jsonOf(before), jsonOf(after), 'input', `${where} body`);
}

const jsonOf = (part) => part?.content?.['application/json']?.schema ?? {};

class Comparison {
  #breaks = new Set();
  #compared = new Set();

  constructor(before, after) {
    this.before = before;
    this.after = after;
  }

  report(where, what) {
    this.#breaks.add(`${where}: ${what}`);
  }

  found() {
    return [...this.#breaks];
  }

  /** `direction`: who writes the value, the client (`input`) or the server (`output`). */
  compare(before, after, direction, where) {
    const name = nameOf(before);
    if (name !== undefined) {
      const key = `${direction} ${name} ${nameOf(after)}`;
      if (this.#compared.has(key)) return;
      this.#compared.add(key);
    }
    const place = name ?? where;
    const [old, now] = [variantsOf(this.before, before), variantsOf(this.after, after)];
    if (old.length === 1 && now.length === 1) this.#compareOne(old[0].schema, now[0].schema, direction, place);
    else this.#compareVariants(old, now, direction, place);
  }

  #compareVariants(old, now, direction, where) {
    const left = byKey(now);
    for (const [key, { schema, isNamed }] of byKey(old)) {
      const same = left.get(key);
      left.delete(key);
      if (same) this.#compareOne(schema, same.schema, direction, isNamed ? `${where} (${key})` : where);
      else if (direction === 'input' || isNamed) this.report(where, `${key} was removed`);
    }
    // A reader can skip a new kind of object by its name, but not a new type of value.
    if (direction === 'output') {
      for (const [key, { isNamed }] of left) if (!isNamed) this.report(where, `the type changed: may be ${key} now`);
    }
  }

  #compareOne(old, now, direction, where) {
    const [oldType, newType] = [typeOf(old), typeOf(now)];
    const isWider = direction === 'input' && (newType === 'any' || (oldType === 'integer' && newType === 'number'));
    if (oldType !== 'any' && oldType !== newType && !isWider) return this.report(where, `the type changed from ${oldType} to ${newType}`);
    if (direction === 'input') this.#compareDemands(old, now, where);
    if (old.items && now.items) this.compare(old.items, now.items, direction, `${where}[]`);
    if (isSchema(old.additionalProperties) && isSchema(now.additionalProperties))
      this.compare(old.additionalProperties, now.additionalProperties, direction, `${where}.*`);
    this.#compareFields(old, now, direction, where);
  }

  /** What an input must be beside its type. */
  #compareDemands(old, now, where) {
    const [oldValues, newValues] = [valuesOf(old), valuesOf(now)];
    if (newValues) {
      const gone = oldValues?.filter((value) => !newValues.includes(value));
      if (!gone) this.report(where, `only ${newValues.join(', ')} are accepted now`);
      else if (gone.length > 0) this.report(where, `no longer accepts ${gone.join(', ')}`);
    }
    for (const limit of UPPER_LIMITS)
      if ((now[limit] ?? Infinity) < (old[limit] ?? Infinity)) this.report(where, `${limit} is ${now[limit]} now`);
    for (const limit of LOWER_LIMITS)
      if ((now[limit] ?? -Infinity) > (old[limit] ?? -Infinity)) this.report(where, `${limit} is ${now[limit]} now`);
  }

  #compareFields(old, now, direction, where) {
    const [oldRequired, newRequired] = [new Set(old.required), new Set(now.required)];
    for (const [field, schema] of Object.entries(old.properties ?? {})) {
      const other = now.properties?.[field];
      if (!other) this.report(`${where}.${field}`, `the ${direction === 'input' ? 'input' : 'response'} field was removed`);
      else this.compare(schema, other, direction, `${where}.${field}`);
      if (other && direction === 'output' && oldRequired.has(field) && !newRequired.has(field))
        this.report(`${where}.${field}`, 'the response field may be absent now');
    }
    if (direction !== 'input') return;
    for (const field of newRequired) if (!oldRequired.has(field)) this.report(`${where}.${field}`, 'the input field is required now');
  }
}

const isSchema = (value) => typeof value === 'object' && value !== null;
const nameOf = (schema) => schema?.$ref?.split('/').at(-1);
const valuesOf = (schema) => schema.enum ?? ('const' in schema ? [schema.const] : undefined);

function typeOf(schema) {
  if (schema.type !== undefined) return [schema.type].flat().join(' or ');
  const [value] = valuesOf(schema) ?? [];
  return value === undefined ? 'any' : typeof value;
}

/** The schema itself, its references followed and `allOf` merged. */
function resolved(document, schema) {
  if (schema.$ref !== undefined) return resolved(document, document.components.schemas[nameOf(schema)] ?? {});
  if (!schema.allOf) return schema;
  return schema.allOf
    .map((part) => resolved(document, part))
    .reduce((all, part) => ({
      ...all,
      ...part,
      properties: { ...all.properties, ...part.properties },
      required: [...(all.required ?? []), ...(part.required ?? [])],
    }));
}

/** The alternatives of a union, each with what tells it from the others; a plain schema is the only one of its kind. */
function variantsOf(document, schema) {
  const whole = resolved(document, schema);
  const list = whole.oneOf ?? whole.anyOf;
  if (!list) return [{ key: plainKey(whole), schema: whole, isNamed: false, ...discriminated(whole) }];
  return list.flatMap((one) => variantsOf(document, one));
}

const plainKey = (schema) => ('const' in schema ? JSON.stringify(schema.const) : typeOf(schema));

/** Variants that cannot be told apart are compared in the order they stand. */
function byKey(variants) {
  const map = new Map();
  for (const variant of variants) {
    let key = variant.key;
    for (let nth = 2; map.has(key); nth += 1) key = `${variant.key} (${nth})`;
    map.set(key, variant);
  }
  return map;
}

/** `type=message.created`, where an object says in itself what it is. */
function discriminated(schema) {
  const marks = Object.entries(schema.properties ?? {}).filter(([, property]) => 'const' in property);
  if (marks.length === 0) return {};
  return { key: marks.map(([name, { const: value }]) => `${name}=${value}`).join(' '), isNamed: true };
}
