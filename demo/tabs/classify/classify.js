// The Classify tab: a picture in, what a model predicts of it out.
import { loadCatalog } from "../../components/catalog.js";
import t from "../../text/classify.words.js";
import { createChoice } from "../../components/choice.js";
import { h, refs, tell, whenShown } from "../../components/base.js";
import { percent } from "../../components/figures.js";
import { methodTitle } from "../../components/methods.js";
import { createModelPicker } from "../../components/picker.js";
import { paint } from "../../components/pictures.js";
import { later, newest } from "../../components/requests.js";
import { createSource } from "../../components/source.js";
import { createReasons } from "./reasons.js";

export async function open(element, server, upload) {
  const part = refs(element);

  const SURE = { sure: 0.95, fairly: 0.7, unsure: 0.45 }; // the least share of each; below, a guess

  const catalog = await loadCatalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.methods.length)),
  );

  let set = null; // the data set chosen
  let model = null;
  const rows = new Map(); // class name -> its bar

  // --- asking --------------------------------------------------------------------------------

  const send = newest(server.classify, show, complain, 30);
  const why = createReasons(part, server, (label) => {
    for (const [name, row] of rows) row.press.setAttribute("aria-pressed", String(name === label));
  });

  // The answer to another question must not stand under this one's title: where the new one takes
  // longer than a blink, the panel is emptied.
  const emptyLater = later(() => {
    if (element.firstElementChild.hasAttribute("aria-busy")) waiting();
  }, 250);

  function busy(isBusy) {
    if (isBusy) element.firstElementChild.setAttribute("aria-busy", "true");
    else element.firstElementChild.removeAttribute("aria-busy");
  }

  function classify({ isNewQuestion = false } = {}) {
    if (!source.now) return;
    busy(true);
    if (isNewQuestion) emptyLater();
    why.stale();
    const { request, number } = source.now;
    send({ ...request, number, model: model.name, method: methods.value ?? "" });
  }

  function complain(error, request) {
    busy(false);
    if (request.number !== source.now?.number || request.model !== model.name) return;
    if (source.now.origin === "draw") return; // half a stroke
    tell(part.line, error.message);
    // Nothing is lost: the last picture that could be used comes back, and its answer still stands.
    const last = !source.now.answered && "path" in request && source.refuse();
    if (last) why.ask(last.request, ...last.answered);
    else nothing(); // what stands there answers another question
  }

  const source = createSource(part, element, upload, {
    ontake: () => classify(),
    onnothing: nothing,
    onbusy: busy,
  });

  // --- showing -------------------------------------------------------------------------------

  function show(answer, request) {
    busy(false);
    if (request.number !== source.now?.number || request.model !== model.name) return;
    source.now.answered = [answer.seen, answer.label];
    tell(part.line);
    const share = answer.confidences[answer.label];
    const level = Object.keys(SURE).find((name) => share >= SURE[name]) ?? "guessing";
    if (part.label.textContent !== answer.label) part.label.textContent = answer.label;
    part.sure.textContent = t("sure", { share, level });
    const label = h("strong", {}, answer.label);
    part.brief.replaceChildren(...t.nodes("brief", { model: model.title, label, share }));
    for (const [name, row] of rows) {
      const value = answer.confidences[name];
      row.press.disabled = !model.explained_methods.includes(methods.value);
      row.root.classList.toggle("dg-top", name === answer.label);
      row.bar.style.transform = `scaleX(${value.toFixed(4)})`;
      row.value.textContent = percent(value);
    }
    paint(part.seen, answer.seen);
    source.sees(answer.seen);
    const { origin, request: picture, answered } = source.now;
    if (origin !== "camera") why.ask(picture, ...answered); // it never stands still
  }

  function nothing() {
    part.label.textContent = "–";
    part.sure.textContent = t("no-picture");
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
    part.sure.textContent = t("asking");
  }

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
            title: t("speaks", { label: name }),
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
    part.fitted.textContent = t(`fitted-${set.fitting}`);
  }

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
    part.what.textContent = t("what-model", { model: model.title });
    showHow();
    why.offer(set, model, methods.value);
    if (isNewSet) {
      showSet();
      if (source.offer(set)) {
        if (!set.examples.length) return nothing();
        waiting();
        return source.takeExample(set.examples[0]);
      }
    }
    classify({ isNewQuestion: true });
  }

  function showHow() {
    const accuracy = model.accuracy[methods.value];
    const sentences = t.has(`how-${methods.value}`) ? [t(`how-${methods.value}`)] : [];
    if (accuracy) sentences.push(t("measured", { accuracy, dataset: set.title }));
    part.how.textContent = sentences.join(" ");
  }

  const methods = createChoice(t("method"), () => {
    showHow();
    why.offer(set, model, methods.value);
    classify();
  });

  // --- begin ---------------------------------------------------------------------------------

  part.methods.append(methods.root);
  const picker = createModelPicker(
    catalog.datasets,
    (m) => m.methods.length > 0,
    choose,
    ({ note, methods: [method], accuracy }) =>
      [accuracy[method] && t("right", { accuracy: accuracy[method] }), note]
        .filter(Boolean)
        .join(" · "),
  );
  part.picker.append(picker.root);
  picker.adopt(true);
  whenShown(element, () => picker.adopt());
}
