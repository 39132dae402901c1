/** Secrets that must be read back (signing secrets), encrypted at rest under the installation's secret key. */
export abstract class SecretBox {
  abstract seal(plain: string): string;
  /** Throws when it was sealed under another key or changed. */
  abstract open(sealed: string): string;
}
