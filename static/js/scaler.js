// A worker that makes one photo smaller: { file, longest } in; { width, height }, and { blob } where it was larger, out.
// A bitmap stands upright already, by the orientation that the camera has noted.

import { hasClearPixels } from "./pixels.js";

onmessage = async ({ data: { file, longest } }) => {
  try {
    postMessage(await fit(file, longest));
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};

async function fit(file, longest) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const scale = longest / Math.max(width, height);
  if (scale >= 1) return { width, height };
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  // What can be seen through stays so; all else is smaller as a JPEG.
  const isClear = file.type !== "image/jpeg" && hasClearPixels(context, canvas);
  const blob = await canvas.convertToBlob({ type: isClear ? "image/png" : "image/jpeg", quality: 0.85 });
  return { blob, width: canvas.width, height: canvas.height };
}
