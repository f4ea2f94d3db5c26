// Pictures on canvases, and as files.
import { h } from "./base.js";

/**
 * @param {string} url
 * @returns {Promise<HTMLImageElement>} once it can be drawn
 */
export async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/**
 * Draw one of the pictures of a grid on a canvas of its size.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} grid
 * @param {number} column
 * @param {number} row
 */
export function cut(canvas, grid, column, row = 0) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.drawImage(grid, column * width, row * height, width, height, 0, 0, width, height);
}

/**
 * Draw the picture of a data URL on a canvas, pixel for pixel.
 * @param {HTMLCanvasElement} canvas
 * @param {string} url
 */
export async function paint(canvas, url) {
  const image = await decoded(url);
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return image;
}

/**
 * Save a drawing as a PNG file.
 * @param {string} name without its ending
 * @param {[number, number]} size width and height
 * @param {(context: CanvasRenderingContext2D) => void} draw
 */
export function download(name, [width, height], draw) {
  const canvas = h("canvas", { width, height });
  draw(canvas.getContext("2d"));
  canvas.toBlob((blob) => saveBlob(`${name}.png`, blob), "image/png");
}

/**
 * @param {string} name of the file to be saved
 * @param {Blob} blob
 */
export function saveBlob(name, blob) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Save a grid of pictures as a PNG file, `scale` times as large.
 * @param {string} name without its ending
 * @param {HTMLImageElement} grid
 * @param {number} scale
 * @param {boolean} isSmooth whether its pixels are blended
 */
export function saveGrid(name, grid, scale, isSmooth) {
  /** @type {[number, number]} */
  const size = [scale * grid.width, scale * grid.height];
  download(name, size, (context) => {
    context.imageSmoothingEnabled = isSmooth;
    context.drawImage(grid, 0, 0, ...size);
  });
}
