import type { ErrorCode } from '../core/errors.ts'

/**
 * What one Dynamics service accepts and how it is addressed, as data.
 * Nothing outside this folder asks which service it is talking to.
 */
export interface Capabilities {
  readonly service: 'dataverse'
  /** Path of the service root on the environment's host, with both slashes. */
  readonly rootPath: (version: string) => string
  readonly defaultVersion: string
  /** Headers every request carries. */
  readonly headers: Readonly<Record<string, string>>
  readonly read: {
    /** Rows per page, at most and by default. */
    readonly maxPageSize: number
    /** Page size by number of columns selected, first match wins: very wide rows time out on full pages. */
    readonly pageSizeByColumns: readonly { readonly moreThanColumns: number; readonly pageSize: number }[]
    /** Longest URL of a direct GET, in bytes; longer ones go through a batch. */
    readonly maxUrlBytes: number
    readonly maxBatchUrlBytes: number
    readonly skip: boolean
    /** Undefined: it has no FetchXML. */
    readonly fetchXml: FetchXmlLimits | undefined
    /**
     * Date and time column that cuts a table into parts: where more rows match than the service aggregates at once, and
     * where so many are read that several readers are faster.
     */
    readonly partedBy: string
    /** Readers of one large table at a time: where the service recommends no number, and at most. */
    readonly readers: { readonly unadvised: number; readonly most: number }
    /** Names of annotations that are asked for when they are needed. */
    readonly annotations: {
      /** What people see in place of a choice, a lookup or a date. */
      readonly formattedValue: string
      /** Table that a lookup's value points to. */
      readonly lookupTable: string
      readonly fetchCookie: string
      readonly moreRows: string
    }
  }
  readonly write: {
    /** Is a client-made primary key accepted on create? */
    readonly clientKeys: boolean
    /** Header that forbids an update to create the row. */
    readonly updateOnly: Readonly<Record<string, string>>
    readonly createOnly: Readonly<Record<string, string>>
    /** PATCH on a missing row creates it. */
    readonly upsertByPatch: boolean
    /** Headers that leave logic of the environment out; each needs a privilege of its own. */
    readonly bypass: Readonly<Record<Bypass, { readonly header: string; readonly value: string }>>
    /** Makes the rules for duplicates refuse rows. */
    readonly detectDuplicates: Readonly<Record<string, string>>
    readonly files: {
      /** Files larger than this travel in chunks, so that a broken connection costs one chunk. In bytes. */
      readonly chunkAboveBytes: number
    }
    /** Writing as another user. */
    readonly actAs: {
      /** Request that finds the user by a name, or by an id where the name is one. */
      readonly lookUp: (name: string, id: string | undefined) => string
      /** Header for each id of the user, the first that has a value. */
      readonly ways: readonly { readonly column: string; readonly header: string }[]
    }
    readonly bulk: BulkCapabilities
  }
  readonly batch: {
    readonly format: 'multipart' | 'json'
    readonly maxRequests: number
    /** Rows in one batch, to begin with. */
    readonly startRows: number
    readonly continueOnError: Readonly<Record<string, string>>
  }
  readonly limits: {
    readonly windowMs: number
    readonly requests: number
    readonly executionMs: number
    readonly concurrent: number
    /** Service codes of the three limits, lower case. */
    readonly codes: { readonly requests: string; readonly execution: string; readonly concurrent: string }
    /** Response headers that tell what is left, lower case. */
    readonly headers: {
      readonly remainingRequests: string
      readonly remainingExecution: string
      readonly recommendedParallelism: string
    }
  }
  /** What an error of the service means, by its code in lower case. */
  readonly faults: Readonly<Record<string, ServiceFault>>
  /** Service codes (lower case) that mean something to us, by meaning. */
  readonly codes: {
    readonly duplicateKey: readonly string[]
    /** More rows match than it aggregates. */
    readonly aggregateLimit: readonly string[]
    readonly notFound: readonly string[]
    /** No such resource, table or message; unlike `notFound`, which is about rows. */
    readonly unknownResource: readonly string[]
    readonly versionMismatch: readonly string[]
    /** The signed-in identity is unknown to the environment. */
    readonly notAMember: readonly string[]
    readonly disabledUser: readonly string[]
    readonly noRole: readonly string[]
    readonly missingPrivilege: readonly string[]
  }
  readonly metadata: {
    /** How tables are described: by Dataverse's EntityDefinitions. */
    readonly format: 'entity-definitions'
    /** A cheap read whose annotation tells the version of all metadata; changes with any change of any table. */
    readonly version: { readonly path: string; readonly annotation: string }
    /** Request for the many-to-many relationships whose pairs a table keeps. */
    readonly association: (table: string) => string
  }
  /** Requests that tell who we are and where; paths relative to the service root, properties of their answers. */
  readonly probe: {
    readonly whoAmI: { readonly path: string; readonly userId: string }
    readonly version: { readonly path: string; readonly property: string }
    readonly environment: { readonly path: string; readonly property: string }
    readonly user: {
      readonly path: (userId: string) => string
      readonly name: string
      readonly account: string
      readonly roles: string
      readonly roleName: string
    }
    /** Table that every seller of rights grants first; the default of a privilege check. */
    readonly table: string
  }
}

/**
 * Logic that can be left out: of plug-ins and workflows that run with the request (`sync`) or later (`async`), of plug-ins
 * by the older header (`plugins`), and of cloud flows (`flows`).
 */
export type Bypass = 'sync' | 'async' | 'plugins' | 'flows'
/** Messages that write many rows of one table in one request. */
export interface BulkCapabilities {
  /** Undefined: there is none for this. */
  readonly messages: {
    readonly insert: BulkMessage | undefined
    readonly update: BulkMessage | undefined
    readonly upsert: BulkMessage | undefined
    readonly delete: BulkMessage | undefined
  }
  /** Prefix of a message's name in a URL and of a table's name in a row's `@odata.type`. */
  readonly namespace: string
  /** Rows in one message, to begin with and at most. By kind of table. */
  readonly rows: (tableKind: string) => { readonly start: number; readonly most: number }
  /** Answers a list in `value`, empty where the table does not take the message. */
  readonly support: (message: string, table: string) => string
  /** Answers without a row's outcome: is it one transaction, so that a refusal says nothing was written? By kind of table. */
  readonly transaction: (tableKind: string) => boolean
  /** Where not: what to ask for, and the annotation of an error that lists the rows that failed. */
  readonly failedRows: { readonly headers: Readonly<Record<string, string>>; readonly annotation: string }
}

export interface BulkMessage {
  readonly name: string
  /** Messages a table must take for this one; most often only itself. */
  readonly needs: readonly string[]
  /** May a row be named by an alternate key? */
  readonly byAlternateKey: boolean
  /** Columns that have to be part of the key besides the primary key. */
  readonly keyColumns: readonly string[]
}

export interface FetchXmlLimits {
  /** Linked tables of one query, those that are only asked whether they have a row among them. */
  readonly maxLinks: number
  /** Conditions and links of one query. */
  readonly maxConditions: number
  /** Kinds of tables that can be linked. */
  readonly linkedKinds: readonly string[]
}

/** One error code explained, in our own words: texts of the service stay its own. */
export interface ServiceFault {
  readonly cause: string
  /** What to do, with the place to click where there is one. */
  readonly fix: string
  /** Our own code, where the HTTP status of the answer would mislead. */
  readonly means?: ErrorCode
}
