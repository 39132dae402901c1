import { Bus } from '@parley/domain';

/** A node without others. */
export class NoBus extends Bus {
  override send(): void {
    // Nobody else is there to be told.
  }

  override receive(): void {
    // Nobody else is there to tell.
  }
}
