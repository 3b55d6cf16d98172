// The rows of a comparison as Parquet. Standard input: {"columns": [{name, type, unit, meaning}], "rows": [{name:
// value}]}; standard output: the file, with a column for each of `columns` in their order, and the list itself as
// the file's metadata `columns`. A value that a row does not have is null. Caller: analysis/compare_parquet.py.
import { readFileSync, writeSync } from 'node:fs'
import { parquetWriteBuffer } from 'hyparquet-writer'

const TYPES = { text: 'STRING', integer: 'INT64', number: 'DOUBLE' }

function valueOf(row, column) {
  const value = row[column.name] ?? null
  return column.type === 'integer' && value !== null ? BigInt(value) : value
}

function columnOf(rows, column) {
  return { name: column.name, type: TYPES[column.type], data: rows.map(row => valueOf(row, column)) }
}

function writeAll(bytes) {
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at)
}

const { columns, rows } = JSON.parse(readFileSync(0, 'utf8'))
writeAll(new Uint8Array(parquetWriteBuffer({
  columnData: columns.map(column => columnOf(rows, column)),
  kvMetadata: [{ key: 'columns', value: JSON.stringify(columns) }],
  createdBy: 'Penumbra analysis/compare'
})))
