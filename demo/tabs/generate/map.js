// A map of the latent space, of the Generate tab: pictures as dots, and what lies between them.
import { createChoice } from "../../components/choice.js";
import { h, tell } from "../../components/base.js";
import { decoded } from "../../components/pictures.js";
import { createProgress } from "../../components/progress.js";
import { later, newest } from "../../components/requests.js";
import t from "../../text/map.words.js";

/** `canvas` is `createCanvas`, which shows the point that is pressed. */
export function createMap(part, server, canvas) {
  const SIDE = 1040; // pixels of the drawing, twice what they are on the page
  const DOT = 7;
  const STEP = 0.05; // of the map's width, by an arrow key

  let map = null; // the answer for `mapped`
  let mapped = ""; // the model that the map is of
  let grid = null; // its pictures, as an image
  let point = null; // [x, y] that the canvas shows
  let pointZ = null; // its z
  const pen = part.map.getContext("2d");
  part.map.width = part.map.height = SIDE;
  canvas.mirror(part.mapped);
  canvas.onsettle(() => {
    if (canvas.state.z !== pointZ && point) {
      point = null; // the canvas has left the map
      draw();
    }
    if (looks.value === "pictures" && isShown()) {
      loadGrid();
      describe();
    }
  });

  const isShown = () => !part.mapcard.hidden;
  const progress = createProgress();
  part.mapwait.append(progress.root);

  const looks = createChoice(
    t("looks"),
    (value) => {
      if (value === "pictures") loadGrid();
      draw();
      describe();
    },
    { hidden: true },
  );
  looks.set(
    [
      { value: "dots", label: t("dots") },
      { value: "pictures", label: t("pictures") },
    ],
    "dots",
  );
  part.maplooks.append(looks.root);

  // --- requests ------------------------------------------------------------------------------

  const send = newest(
    server.latent_map,
    (answer, sent) => {
      if (sent.model !== canvas.model.name) return;
      progress.tell();
      tell(part.mapline);
      map = answer;
      mapped = sent.model;
      layLegend();
      draw();
      describe();
    },
    (error) => {
      progress.tell();
      tell(part.mapline, error.message);
    },
  );

  let gridOf = ""; // "model class" that the pictures are of
  const sendGrid = newest(
    server.latent_map_grid,
    async (answer, sent) => {
      if (sent.model !== canvas.model.name) return;
      grid = await decoded(answer.grid);
      draw();
    },
    (error) => tell(part.mapline, error.message),
  );

  function loadGrid() {
    const wanted = `${canvas.model.name} ${canvas.state.label}`;
    if (wanted === gridOf) return;
    gridOf = wanted;
    sendGrid({ model: canvas.model.name, label: canvas.state.label });
  }

  const announceLater = later(() => {
    if (isShown() && mapped !== canvas.model.name) {
      progress.tell(t("wait"));
    }
  }, 300);

  function open() {
    if (mapped === canvas.model.name) return draw();
    map = null;
    draw();
    announceLater();
    send({ model: canvas.model.name });
    if (looks.value === "pictures") loadGrid();
  }

  // --- drawing -------------------------------------------------------------------------------

  const color = (name) => getComputedStyle(part.map).getPropertyValue(name);
  const colorOf = (number) => color(number < 0 ? "--dg-soft" : `--dg-run-${(number % 12) + 1}`);
  /** @type {(at: number[]) => [number, number]} */
  const toPixel = ([x, y]) => [
    (SIDE * (x / map.extent + 1)) / 2,
    (SIDE * (1 - y / map.extent)) / 2,
  ];

  function draw() {
    pen.clearRect(0, 0, SIDE, SIDE);
    if (!map) return;
    if (looks.value === "pictures") {
      pen.imageSmoothingEnabled = canvas.isSmooth();
      if (grid) pen.drawImage(grid, 0, 0, SIDE, SIDE);
    } else {
      pen.strokeStyle = color("--dg-edge");
      pen.lineWidth = 2;
      for (const [from, to] of [
        [
          [-map.extent, 0],
          [map.extent, 0],
        ],
        [
          [0, -map.extent],
          [0, map.extent],
        ],
      ]) {
        pen.beginPath();
        pen.moveTo(...toPixel(from));
        pen.lineTo(...toPixel(to));
        pen.stroke();
      }
      pen.globalAlpha = 0.75;
      map.positions.forEach((at, i) => {
        pen.fillStyle = colorOf(map.classes[i]);
        pen.beginPath();
        pen.arc(...toPixel(at), DOT, 0, 2 * Math.PI);
        pen.fill();
      });
      pen.globalAlpha = 1;
    }
    if (!point) return;
    for (const [width, ink] of [
      [9, color("--dg-card")],
      [4, color("--dg-ink")],
    ]) {
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.beginPath();
      pen.arc(...toPixel(point), 20, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function layLegend() {
    const isKnown = map.classes.some((number) => number >= 0);
    part.maplegend.replaceChildren(
      ...(isKnown ? canvas.set.classes : []).map((name, i) =>
        h("li", {}, h("i", { style: `background: var(--dg-run-${(i % 12) + 1})` }), name),
      ),
    );
  }

  function describe() {
    if (!map) return;
    const { source, share, origin } = map;
    const { conditional, title } = canvas.model;
    const num = map.positions.length;
    if (looks.value === "pictures") {
      part.mapwords.textContent = t("of-pictures", { conditional, label: canvas.state.label });
    } else if (source === "prior") {
      part.mapwords.textContent = t("of-prior", { title, num, conditional });
    } else {
      const dimensions = origin.length;
      const values = { source, num, dimensions, share, conditional };
      part.mapwords.textContent = t("of-encoded", values);
    }
  }

  // --- walking -------------------------------------------------------------------------------

  /** The class at a point: that of the nearest dot, of the pictures that of the canvas. */
  function classAt([x, y]) {
    if (looks.value === "pictures" || !canvas.model.conditional) return canvas.state.label;
    const distances = map.positions.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
    const nearest = map.classes[distances.indexOf(Math.min(...distances))];
    return map.source === "prior" ? canvas.state.label : canvas.set.classes[nearest];
  }

  function goTo(at, done) {
    const clamp = (value) => Math.min(map.extent, Math.max(-map.extent, value));
    point = at.map(clamp);
    const [x, y] = point;
    const z = map.origin.map((o, i) => o + x * map.axes[0][i] + y * map.axes[1][i]);
    pointZ = z.map((value) => Math.round(1000 * value) / 1000); // as it can be written in a link
    draw();
    canvas.setZ(pointZ, classAt(point), done);
  }

  function pointOf(event) {
    const box = part.map.getBoundingClientRect();
    return [
      map.extent * ((2 * (event.clientX - box.left)) / box.width - 1),
      map.extent * (1 - (2 * (event.clientY - box.top)) / box.height),
    ];
  }

  part.map.addEventListener("pointerdown", (event) => {
    if (!map || event.button > 0) return;
    part.map.setPointerCapture(event.pointerId);
    goTo(pointOf(event), false);
  });
  part.map.addEventListener("pointermove", (event) => {
    if (map && event.buttons && point) goTo(pointOf(event), false);
  });
  part.map.addEventListener("pointerup", () => {
    if (map && point) canvas.change();
  });
  part.map.addEventListener("keydown", (event) => {
    const [x, y] = point ?? [0, 0];
    const step = 2 * STEP * (map?.extent ?? 0);
    const next = {
      ArrowRight: [x + step, y],
      ArrowLeft: [x - step, y],
      ArrowUp: [x, y + step],
      ArrowDown: [x, y - step],
    }[event.key];
    if (!map || !next) return;
    event.preventDefault();
    goTo(next, true);
  });
  // Light or dark: the colours of the drawing are the page's.
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });

  return {
    open,
    /** Another model: its map is another. */
    offer() {
      point = pointZ = grid = null;
      gridOf = "";
      if (isShown()) open();
    },
  };
}
