// A pad to draw a picture on.
import { regionAround } from "./fill.js";

/**
 * A pad to draw on with mouse, pen or finger: dark ink on white paper, whatever the theme.
 * `onchange(pad)` is called while drawing. The pad has canvas, empty, undo(), clear(), tool, url().
 */
export function createPad(canvas, onchange) {
  const SIDE = 320;
  const PAPER = "#ffffff";
  const INK = "#14181d";
  const INK_BYTES = [0x14, 0x18, 0x1d];
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const before = []; // what the paper was before each stroke
  let last = null;

  const pad = {
    canvas,
    empty: true,
    tool: "pen",
    width: 22,
    clear() {
      if (!pad.empty) remember();
      blank();
      onchange(pad);
    },
    undo() {
      const image = before.pop();
      if (!image) return;
      context.putImageData(image, 0, 0);
      pad.empty = isBlank();
      onchange(pad);
    },
    canUndo: () => before.length > 0,
    url: () => canvas.toDataURL("image/png"),
  };

  function blank() {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, SIDE, SIDE);
    pad.empty = true;
  }

  function isBlank() {
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    return data.every((value) => value === 255);
  }

  function remember() {
    before.push(context.getImageData(0, 0, SIDE, SIDE));
    if (before.length > 30) before.shift();
  }

  /** @returns {[number, number]} */
  function point(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * SIDE,
      ((event.clientY - box.top) / box.height) * SIDE,
    ];
  }

  function stroke(from, to) {
    context.strokeStyle = pad.tool === "eraser" ? PAPER : INK;
    context.lineWidth = pad.tool === "eraser" ? 2 * pad.width : pad.width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]); // a click without a move is a dot
    context.stroke();
  }

  /** Fill the region of like colour around a point with ink. */
  function fill([x, y]) {
    const image = context.getImageData(0, 0, SIDE, SIDE);
    const isLight = (i) => image.data[4 * i] >= 128;
    const start = Math.floor(y) * SIDE + Math.floor(x);
    for (const i of regionAround(isLight, SIDE, start)) image.data.set(INK_BYTES, 4 * i);
    context.putImageData(image, 0, 0);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    remember();
    if (pad.tool === "fill") {
      fill(point(event));
    } else {
      last = point(event);
      stroke(last, last);
    }
    pad.empty = false;
    onchange(pad);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = point(part);
      stroke(last, next);
      last = next;
    }
    onchange(pad);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => (last = null));
  }
  blank();
  return pad;
}
