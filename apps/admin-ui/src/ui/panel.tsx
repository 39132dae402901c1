import { Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './panel.module.css';

export interface PanelProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
  readonly isDanger?: boolean;
  /** For content that draws its own edges, such as a table. */
  readonly isFlush?: boolean;
}

/** A titled part of a page. */
export function Panel({ title, description, actions, children, isDanger, isFlush }: PanelProps) {
  const id = useId();
  return (
    <section className={isDanger ? `${classes.panel} ${classes.danger}` : classes.panel} aria-labelledby={id}>
      <div className={classes.head}>
        <div>
          <Title order={2} id={id}>
            {title}
          </Title>
          {description && <div className={classes.description}>{description}</div>}
        </div>
        {actions}
      </div>
      {children ? <div className={isFlush ? undefined : classes.body}>{children}</div> : <div className={classes.end} />}
    </section>
  );
}

/** Names and values. */
export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode] | false | undefined)[] }) {
  return (
    <dl className={classes.facts}>
      {items.map(
        (item) =>
          item && (
            <div key={item[0]} style={{ display: 'contents' }}>
              <dt>{item[0]}</dt>
              <dd>{item[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
