/** The same arguments with other ids in the place of a scene's. */
export function withIds(args: object, ids: Readonly<Record<string, string>>): object {
  const swap = (value: unknown, name: string): unknown => {
    if (name in ids && typeof value === 'string') return ids[name];
    if (name === 'userIds') return [ids.userId];
    if (Array.isArray(value)) return value.map((item) => swap(item, ''));
    if (typeof value === 'object' && value !== null) return withIds(value, ids);
    return value;
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, swap(value, name)]));
}
