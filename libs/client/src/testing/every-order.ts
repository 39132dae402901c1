import { quiet } from './manual-timers.js';

/** Steps that wait to be let go; which one goes next is not theirs to say. */
export class Steps {
  private readonly waiting: { readonly what: string; readonly go: () => void }[] = [];

  readonly pass = (what: string): Promise<void> => new Promise((go) => this.waiting.push({ what, go }));

  get names(): readonly string[] {
    return this.waiting.map(({ what }) => what);
  }

  go(index: number): void {
    const [step] = this.waiting.splice(index, 1);
    step?.go();
  }
}

export interface Told {
  readonly orders: number;
  /** False when there are more orders than were tried. */
  readonly isWhole: boolean;
}

/**
 * Plays a scene again and again until every order in which its steps can go has been tried, or `most` of them. `scene`
 * starts afresh each time; `check` looks when nothing waits any more.
 */
export async function inEveryOrder<T>(
  scene: (steps: Steps) => Promise<T> | T,
  check: (outcome: T, order: readonly string[]) => Promise<void> | void,
  most: number,
): Promise<Told> {
  let plan: number[] = [];
  for (let orders = 1; ; orders += 1) {
    const steps = new Steps();
    const outcome = await scene(steps);
    const order: string[] = [];
    const choices: number[] = [];
    for (await quiet(); steps.names.length > 0; await quiet()) {
      const choice = plan[choices.length] ?? 0;
      plan[choices.length] = choice;
      choices.push(steps.names.length);
      order.push(steps.names[choice] ?? '');
      steps.go(choice);
    }
    await check(outcome, order);
    plan = plan.slice(0, choices.length);
    let last = plan.length - 1;
    while (last >= 0 && (plan[last] ?? 0) + 1 >= (choices[last] ?? 0)) last -= 1;
    if (last < 0) return { orders, isWhole: true };
    if (orders >= most) return { orders, isWhole: false };
    plan = [...plan.slice(0, last), (plan[last] ?? 0) + 1];
  }
}
