// What a canvas shows, beside the page and on it.

export function hasClearPixels(context, { width, height }) {
  const { data } = context.getImageData(0, 0, width, height);
  for (let at = 3; at < data.length; at += 4) if (data[at] < 255) return true;
  return false;
}
