import { type CSSProperties, type ReactNode, useState } from 'react';
import { CopyId } from './copyable.js';
import classes from './person.module.css';
import { ui } from './strings.js';

/** The same id has the same colour on every page and machine (FNV-1a). */
function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 0) % 24) * 15;
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._@|~:-]+/u).filter(Boolean);
  const letters =
    words.length > 1 ? [words[0], words.at(-1)].map((word) => [...(word ?? '')][0] ?? '') : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}

export interface AvatarProps {
  readonly id: string;
  readonly name?: string;
  readonly image?: string;
  readonly size?: number;
  readonly isSquare?: boolean;
}

/** Decoration beside a name; screen readers hear the name only. */
export function PersonAvatar({ id, name, image, size = 28, isSquare = false }: AvatarProps) {
  const [isBroken, setBroken] = useState(false);
  const style = { '--hue': hueOf(id), width: size, height: size, fontSize: Math.round(size * 0.38) } as CSSProperties;
  return (
    <span className={isSquare ? `${classes.avatar} ${classes.square}` : classes.avatar} style={style} aria-hidden="true">
      {image && !isBroken ? (
        <img src={image} alt="" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      ) : (
        initialsOf(name ?? id)
      )}
    </span>
  );
}

export interface PersonProps extends AvatarProps {
  /** Instead of the plain name: a link to the page. */
  readonly link?: ReactNode;
  readonly after?: ReactNode;
}

export function PersonLine({ link, after, ...avatar }: PersonProps) {
  return (
    <span className={classes.person}>
      <PersonAvatar {...avatar} />
      <span className={classes.names}>
        <span className={classes.name}>
          {link ?? avatar.name ?? avatar.id} {after}
        </span>
        <CopyId id={avatar.id} label={ui.id.user} />
      </span>
    </span>
  );
}
