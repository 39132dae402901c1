/** What somebody is about to say (P42). */
export const TYPING_ACTIONS = ['typing', 'recording', 'uploading-photo', 'uploading-video', 'uploading-file', 'choosing-sticker'] as const;
export type TypingAction = (typeof TYPING_ACTIONS)[number];

/** Starts that come sooner after the last one are taken and told nobody. */
export const TYPING_FLOOR_MS = 500;
/** Who does not say so again within this has stopped. */
export const TYPING_LASTS_MS = 6_000;
