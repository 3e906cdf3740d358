import {
  ArrowUploadRegular,
  CodeRegular,
  DatabaseLinkRegular,
  DocumentEditRegular,
  PlugConnectedRegular,
  PulseRegular,
  TableSearchRegular,
} from '@fluentui/react-icons'
import { type ComponentType, lazy } from 'react'

/** The pages in the order of the navigation. A new page is one line here; its code loads when it is opened. */
export interface PageEntry {
  /** First part of the address: `#/connect`. */
  readonly path: string
  readonly title: string
  readonly icon: ComponentType<{ readonly className?: string }>
  readonly view: ComponentType
  /** Not in the navigation: one gets there from other pages. Default false. */
  readonly hidden?: boolean
}

export const PAGES: readonly PageEntry[] = [
  {
    path: 'connect',
    title: 'Connect',
    icon: PlugConnectedRegular,
    view: lazy(() => import('../pages/connect/connect-page.tsx')),
  },
  {
    path: 'systems',
    title: 'Systems',
    icon: DatabaseLinkRegular,
    view: lazy(() => import('../pages/systems/systems-page.tsx')),
  },
  {
    path: 'explore',
    title: 'Explore',
    icon: TableSearchRegular,
    view: lazy(() => import('../pages/explore/explore-page.tsx')),
  },
  {
    path: 'row',
    title: 'Row',
    icon: DocumentEditRegular,
    view: lazy(() => import('../pages/row/row-page.tsx')),
    hidden: true,
  },
  {
    path: 'sql',
    title: 'SQL',
    icon: CodeRegular,
    view: lazy(() => import('../pages/sql/sql-page.tsx')),
  },
  {
    path: 'write',
    title: 'Write back',
    icon: ArrowUploadRegular,
    view: lazy(() => import('../pages/write/write-page.tsx')),
  },
  {
    path: 'activity',
    title: 'Activity',
    icon: PulseRegular,
    view: lazy(() => import('../pages/activity/activity-page.tsx')),
  },
]
