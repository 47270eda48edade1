// Reads a safetensors file of 16-bit floats: a header in JSON that says where each tensor lies, then the numbers.

// bytes: a DataView → Map of name → { shape, data }, the numbers widened to double precision.
export function readTensors(bytes) {
  const headerLength = Number(bytes.getBigUint64(0, true));
  const text = new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset + 8, headerLength));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [begin, end] = [] }] of Object.entries(JSON.parse(text))) {
    if (name === "__metadata__") continue;
    if (dtype !== "F16") throw new Error(`${name}: expected 16-bit floats, received ${dtype}`);
    const data = new Float64Array((end - begin) / 2);
    for (let i = 0; i < data.length; i++) data[i] = fromHalf(bytes.getUint16(8 + headerLength + begin + 2 * i, true));
    tensors.set(name, { shape, data });
  }
  return tensors;
}

// IEEE 754 binary16: one bit of sign, five of exponent, ten of fraction.
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}
