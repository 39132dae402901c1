/** Two people speaking: one bubble answers the other. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#2463dc" />
      <path d="M8 8.5h11a4 4 0 0 1 4 4v1.2h-7.4a4.6 4.6 0 0 0-4.6 4.6v1.9l-3.4 2.6A.4.4 0 0 1 7 22.4V9.5a1 1 0 0 1 1-1Z" fill="#fff" />
      <path
        d="M15.6 15.7h8.9a1 1 0 0 1 1 1v8.9a.4.4 0 0 1-.65.32L21.7 23.4h-6.1a2.6 2.6 0 0 1-2.6-2.6v-2.5a2.6 2.6 0 0 1 2.6-2.6Z"
        fill="#bdd5fd"
      />
    </svg>
  );
}
