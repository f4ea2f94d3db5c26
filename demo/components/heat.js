// A heat map over a picture: orange for more, blue for less.

const MORE = [255, 138, 20];
const LESS = [72, 140, 255];
const STRONGEST = 0.85; // opacity: the picture under the heat map stays to be seen

/**
 * @param {HTMLCanvasElement} canvas over the picture
 * @param {number[]} shares of each pixel, row by row, from -100 to 100
 */
export function paintHeat(canvas, shares) {
  const pen = canvas.getContext("2d");
  const map = pen.createImageData(canvas.width, canvas.height);
  shares.forEach((share, i) => {
    map.data.set(share > 0 ? MORE : LESS, 4 * i);
    map.data[4 * i + 3] = 255 * STRONGEST * (Math.abs(share) / 100) ** 0.8;
  });
  pen.putImageData(map, 0, 0);
}
