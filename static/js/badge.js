// The number on the page's icon in its tab: a drawing of our own in a data: URL, which the CSP allows to images.

const link = document.querySelector('link[rel="icon"]');
const plain = link.href;

// In 16 pixels two figures are as much as can be read.
const drawing = (text) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#23201b"/>
<path d="M6 8a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2" fill="none" stroke="#fffefc" stroke-width="2" stroke-linecap="round"/>
<circle cx="19" cy="19" r="13" fill="#fffefc" stroke="#23201b" stroke-width="2"/>
<text x="19" y="25.5" text-anchor="middle" font-family="system-ui, sans-serif" font-weight="700" font-size="${text.length > 1 ? 15 : 19}" fill="#23201b">${text}</text></svg>`;

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
