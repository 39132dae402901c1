/** Tries a node from here, as a client would. */
export abstract class NodeProbe {
  /** Does the node at this base URL say that it is ready? Within 2 s; never rejects. */
  abstract isReady(url: string): Promise<boolean>;
}
