/** An environment of the size where other connectors give up: 150,000 columns in all. */
export const TABLES = 2000
export const COLUMNS_PER_TABLE = 75
