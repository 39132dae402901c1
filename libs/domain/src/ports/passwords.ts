/** Passwords of operators: slow on purpose, with a bound on how many are hashed at a time. */
export abstract class Passwords {
  abstract hash(password: string): Promise<string>;
  /** Takes as long when `hash` is undefined, so that an unknown account cannot be told by time. */
  abstract verify(hash: string | undefined, password: string): Promise<boolean>;
}
