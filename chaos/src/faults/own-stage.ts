import type { Played } from '../campaign.ts';
import type { Random } from '../random.ts';
import type { Judgement, Stage } from '../stage.ts';
import type { Fault } from './fault.ts';

/** A fault that needs a server of its own: on another disk, over another database. */
export interface OwnStageFault extends Pick<Fault, 'code' | 'name' | 'title' | 'whyNot'> {
  perform(
    random: Random,
    judge: (stage: Stage) => Promise<Judgement>,
  ): Promise<{ readonly played: readonly Played[]; readonly judgement: Judgement }>;
}
