import { Bus } from '@parley/domain';

/** A node without others: nobody to tell, nobody to be told by. */
export class NoBus extends Bus {
  readonly state = 'alone';
  override send(): void {}
  override receive(): void {}
  override follow(): void {}
  override unfollow(): void {}
  override whenBack(): void {}
}
