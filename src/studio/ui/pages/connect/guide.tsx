import { Link, makeStyles, tokens, typographyStyles } from '@fluentui/react-components'
import { CopyButton } from '../../app/copy-button.tsx'
import { factsOf } from './fields.ts'
import { type GuideSituation, type GuideValue, guideFor } from './guide-steps.ts'

/** Beside the form: where each value comes from, step by step, with everything there is to copy. */
export function Guide(situation: GuideSituation) {
  const styles = useStyles()
  const steps = guideFor(situation)
  return (
    <aside aria-label="Where the values come from" className={styles.guide}>
      <h2 className={styles.title}>Step by step</h2>
      <p className={styles.lead}>{factsOf(situation.grant).name}: what to do in Azure and in Dynamics 365.</p>
      <ol className={styles.steps}>
        {steps.map(({ title, clicks, links = [], values = [] }) => (
          <li key={title} className={styles.step}>
            <h3 className={styles.stepTitle}>{title}</h3>
            <ul className={styles.clicks}>
              {clicks.map((click) => (
                <li key={click}>{click}</li>
              ))}
            </ul>
            {values.map((value) => (
              <Value key={value.label} {...value} />
            ))}
            {links.map(({ label, href }) => (
              <Link key={href} href={href} target="_blank" rel="noreferrer" className={styles.link}>
                Open: {label}
              </Link>
            ))}
          </li>
        ))}
      </ol>
    </aside>
  )
}

export function Value({ label, value }: GuideValue) {
  const styles = useStyles()
  return (
    <div className={styles.value}>
      <span className={styles.words}>
        <span className={styles.valueLabel}>{label}</span>
        <code className={styles.code}>{value}</code>
      </span>
      <CopyButton bare text={value} label={`Copy ${label}`} />
    </div>
  )
}

const useStyles = makeStyles({
  guide: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minWidth: 0 },
  title: { ...typographyStyles.subtitle1, margin: 0 },
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
  steps: { listStylePosition: 'outside', margin: 0, paddingLeft: '22px' },
  step: { marginTop: tokens.spacingVerticalM, '::marker': { fontWeight: tokens.fontWeightSemibold } },
  stepTitle: { ...typographyStyles.body1Strong, margin: 0 },
  clicks: {
    margin: `${tokens.spacingVerticalXS} 0`,
    paddingLeft: '18px',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
  },
  link: { display: 'inline-block', marginRight: tokens.spacingHorizontalM },
  value: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    margin: `${tokens.spacingVerticalXS} 0`,
    padding: `2px ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  words: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0 },
  valueLabel: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: { overflowWrap: 'anywhere', fontSize: tokens.fontSizeBase200 },
})
