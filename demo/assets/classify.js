// The Classify tab: a picture in, what a model says of it out.
"use strict";

studio.classify = async (element, server, upload) => {
  const { h, newest, later, choice, methodTitle, percent, tell } = studio;
  const part = studio.refs(element);
  const LARGEST_FILE = 30e6; // bytes; the server refuses more

  const HOW = {
    head: "The discriminator learned to tell real pictures from drawn ones. A second output of it, the class head, says which class it sees: p(y | x).",
    bayes:
      "The VAE asks of every class how probable this picture is in it, p(x | y), and Bayes’ rule turns the ten answers into p(y | x).",
    "semi-supervised":
      "The discriminator sorts a picture into one of the classes or into one more, “drawn”. It was given the class of only a few training pictures, and learned from the others without.",
    features:
      "A linear machine, fitted afterwards on what the discriminator’s layers make of a picture: how much they have learned without being asked for classes.",
    "bayes-features":
      "In the features of the discriminator every class is a cloud of the same shape. Bayes’ rule asks how probable your picture is in each cloud.",
    cnn: "A plain classifier of the same size. It draws nothing: it is here as the yardstick.",
  };
  const FITTED = {
    mnist: "The ink is found, made bright on black and centred, 32 × 32 pixels.",
    digits: "The ink is found, made bright on black and counted in 8 × 8 cells.",
    fashion_mnist: "Trimmed and made bright on black, 32 × 32 pixels.",
  };

  const catalog = await studio.catalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.methods.length)),
  );

  let set = null; // the data set chosen
  let model = null;
  let source = null; // what the server is asked about: {example} or {path} or {data}, and `view`
  let way = "file";
  let lastFile = null; // the source that was shown before the visitor drew or turned to the camera
  let numSources = 0;
  const history = []; // sources before this one
  const rows = new Map(); // class name -> its bar

  // --- asking --------------------------------------------------------------------------------

  const send = newest(server.classify, show, complain, 30);
  const why = studio.why(part, server, (label) => {
    for (const [name, row] of rows) row.press.setAttribute("aria-pressed", String(name === label));
  });

  // The answer to another question must not stand under this one's title: where the new one takes
  // longer than a blink, the panel is emptied.
  const emptyLater = later(() => {
    if (element.firstElementChild.hasAttribute("aria-busy")) waiting();
  }, 250);

  function classify({ isNewQuestion = false } = {}) {
    if (!source) return;
    element.firstElementChild.setAttribute("aria-busy", "true");
    if (isNewQuestion) emptyLater();
    why.stale();
    const { request, number } = source;
    send({ ...request, number, model: model.name, method: methods.value ?? "" });
  }

  /** Take a new picture: shown at once, classified, and the one before can be had back. */
  function take(next, { remembered = true } = {}) {
    if (remembered && source && !source.passing) history.push(source);
    // Answers are matched by number; strokes and camera pictures follow one another under one.
    if (!next.passing || !source?.passing) numSources++;
    source = { ...next, number: numSources };
    if (way === "file") lastFile = source;
    tell(part.line);
    view();
    classify();
  }

  function complain(error, request) {
    element.firstElementChild.removeAttribute("aria-busy");
    if (request.number !== source?.number || request.model !== model.name) return;
    if (source.way === "draw") return; // half a stroke
    tell(part.line, error.message);
    // Nothing is lost: the last picture that could be used comes back.
    if (!source.answered && "path" in request) {
      source = lastFile = history.pop() ?? null;
      view();
      if (source) {
        why.ask(source.request, ...source.answered); // its answer still stands
        return;
      }
    }
    nothing(); // what stands there answers another question
  }

  // --- showing -------------------------------------------------------------------------------

  function show(answer, request) {
    element.firstElementChild.removeAttribute("aria-busy");
    if (request.number !== source?.number || request.model !== model.name) return;
    source.answered = [answer.seen, answer.label];
    tell(part.line);
    const share = answer.confidences[answer.label];
    const sure =
      share >= 0.95 ? "sure" : share >= 0.7 ? "fairly sure" : share >= 0.45 ? "unsure" : "guessing";
    if (part.label.textContent !== answer.label) part.label.textContent = answer.label;
    part.sure.textContent = `${percent(share)} · ${sure}`;
    part.brief.replaceChildren(
      `${model.title} says `,
      h("strong", {}, answer.label),
      ` · ${percent(share)}`,
    );
    for (const [name, row] of rows) {
      const value = answer.confidences[name];
      row.press.disabled = !model.explained.includes(methods.value);
      row.root.classList.toggle("dg-top", name === answer.label);
      row.bar.style.transform = `scaleX(${value.toFixed(4)})`;
      row.value.textContent = percent(value);
    }
    studio.paint(part.seen, answer.seen);
    if (source.way === "file" && !source.view) showPhoto(answer.seen, true);
    if (source.way !== "camera") why.ask(source.request, ...source.answered); // it never stands still
  }

  function nothing() {
    part.label.textContent = "–";
    part.sure.textContent = "Give a picture, or draw one.";
    part.brief.textContent = "";
    part.seen.getContext("2d").clearRect(0, 0, part.seen.width, part.seen.height);
    why.clear();
    for (const row of rows.values()) {
      row.press.disabled = true;
      row.press.setAttribute("aria-pressed", "false");
      row.root.classList.remove("dg-top");
      row.bar.style.transform = "scaleX(0)";
      row.value.textContent = "";
    }
  }

  function waiting() {
    nothing();
    part.label.textContent = "…";
    part.sure.textContent = "Asking the model.";
  }

  /** Show the source on the stage. */
  function view() {
    part.undo.disabled = way === "draw" ? !pad.canUndo() : !history.length;
    const isFile = source && source.way === "file";
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

  function showSet() {
    rows.clear();
    part.bars.replaceChildren(
      ...set.classes.map((name) => {
        const bar = h("span", { class: "dg-bar" });
        const value = h("span", { class: "dg-number" });
        const press = h(
          "button",
          {
            type: "button",
            title: `What speaks for ${name}?`,
            "aria-pressed": "false",
            disabled: true,
            onclick: () => why.about(name),
          },
          h("span", { class: "dg-name" }, name),
          h("span", { class: "dg-track" }, bar),
          value,
        );
        const root = h("li", {}, press);
        rows.set(name, { root, press, bar, value });
        return root;
      }),
    );
    part.fitted.textContent = FITTED[set.key] ?? "Cropped to the middle square, 32 × 32 pixels.";
    part.hint.textContent =
      set.key === "fashion_mnist" ? "Draw a piece of clothing, then fill it" : "Draw a digit";
    part.examples.replaceChildren(
      ...set.examples.map((example) =>
        h(
          "button",
          {
            type: "button",
            class: "dg-example",
            title: example.title,
            "data-name": example.name,
            "aria-label": `Example: ${example.title}`,
            "aria-pressed": "false",
            onclick: () => {
              changeWay("file");
              take(exampleSource(example));
            },
          },
          h("img", { src: example.url, alt: "", loading: "lazy" }),
        ),
      ),
    );
    part.examples.parentElement.hidden = !set.examples.length;
    const canDraw = set.channels === 1;
    ways.set(
      [
        { value: "file", label: "File" },
        ...(canDraw ? [{ value: "draw", label: "Draw" }] : []),
        { value: "camera", label: "Camera" },
      ],
      way === "draw" && !canDraw ? "file" : way,
    );
    tools.set(
      [
        { value: "pen", label: "Pen" },
        ...(set.key === "fashion_mnist" ? [{ value: "fill", label: "Fill" }] : []),
        { value: "eraser", label: "Eraser" },
      ],
      "pen",
    );
    pad.tool = "pen";
    pad.width = set.key === "fashion_mnist" ? 12 : 22;
    if (way !== ways.value) changeWay(ways.value);
  }

  const exampleSource = (example) => ({
    way: "file",
    request: { example: example.name },
    view: example.url,
  });

  // --- choosing ------------------------------------------------------------------------------

  function choose(nextSet, nextModel) {
    const isNewSet = set?.key !== nextSet.key;
    model = nextModel;
    set = nextSet;
    methods.set(
      model.methods.map((name) => ({ value: name, label: methodTitle(name) })),
      methods.value,
    );
    part.methods.hidden = model.methods.length < 2;
    part.says.textContent = `What ${model.title} says`;
    showHow();
    why.offer(set, model, methods.value);
    if (isNewSet) {
      showSet();
      // An example of another data set is of no use here; a picture of one's own is kept.
      if (way === "file" && (!source || source.request.example)) {
        history.length = 0;
        source = lastFile = null;
        if (set.examples.length) {
          waiting();
          return take(exampleSource(set.examples[0]));
        }
        nothing();
      }
      view();
    }
    classify({ isNewQuestion: true });
  }

  function showHow() {
    const accuracy = model.accuracy[methods.value];
    const measured = accuracy
      ? ` It reads ${(100 * accuracy).toFixed(1)} % of the ${set.title} test pictures right.`
      : "";
    part.how.textContent = (HOW[methods.value] ?? "") + measured;
  }

  function changeWay(next) {
    way = next;
    ways.select(way);
    part.stage.dataset.way = way;
    part.filerow.hidden = way !== "file";
    part.drawrow.hidden = way !== "draw";
    part.camerarow.hidden = way !== "camera";
    tell(part.line);
    if (way === "camera") startCamera(() => camera.start());
    else camera.stop();
    view();
  }

  const ways = choice(
    "Where it comes from",
    (value) => {
      source = null;
      nothing();
      changeWay(value);
      if (value === "draw" && !pad.empty) drawn();
      if (value === "file" && lastFile) take(lastFile);
    },
    { hidden: true },
  );
  const methods = choice("Method", () => {
    showHow();
    why.offer(set, model, methods.value);
    classify();
  });
  const tools = choice("Tool", (value) => (pad.tool = value), { hidden: true });

  // --- file, clipboard, drop -----------------------------------------------------------------

  async function takeFile(file) {
    if (!file) return;
    if (file.size > LARGEST_FILE) {
      tell(part.line, "This file is over 30 MB. Make the picture smaller and try again.");
      return;
    }
    changeWay("file");
    element.firstElementChild.setAttribute("aria-busy", "true");
    try {
      const { path } = await upload(file);
      take({ way: "file", request: { path }, view: URL.createObjectURL(file) });
    } catch {
      element.firstElementChild.removeAttribute("aria-busy");
      tell(part.line, "The file did not reach the server. Try again.");
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
      tell(part.line, "There is no picture on the clipboard: copy one first.");
    } catch {
      tell(part.line, "The browser keeps its clipboard closed: press Ctrl+V (⌘V) instead.");
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

  function drawn() {
    part.hint.hidden = !pad.empty;
    part.undo.disabled = !pad.canUndo();
    if (pad.empty) {
      source = null;
      return nothing();
    }
    take({ way: "draw", passing: true, request: { data: pad.url() } });
  }
  const pad = studio.pad(part.pad, drawn);

  const camera = studio.camera(part.video);
  async function startCamera(start) {
    part.take.disabled = true; // until there is a picture to take; a press after a failure retries
    try {
      await start();
    } catch (error) {
      return tell(part.line, error.message);
    } finally {
      part.take.disabled = false;
    }
    while (way === "camera" && camera.isOn()) {
      if (element.offsetParent === null) return changeWay("file"); // another tab was opened
      take({ way: "camera", passing: true, request: { data: camera.take() } });
      await studio.sleep(250);
    }
  }
  part.turn.addEventListener("click", () => startCamera(() => camera.turn()));
  part.take.addEventListener("click", () => {
    if (!camera.isOn()) return startCamera(() => camera.start());
    const data = camera.take();
    source = null;
    changeWay("file");
    take({ way: "file", request: { data }, view: data });
  });

  part.undo.addEventListener("click", () => {
    if (way === "draw") return pad.undo();
    const previous = history.pop();
    if (!previous) return;
    changeWay("file"); // a running camera would take its place at once
    take(previous, { remembered: false });
  });
  part.clear.addEventListener("click", () => {
    tell(part.line);
    if (way === "draw") return pad.clear();
    if (source && !source.passing) history.push(source);
    source = lastFile = null;
    nothing();
    view();
  });

  // --- begin ---------------------------------------------------------------------------------

  part.ways.append(ways.root);
  part.tools.append(tools.root);
  part.methods.append(methods.root);
  const picker = studio.modelPicker(
    catalog.datasets,
    (m) => m.methods.length > 0,
    choose,
    ({ note, methods: [method], accuracy }) =>
      [accuracy[method] && `${(100 * accuracy[method]).toFixed(1)}\u00a0% right`, note]
        .filter(Boolean)
        .join(" · "),
  );
  part.picker.append(picker.root);
  changeWay("file");
  picker.adopt(true);
  studio.whenShown(element, () => picker.adopt());
};
