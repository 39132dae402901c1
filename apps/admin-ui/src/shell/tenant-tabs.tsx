import { generatePath } from 'react-router';
import { tenantTabs } from '../pages.js';
import { useMay } from '../session/session.js';
import { LinkTabs } from '../ui/link-tabs.js';
import { useCurrentPage } from './current-page.js';
import classes from './shell.module.css';
import { shellText } from './shell.strings.js';

/** The tenant's sections, on every page inside it. */
export function TenantTabs() {
  const may = useMay();
  const { tenantId, tab } = useCurrentPage();
  if (tenantId === undefined) return null;
  const shown = tenantTabs.filter((row) => may(row.permission, tenantId));
  const tabs = shown.map((row) => ({
    to: generatePath(row.path, { tenantId }),
    label: row.label,
    isCurrent: (row.path.split('/')[3] ?? '') === tab,
  }));
  return (
    <div className={classes.tabsBar}>
      <LinkTabs label={shellText.tenantSections} tabs={tabs} />
    </div>
  );
}
