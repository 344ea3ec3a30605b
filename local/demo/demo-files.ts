import { crc32, deflateSync } from 'node:zlib';

type Colour = readonly [number, number, number];

const white: Colour = [255, 255, 255];
const blue: Colour = [9, 88, 217];
const grey: Colour = [200, 206, 216];

/** A bar chart as PNG (RFC 2083), drawn here so that no picture has to lie in the repository. */
export function chartPng(values: readonly number[], width = 360, height = 140): Buffer {
  const top = Math.max(...values, 1);
  const slot = width / values.length;
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y += 1) {
    const pixels: number[] = [0];
    for (let x = 0; x < width; x += 1) {
      const bar = Math.floor(x / slot);
      const isGap = x % slot > slot * 0.7;
      const barTop = height - 8 - ((height - 24) * (values[bar] ?? 0)) / top;
      const colour = y >= height - 8 && y < height - 6 ? grey : !isGap && y >= barTop && y < height - 8 ? blue : white;
      pixels.push(...colour);
    }
    rows.push(Buffer.from(pixels));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a channel, RGB; compression, filter and interlace are 0.
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A PDF of one page with one line of text (ASCII). */
export function onePagePdf(line: string): Buffer {
  const text = line.replace(/[\\()]/g, '\\$&');
  const stream = `BT /F1 18 Tf 60 760 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = body.length;
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`;
  body += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(body);
}
