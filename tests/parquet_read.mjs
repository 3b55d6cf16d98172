// Prints a Parquet file as JSON: {"schema": {column: type}, "columns": the metadata of that name, "rows": [...]}.
//     node parquet_read.mjs LIBRARY FILE        (LIBRARY: the folder of hyparquet)
import { readFileSync } from 'node:fs'

const { parquetMetadata, parquetReadObjects } = await import(`${process.argv[2]}/src/index.js`)
const bytes = readFileSync(process.argv[3])
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
const metadata = parquetMetadata(file)
const columns = metadata.key_value_metadata.find(entry => entry.key === 'columns').value
const schema = Object.fromEntries(metadata.schema.slice(1).map(field => [field.name, field.converted_type ?? field.type]))
const rows = await parquetReadObjects({ file })
const plain = (_, value) => typeof value === 'bigint' ? Number(value) : value
console.log(JSON.stringify({ schema, columns: JSON.parse(columns), rows }, plain))
