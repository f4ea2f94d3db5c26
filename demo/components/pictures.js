// Pictures on canvases, and as files.
import { h } from "./base.js";

export async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** Draw one of the pictures of a sheet on a canvas of its size. */
export function cut(canvas, sheet, column, row = 0) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
}

/** Draw the picture of a data URL on a canvas, pixel for pixel. */
export async function paint(canvas, url) {
  const image = await decoded(url);
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return image;
}

/** Save a drawing of `size` = [width, height] as a PNG file; `draw` gets its 2D context. */
export function download(name, [width, height], draw) {
  const canvas = h("canvas", { width, height });
  draw(canvas.getContext("2d"));
  canvas.toBlob((blob) => saveBlob(`${name}.png`, blob), "image/png");
}

/** Save a blob as a file of that name. */
export function saveBlob(name, blob) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Save a sheet of pictures as a PNG file, `scale` times as large. */
export function saveSheet(name, image, scale, isSmooth) {
  const size = [scale * image.width, scale * image.height];
  download(name, size, (context) => {
    context.imageSmoothingEnabled = isSmooth;
    context.drawImage(image, 0, 0, ...size);
  });
}
