/** A safetensors file with the same tensors and `version` among its metadata: other bytes, the same choices. */
export function otherBytes(file: Buffer, version: number): Buffer {
  const headBytes = Number(file.readBigUInt64LE(0));
  const head = JSON.parse(file.subarray(8, 8 + headBytes).toString("utf8"));
  head.__metadata__ = { ...head.__metadata__, provenance: JSON.stringify({ version }) };
  const text = JSON.stringify(head);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, file.subarray(8 + headBytes)]);
}
