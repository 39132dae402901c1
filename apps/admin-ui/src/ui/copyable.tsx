import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './copyable.module.css';
import { useCopy } from './copy.js';
import { ui } from './strings.js';

export function CopyButton({ text, label, className }: { readonly text: string; readonly label: string; readonly className?: string }) {
  const { isCopied, copy } = useCopy();
  const icon = isCopied ? <IconCheck size={14} color="var(--parley-ok)" /> : <IconCopy size={14} />;
  return (
    <Tooltip label={isCopied ? ui.copied : label}>
      <ActionIcon size="sm" className={className} aria-label={label} onClick={() => copy(text)}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** An identifier: monospace, shortened by the layout and never by us, one press to copy. */
export function CopyId({ id, label = 'id' }: { readonly id: string; readonly label?: string }) {
  return (
    <span className={classes.id}>
      <span className={`mono ${classes.text}`} title={id}>
        {id}
      </span>
      <CopyButton text={id} label={`${ui.copy} ${label} ${id}`} className={classes.button} />
    </span>
  );
}

export function Snippet({ code, label }: { readonly code: string; readonly label: string }) {
  return (
    <div className={classes.snippet}>
      <pre tabIndex={0} aria-label={label}>
        {code}
      </pre>
      <CopyButton text={code} label={`${ui.copy} ${label}`} />
    </div>
  );
}

/** A secret that is shown this once. */
export function Secret({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <div className={classes.snippet}>
      <pre className={classes.secret} tabIndex={0} aria-label={label}>
        {value}
      </pre>
      <CopyButton text={value} label={`${ui.copy} ${label}`} />
    </div>
  );
}
