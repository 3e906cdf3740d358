import { z } from 'zod'
import {
  buildEntraUrl,
  cloudOfLoginHost,
  createHttp,
  formatConnectionString,
  GRANTS,
  parseConnectionString,
  readEnvironment,
  resolveTarget,
} from '../../../connect.ts'
import { D365Error } from '../../../core/errors.ts'
import { answer, type CallContext, events, nothing } from '../call.ts'
import { formOf, type KeptSecrets, keptOf, SettingsForm, secretsOf, settingsOf } from '../connect-form.ts'
import { viewOf } from '../draft-view.ts'
import type { Draft } from '../drafts.ts'
import { EnvironmentChoice } from '../environments.ts'
import { loadDraft, saveDraft } from '../save-draft.ts'
import { handIn, signInDraft } from '../sign-in.ts'
import { unmask, unmaskOptions } from '../unmask.ts'

/** The Connect page: settings that are being entered, tried and saved. */
const draft = z.string().min(1)

/** What drafts are called before they have names. */
const UNNAMED = { system: 'new system', credential: 'new credential' }

export const connectRoutes = {
  /** Starts the sandbox, and begins a draft that connects to it. */
  'connect.sandbox': answer(nothing, async (_, context) => {
    if (!context.startSandbox) throw new D365Error('NOT_FOUND', 'This studio has no sandbox to start.')
    const { close: _close, connectionString, ...facts } = await context.startSandbox()
    return { ...facts, ...fromText(undefined, connectionString, context) }
  }),

  /** What was typed: kept, checked, and said as a connection string. */
  'connect.put': answer(
    z.object({ draft: draft.exactOptional(), form: SettingsForm }),
    ({ draft: id, form }, context) => {
      const old = find(id, context)
      const secrets = secretsOf(form, old?.secrets ?? {})
      const names = old
        ? { system: old.settings.system.name, credential: old.settings.credential.name }
        : UNNAMED
      return put(
        id,
        { ...settingsOf(form, secrets, names), options: old?.settings.options ?? {} },
        secrets,
        context,
      )
    },
  ),

  /** The draft again, after the page was loaded again. */
  'connect.get': answer(z.object({ draft }), ({ draft: id }, context) => {
    const kept = context.drafts.get(id)
    return { form: formOf(kept.settings), ...viewOf(id, kept, context) }
  }),

  /** A connection string that was pasted or edited, as fields. */
  'connect.parse': answer(
    z.object({ draft: draft.exactOptional(), text: z.string().max(100_000) }),
    ({ draft: id, text }, context) => fromText(id, text, context),
  ),

  /** A saved system and credential, to be changed or copied. */
  'connect.load': answer(
    z.object({ system: z.string(), credential: z.string().exactOptional() }),
    async (saved, context) => {
      const loaded = await loadDraft(saved, context)
      const id = context.drafts.put(undefined, loaded)
      return { form: formOf(loaded.settings), ...viewOf(id, loaded, context) }
    },
  ),

  /** What the Service URL alone tells: tenant, sign-in addresses of both versions, scope. */
  'connect.discover': answer(
    z.object({ serviceUrl: z.string().min(1), grant: z.enum(GRANTS) }),
    async ({ serviceUrl, grant }, { env, signal }) => {
      const { http, close } = createHttp({})
      try {
        const { loginHosts } = readEnvironment(env)
        const system = { name: UNNAMED.system, serviceUrl }
        const place = await resolveTarget({
          system,
          // A managed identity signs in at no address of its own: the person still wants to see the tenant.
          grant: grant === 'managed-identity' ? 'browser' : grant,
          http,
          loginHosts,
          signal,
        })
        const { authority: origin, tenant, resource, scope } = place
        const addresses = (version: 1 | 2) => ({
          authUri: buildEntraUrl('authorize', { origin, tenant, version }),
          tokenUri: buildEntraUrl('token', { origin, tenant, version }),
        })
        const host = new URL(origin).host
        const cloud = cloudOfLoginHost(host)
        return {
          authority: origin,
          tenant,
          resource,
          scope,
          v1: addresses(1),
          v2: addresses(2),
          /** Host of the admin pages; undefined for a sandbox, which has none. */
          portal: cloud?.portal,
          cloud: cloud?.name,
        }
      } finally {
        await close()
      }
    },
  ),

  /** The secrets, because somebody asked to see, edit or copy them. */
  'connect.reveal': answer(z.object({ draft }), ({ draft: id }, { drafts }) => {
    const { settings, secrets } = drafts.get(id)
    return {
      secrets,
      connectionString: {
        jdbc: formatConnectionString(settings, { spelling: 'jdbc', secrets: 'shown' }),
        plain: formatConnectionString(settings, { secrets: 'shown' }),
      },
    }
  }),

  /** Fetch OAuth Token: the person signs in, in the browser or with a device code. */
  'connect.signIn': events(
    z.object({ draft, loginHint: z.string().exactOptional() }),
    ({ draft: id, loginHint }, context) => signInDraft(id, { loginHint, context }),
  ),

  /** The address the browser ended on, for the sign-in that is going on. */
  'connect.paste': answer(z.object({ draft, address: z.string().max(20_000) }), ({ draft: id, address }) => {
    handIn(id, address)
    return {}
  }),

  /** The doctor's checklist, step by step, and what the token says of itself. */
  'connect.test': events(
    z.object({ environment: EnvironmentChoice }),
    async function* ({ environment }, context) {
      const { environments, signal } = context
      const connection = await environments.open(environment)
      let signedIn = false
      for await (const step of connection.diagnose({ signal })) {
        if (step.name === 'sign-in' && step.status === 'ok') signedIn = true
        yield { kind: 'step' as const, step }
      }
      if (!signedIn) return
      const { facts, expiresAt } = await connection.token({ signal })
      yield { kind: 'token' as const, facts, expiresAt }
    },
  ),

  /** A first look at rows: one statement, its first rows. */
  'connect.query': answer(
    z.object({ environment: EnvironmentChoice, sql: z.string().min(1) }),
    async ({ environment, sql }, { environments, signal }) => {
      const connection = await environments.open(environment)
      const { columns, rows } = await connection.query(sql, { signal })
      return { columns, rows: rows.slice(0, MOST_FIRST_ROWS), total: rows.length }
    },
  ),

  'connect.save': answer(
    z.object({
      draft,
      system: z.string().trim().min(1),
      credential: z.string().trim().min(1),
      makeDefault: z.boolean(),
    }),
    (wanted, context) => saveDraft(wanted, context),
  ),
}

/** Rows of the first query that are shown. */
const MOST_FIRST_ROWS = 1000

function find(id: string | undefined, { drafts }: CallContext): Draft | undefined {
  try {
    return id === undefined ? undefined : drafts.get(id)
  } catch {
    // The studio was restarted while somebody typed: what they typed is a new draft.
    return undefined
  }
}

function put(
  id: string | undefined,
  settings: Draft['settings'],
  secrets: KeptSecrets,
  context: CallContext,
) {
  const tokens = find(id, context)?.tokens
  // Tokens that were fetched count until somebody puts others in their place.
  const still = tokens !== undefined && tokens.accessToken === secrets.accessToken
  const kept: Draft = { settings, secrets, ...(still ? { tokens } : {}) }
  return viewOf(context.drafts.put(id, kept), kept, context)
}

function fromText(id: string | undefined, text: string, context: CallContext) {
  const old = find(id, context)
  const parsed = parseConnectionString(text)
  const settings = {
    system: { ...parsed.system, name: old?.settings.system.name ?? UNNAMED.system },
    credential: {
      ...unmask(parsed.credential, old?.secrets ?? {}),
      name: old?.settings.credential.name ?? UNNAMED.credential,
    },
    options: unmaskOptions(parsed.options, old?.settings.options ?? {}),
  }
  const view = put(id, settings, keptOf(settings.credential), context)
  return { ...view, form: formOf(settings), notes: parsed.notes }
}
