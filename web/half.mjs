// Weights in half precision, for the way to the browser: half the bytes, and no picture is another.

// The bits of a float as those of the nearest half; a tie goes to the even one. Null where it is too large.
export const half = (bits) => {
  const [sign, exponent] = [(bits >>> 16) & 0x8000, (bits >>> 23) & 0xff];
  if (exponent < 102) return sign;
  const small = exponent < 113;
  const [whole, drop] = small ? [(bits & 0x7fffff) | 0x800000, 126 - exponent] : [bits & 0x7fffff, 13];
  const [kept, rest, middle] = [whole >>> drop, whole & ((1 << drop) - 1), 1 << (drop - 1)];
  const up = rest > middle || (rest === middle && kept & 1) ? 1 : 0;
  const found = (small ? kept : ((exponent - 112) << 10) | kept) + up;
  return exponent > 142 || found >= 0x7c00 ? null : sign | found;
};

// The bytes of a tensor in half precision; null where a number is too large for it.
const narrowed = (bytes) => {
  const out = Buffer.alloc(bytes.length / 2);
  for (let at = 0; at < bytes.length; at += 4) {
    const found = half(bytes.readUInt32LE(at));
    if (found === null) return null;
    out.writeUInt16LE(found, at / 2);
  }
  return out;
};

// A safetensors file with its tensors in half precision.
export const halved = (file) => {
  const length = Number(file.readBigUInt64LE());
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, 8 + length));
  const parts = [];
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
    const bytes = file.subarray(8 + length + from, 8 + length + to);
    const small = dtype === 'F32' ? narrowed(bytes) : null;
    const part = small ?? bytes;
    parts.push(part);
    end += part.length;
    return [name, { dtype: small ? 'F16' : dtype, shape, data_offsets: [end - part.length, end] }];
  });
  const text = Buffer.from(JSON.stringify({ __metadata__, ...Object.fromEntries(entries) }));
  const header = Buffer.alloc(8 * Math.ceil((8 + text.length) / 8), ' ');
  text.copy(header, 8);
  header.writeBigUInt64LE(BigInt(header.length - 8));
  return Buffer.concat([header, ...parts]);
};
