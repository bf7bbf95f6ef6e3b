// The number on the page's icon in its tab: a drawing of our own in a data: URL, which the CSP allows to images.

const link = document.querySelector('link[rel="icon"]');
const plain = link.href;

// In 16 pixels two figures are as much as can be read.
const drawing = (text) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#23201b"/>
<circle cx="16" cy="16" r="14.5" fill="#fffefc"/>
<text x="16" y="${text.length > 1 ? 22 : 24}" text-anchor="middle" font-family="system-ui, sans-serif" font-weight="700" font-size="${text.length > 1 ? 17 : 23}" fill="#23201b">${text}</text></svg>`;

export function showBadge(count) {
  const href = count ? `data:image/svg+xml,${encodeURIComponent(drawing(count > 9 ? "9+" : String(count)))}` : plain;
  if (link.href !== href) link.href = href;
}

// Whether this browser draws it at all.
export async function canShowBadge() {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(drawing("1"))}`;
  return image.decode().then(() => true, () => false);
}
