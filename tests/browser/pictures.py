"""Screenshots as small files: the browser itself turns them into pictures of 256 colours."""

import base64

# An indexed PNG of the most frequent colours, and for every other the nearest of these.
REDUCE = """async (encoded) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${encoded}`)).blob());
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([pixel]) => pixel);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const known = new Map(palette.map((pixel, index) => [pixel, index]));
  const nearest = (pixel) => {
    const [r, g, b] = parts(pixel);
    const far = palette.map((one) => { const [x, y, z] = parts(one); return (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2; });
    return far.indexOf(Math.min(...far));
  };
  for (const pixel of counts.keys()) if (!known.has(pixel)) known.set(pixel, nearest(pixel));
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = known.get(pixels[y * width + x]);
  const packed = new Uint8Array(await new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer());

  const crcs = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
  const chunk = (name, body) => {
    const bytes = new Uint8Array(body.length + 12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, body.length);
    bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
    bytes.set(body, 8);
    let crc = 0xffffffff;
    for (const byte of bytes.subarray(4, -4)) crc = crcs[(crc ^ byte) & 255] ^ (crc >>> 8);
    view.setUint32(body.length + 8, (crc ^ 0xffffffff) >>> 0);
    return bytes;
  };
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, 3], 8);
  const file = new Blob([
    new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("PLTE", new Uint8Array(palette.flatMap(parts))),
    chunk("IDAT", packed), chunk("IEND", new Uint8Array(0)),
  ]);
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""  # noqa: E501


async def take(page, blank, path):
    """A picture of what the window of this page shows. `blank` is an empty page without a CSP, where it is reduced."""
    picture = await page.screenshot(animations="disabled", caret="hide")
    reduced = await blank.evaluate(REDUCE, base64.b64encode(picture).decode())
    path.write_bytes(base64.b64decode(reduced))
