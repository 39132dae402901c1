import { routeTable, type RouteName, type RouteSpec } from '@parley/protocol';
import { ROUTE_ROWS } from '../http/isolation.table.js';
import type { Scene } from './scene.js';

/** A route and a call of it that succeeds in a scene. */
export interface RightfulCall {
  readonly name: RouteName;
  readonly spec: RouteSpec;
  readonly success: number;
  args(scene: Scene): object;
  token(scene: Scene): string;
}

/** Every route that takes a credential, by somebody whom the table of isolation lets in. */
export const RIGHTFUL_CALLS: readonly (readonly [RouteName, RightfulCall])[] = [...routeTable].flatMap(([name, spec]) => {
  const { args, outcomes, success = spec.status ?? 200 } = ROUTE_ROWS[name];
  const caller = (['owner', 'key', 'platformOwner'] as const).find((one) => outcomes[one] === 'allowed');
  return caller ? [[name, { name, spec, success, args, token: (scene: Scene) => scene[caller] }] as const] : [];
});
