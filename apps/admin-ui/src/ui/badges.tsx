import type { ReactNode } from 'react';
import classes from './badges.module.css';
import { ui } from './strings.js';

/** How something is: a coloured dot beside a word. The word says it all, the colour only helps. */
export function State({ tone, children }: { readonly tone: 'ok' | 'warn' | 'bad' | 'quiet'; readonly children: ReactNode }) {
  return (
    <span className={classes.state} data-tone={tone}>
      {children}
    </span>
  );
}

/** What something is. */
export function Tag({ tone, children }: { readonly tone?: 'strong' | 'warn' | 'bad'; readonly children: ReactNode }) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {children}
    </span>
  );
}

export function StatusBadge({ status }: { readonly status: 'active' | 'suspended' }) {
  return <State tone={status === 'active' ? 'ok' : 'warn'}>{ui.status[status]}</State>;
}

export function RoleBadge({ role }: { readonly role: keyof typeof ui.role }) {
  return <Tag tone={role === 'owner' || role === 'admin' ? 'strong' : undefined}>{ui.role[role]}</Tag>;
}

export function KindBadge({ kind }: { readonly kind: keyof typeof ui.kind }) {
  return <Tag>{ui.kind[kind]}</Tag>;
}
