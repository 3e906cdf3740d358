/** The writes of the Web API: rows, references, actions, files, and batches of requests. */
export { batchOperation } from './batch/batch-operation.ts'
export { type Download, fileDownload } from './files/file-download.ts'
export { writeOperation } from './write-operation.ts'
