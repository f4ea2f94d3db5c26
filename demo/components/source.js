// Where a picture of one's own comes from: a file, the clipboard, a pad to draw on, the camera.
import t from "../text/source.words.js";
import { createCamera } from "./camera.js";
import { createChoice } from "./choice.js";
import { h, tell } from "./base.js";
import { createPad } from "./pad.js";
import { sleep } from "./requests.js";

/**
 * The piece source.html: a picture is given, shown on its stage, and can be had back. `element` is
 * what takes drops, and `upload` brings a file to the server. `ontake(source)` is called with each
 * new picture: { request: what goes to the server, {example} or {path} or {data};
 * origin: "file", "draw" or "camera"; number; passing: whether it is a stroke or a moment of the
 * camera, the next of which follows }.
 * `onnothing` when there is none any more, `onbusy(is)` around an upload.
 */
export function createSource(part, element, upload, { ontake, onnothing, onbusy }) {
  const LARGEST_FILE = 30; // MB; the server refuses more
  const PEN = { lines: 22, filled: 12 }; // px wide

  let set = null;
  let source = null;
  let origin = "file";
  let lastFile = null; // the source that was shown before the visitor drew or turned to the camera
  let numSources = 0;
  const history = []; // sources before this one

  /** Take a new picture: shown at once, handed on, and the one before can be had back. */
  function take(next, { remembered = true } = {}) {
    if (remembered && source && !source.passing) history.push(source);
    // Answers are matched by number; strokes and camera pictures follow one another under one.
    if (!next.passing || !source?.passing) numSources++;
    source = { ...next, number: numSources };
    if (origin === "file") lastFile = source;
    tell(part.line);
    view();
    ontake(source);
  }

  // --- the stage -----------------------------------------------------------------------------

  /** Show the source on the stage. */
  function view() {
    part.undo.disabled = origin === "draw" ? !pad.canUndo() : !history.length;
    const isFile = source && source.origin === "file";
    part.invite.hidden = Boolean(isFile);
    if (isFile) showPhoto(source.view);
    else part.photo.hidden = part.crop.hidden = true;
    for (const button of part.examples.children) {
      button.setAttribute("aria-pressed", String(button.dataset.name === source?.request.example));
    }
  }

  function showPhoto(url, isSeen = false) {
    part.photo.hidden = !url;
    part.crop.hidden = true;
    if (!url) return;
    part.photo.classList.toggle("dg-pixels", isSeen);
    part.photo.src = url;
  }

  // Of a picture in colour the middle square is used: show which part that is.
  part.photo.addEventListener("load", () => {
    const { naturalWidth: width, naturalHeight: height } = part.photo;
    const share = Math.min(width, height) / Math.max(width, height);
    part.photo.classList.toggle("dg-pixels", Math.max(width, height) <= 64);
    part.crop.hidden = set.channels === 1 || share > 0.97;
    part.crop.style.width = part.crop.style.height = `${100 * share}%`;
  });
  // A format that the browser cannot show (TIFF, say): the server's answer brings a picture.
  part.photo.addEventListener("error", () => {
    part.photo.hidden = true;
    if (source) source.view = null;
  });

  const exampleSource = (example) => ({
    origin: "file",
    request: { example: example.name },
    view: example.url,
  });

  function takeExample(example) {
    changeOrigin("file");
    take(exampleSource(example));
  }

  /** What can be given where pictures are of this data set. */
  function laySet() {
    part.hint.textContent = t("hint", { drawn: set.drawn });
    part.examples.replaceChildren(
      ...set.examples.map((example) =>
        h(
          "button",
          {
            type: "button",
            class: "dg-example",
            title: example.title,
            "data-name": example.name,
            "aria-label": t("example", { title: example.title }),
            "aria-pressed": "false",
            onclick: () => takeExample(example),
          },
          h("img", { src: example.url, alt: "", loading: "lazy" }),
        ),
      ),
    );
    part.examples.parentElement.hidden = !set.examples.length;
    const canDraw = set.channels === 1;
    origins.set(
      [
        { value: "file", label: t("file") },
        ...(canDraw ? [{ value: "draw", label: t("draw") }] : []),
        { value: "camera", label: t("camera") },
      ],
      origin === "draw" && !canDraw ? "file" : origin,
    );
    tools.set(
      [
        { value: "pen", label: t("pen") },
        ...(set.strokes === "filled" ? [{ value: "fill", label: t("fill") }] : []),
        { value: "eraser", label: t("eraser") },
      ],
      "pen",
    );
    pad.tool = "pen";
    pad.width = PEN[set.strokes];
    if (origin !== origins.value) changeOrigin(origins.value);
  }

  function changeOrigin(next) {
    origin = next;
    origins.select(origin);
    part.stage.dataset.origin = origin;
    part.filerow.hidden = origin !== "file";
    part.drawrow.hidden = origin !== "draw";
    part.camerarow.hidden = origin !== "camera";
    tell(part.line);
    if (origin === "camera") startCamera(() => camera.start());
    else camera.stop();
    view();
  }

  const origins = createChoice(
    t("origin"),
    (value) => {
      source = null;
      onnothing();
      changeOrigin(value);
      if (value === "draw" && !pad.empty) takeDrawing();
      if (value === "file" && lastFile) take(lastFile);
    },
    { hidden: true },
  );
  const tools = createChoice(t("tool"), (value) => (pad.tool = value), { hidden: true });
  part.origins.append(origins.root);
  part.tools.append(tools.root);

  // --- file, clipboard, drop -----------------------------------------------------------------

  async function takeFile(file) {
    if (!file) return;
    if (file.size > 1e6 * LARGEST_FILE) {
      tell(part.line, t("too-large", { megabytes: LARGEST_FILE }));
      return;
    }
    changeOrigin("file");
    onbusy(true);
    try {
      const { path } = await upload(file);
      take({ origin: "file", request: { path }, view: URL.createObjectURL(file) });
    } catch {
      onbusy(false);
      tell(part.line, t("lost"));
    }
  }

  part.file.addEventListener("change", () => {
    takeFile(part.file.files[0]);
    part.file.value = ""; // so that the same file can be chosen again
  });
  part.paste.addEventListener("click", async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith("image/"));
        if (type) return takeFile(new File([await item.getType(type)], "pasted.png", { type }));
      }
      tell(part.line, t("clipboard-empty"));
    } catch {
      tell(part.line, t("clipboard-closed"));
    }
  });
  document.addEventListener("paste", (event) => {
    if (!element.isConnected || element.offsetParent === null) return;
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (file) takeFile(file);
  });
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    part.stage.classList.add("dg-over");
  });
  element.addEventListener("dragleave", () => part.stage.classList.remove("dg-over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    part.stage.classList.remove("dg-over");
    takeFile(event.dataTransfer.files[0]);
  });

  // --- pad and camera ------------------------------------------------------------------------

  function takeDrawing() {
    part.hint.hidden = !pad.empty;
    part.undo.disabled = !pad.canUndo();
    if (pad.empty) {
      source = null;
      return onnothing();
    }
    take({ origin: "draw", passing: true, request: { data: pad.url() } });
  }
  const pad = createPad(part.pad, takeDrawing);

  const camera = createCamera(part.video);
  async function startCamera(start) {
    part.take.disabled = true; // until there is a picture to take; a press after a failure retries
    try {
      await start();
    } catch (error) {
      return tell(part.line, error.message);
    } finally {
      part.take.disabled = false;
    }
    while (origin === "camera" && camera.isOn()) {
      if (element.offsetParent === null) return changeOrigin("file"); // another tab was opened
      take({ origin: "camera", passing: true, request: { data: camera.take() } });
      await sleep(250);
    }
  }
  part.turn.addEventListener("click", () => startCamera(() => camera.turn()));
  part.take.addEventListener("click", () => {
    if (!camera.isOn()) return startCamera(() => camera.start());
    const data = camera.take();
    source = null;
    changeOrigin("file");
    take({ origin: "file", request: { data }, view: data });
  });

  part.undo.addEventListener("click", () => {
    if (origin === "draw") return pad.undo();
    const previous = history.pop();
    if (!previous) return;
    changeOrigin("file"); // a running camera would take its place at once
    take(previous, { remembered: false });
  });
  part.clear.addEventListener("click", () => {
    tell(part.line);
    if (origin === "draw") return pad.clear();
    if (source && !source.passing) history.push(source);
    source = lastFile = null;
    onnothing();
    view();
  });

  changeOrigin("file");
  return {
    /** The picture that is given, as `ontake` got it; null where there is none. */
    get now() {
      return source;
    },
    takeExample,
    /**
     * Another data set. Whether nothing is given any more: an example of another data set is of no
     * use, a picture of one's own is kept.
     */
    offer(nextSet) {
      set = nextSet;
      laySet();
      const isOver = origin === "file" && (!source || "example" in source.request);
      if (isOver) {
        history.length = 0;
        source = lastFile = null;
      }
      view();
      return isOver;
    },
    /** The picture cannot be used: the one before comes back, or null. */
    refuse() {
      source = lastFile = history.pop() ?? null;
      view();
      return source;
    },
    /** What the server made of it, for where the browser cannot show the file itself. */
    sees(url) {
      if (source.origin === "file" && !source.view) showPhoto(url, true);
    },
  };
}
