import type { Message, Person } from '@parley/protocol';

/** Messages ascending by `seq`, each once: the newest part of a room without a hole. */
export type MessageRows = readonly Message[];

/** Adds one message. A row that is there stays as it is, for it is at least as new; only a tombstone replaces it (G10). */
export function withMessage(rows: MessageRows, message: Message): MessageRows {
  const at = placeOf(rows, message.seq);
  const present = rows[at];
  if (present?.seq !== message.seq) return rows.toSpliced(at, 0, withTrueQuote(rows, message));
  if (present.deleted || !message.deleted) return rows;
  return withTombstone(rows, message);
}

/** Content gone, here and wherever it was quoted. Rows outside the window are not brought in. */
export function withTombstone(rows: MessageRows, tombstone: Message): MessageRows {
  const isTouched = (row: Message) => row.seq === tombstone.seq || row.replyTo?.messageId === tombstone.id;
  if (!rows.some(isTouched)) return rows;
  return rows.map((row) => (row.seq === tombstone.seq ? tombstone : withoutQuoteOf(row, tombstone.id)));
}

/** Joins an older page (or an answer that came late) to the window. */
export function withPage(rows: MessageRows, page: readonly Message[]): MessageRows {
  return page.reduce(withMessage, rows);
}

export function withoutQuoteOf(message: Message, deletedId: string): Message {
  const { replyTo } = message;
  if (replyTo?.messageId !== deletedId || replyTo.deleted) return message;
  return { ...message, replyTo: { messageId: replyTo.messageId, seq: replyTo.seq, sender: replyTo.sender, deleted: true } };
}

/** A reply that crossed with the deletion of what it quotes still carries the text: it must not bring it back. */
function withTrueQuote(rows: MessageRows, message: Message): Message {
  if (!message.replyTo) return message;
  const { seq } = message.replyTo;
  const quoted = rows[placeOf(rows, seq)];
  return quoted?.seq === seq && quoted.deleted ? withoutQuoteOf(message, quoted.id) : message;
}

/** Index of `seq`, or where it would stand. New messages stand at the end, so that is looked at first. */
function placeOf(rows: MessageRows, seq: number): number {
  let low = 0;
  let high = rows.length;
  if ((rows.at(-1)?.seq ?? 0) < seq) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function personNow<T extends Person>(shown: T, person: Person): T {
  return shown.id === person.id ? { ...shown, name: person.name, image: person.image } : shown;
}

/** Names are joined on read, so a new name holds for what was said before too. */
export function withProfile(message: Message, person: Person): Message {
  const quote = message.replyTo;
  if (message.sender.id !== person.id && quote?.sender.id !== person.id) return message;
  return { ...message, sender: personNow(message.sender, person), replyTo: quote && { ...quote, sender: personNow(quote.sender, person) } };
}
