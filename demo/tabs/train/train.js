// The Train tab: choose pictures and a system, and watch it learn.
import { refs, tell, whenShown } from "../../components/base.js";
import { loadCatalog } from "../../components/catalog.js";
import { createChoice } from "../../components/choice.js";
import { number } from "../../components/figures.js";
import { saveBlob } from "../../components/pictures.js";
import { ask, later } from "../../components/requests.js";
import { exact } from "../../components/scales.js";
import t from "../../text/train.words.js";
import { createCaption } from "./caption.js";
import { createCurves } from "./curves.js";
import { createGrid } from "./grid.js";
import { createSession, rememberedKey } from "./session.js";
import { createSettings, isRate } from "./settings.js";
import { createSetup } from "./setup.js";
import { createVerdicts } from "./verdicts.js";

const NUMS = ["1", "10", "50"]; // steps at once
const RESTS = 300; // ms after which a rate is sent that is being set
const COMPILES = 1_500; // ms without a step, after which it is being compiled

export async function open(element, server) {
  const part = refs(element);
  const catalog = await loadCatalog(element, server, (found) => found.datasets.length > 0);
  /** @type {Training.Status | null} */
  let status = null;
  let isAnew = false; // whether the pictures of this step are wanted once more
  let moved = { step: -1, at: 0 }; // when the last step was done

  const settings = createSettings(part.knobs, onedit);
  const setup = createSetup(part, server, catalog, showSettings);
  const curves = createCurves(part);
  const caption = createCaption(part.caption);
  const verdicts = createVerdicts(part);
  const grid = createGrid(part, server, (step) => curves.mark(step));
  const nums = createChoice(t("how-many"), () => {}, { hidden: true });
  nums.set(
    NUMS.map((value) => ({ value, label: t("times", { num: Number(value) }) })),
    NUMS[0],
  );
  part.nums.append(nums.root);

  const session = createSession(server, {
    since() {
      const frame = status?.is_ready && !isAnew ? status.step : null;
      isAnew = false;
      return { since: curves.numRecords(), frame, wishes: part.wishes.checked };
    },
    onstatus: take,
    ongone: (words) => showSetup(words),
    onlost(error) {
      isAnew = true;
      tell(part.line, error.message);
    },
    isSeen: () => !document.hidden && part.run.checkVisibility(),
  });

  // --- setup ---------------------------------------------------------------------------------

  /** Back to the choice, with what was trained last, and why. */
  function showSetup(words = "") {
    const values = status ? settings.values() : {};
    const choice = status ? { dataset: status.dataset, recipe: status.recipe } : {};
    status = null;
    tell(part.gone, words);
    part.run.hidden = true;
    part.setup.hidden = false;
    return setup.show(choice, values);
  }

  part.begin.addEventListener("click", async () => {
    part.begin.disabled = true;
    tell(part.setupline);
    tell(part.gone);
    try {
      const request = { ...setup.chosen(), settings: settings.edited() };
      const { key } = await ask(server.begin, request);
      await ask(server.play, { key, is_playing: true });
      enter(key);
      // The setup may have been taller than a phone; what begins now stands where it began.
      if (part.run.getBoundingClientRect().top < 0) part.run.scrollIntoView();
      part.play.focus({ preventScroll: true });
    } catch (error) {
      tell(part.setupline, error.message);
    }
    part.begin.disabled = false;
  });

  // --- a training ----------------------------------------------------------------------------

  function enter(key) {
    status = null;
    moved = { step: -1, at: performance.now() };
    part.setup.hidden = true;
    part.run.hidden = false;
    showVerdictsCard(false);
    for (const line of [part.line, part.settingsline, part.gone]) tell(line);
    part.state.textContent = t("state-loading");
    part.title.textContent = "";
    for (const count of [part.countstep, part.countimages, part.countrate, part.counttime]) {
      count.textContent = exact(null);
    }
    grid.begin(key);
    curves.begin();
    session.follow(key);
  }

  /** @param {Training.Status} next */
  async function take(next) {
    if (!status) settings.preset({}); // what was set is what it began with
    status = next;
    if (next.step !== moved.step || !next.is_playing) {
      moved = { step: next.step, at: performance.now() };
    }
    const { subject, classes } = setup.setOf(next.dataset);
    const system = setup.titleOf(next.recipe);
    part.title.textContent = t("title", { system, dataset: subject });
    showControls();
    tell(part.line, next.error);
    tell(part.settingsline, next.refusal);
    curves.take(next);
    showCounts();
    showSettings(next.settings);
    if (!next.is_ready) return;
    grid.take(next, classes, system);
    caption.take(next);
    showVerdictsCard(next.players.includes("discriminator"));
    if (next.real && next.drawn) await verdicts.show(next, classes);
  }

  /** What D says; without a D the rest has the room. */
  function showVerdictsCard(isShown) {
    part.verdictscard.hidden = !isShown;
    part.board.classList.toggle("dg-alone", !isShown);
  }

  function showControls() {
    const { is_playing: isPlaying, is_over: isOver, is_ready: isReady, players } = status;
    const of = players.length ? "two" : "one";
    part.playword.textContent = t(isPlaying ? "pause" : "play");
    part.play.classList.toggle("dg-pausing", isPlaying);
    part.play.disabled = isOver;
    part.stepall.textContent = t("step-all", { players: of });
    part.stepd.hidden = part.stepg.hidden = !players.length;
    for (const button of [part.stepd, part.stepg, part.stepall]) {
      button.disabled = isOver || !isReady;
    }
    part.save.disabled = isOver || !isReady || part.save.ariaBusy === "true";
    const [key, isBusy] = stateOf();
    const words = t(`state-${key}`, { players: of, count: status.place });
    if (part.state.textContent !== words) part.state.textContent = words; // it is read out
    part.state.classList.toggle("dg-busy", isBusy);
  }

  /** @returns {[string, boolean]} how it stands, and whether one has to wait */
  function stateOf() {
    if (status.is_over) return ["over", false];
    if (status.place > 0) return ["queue", true];
    if (!status.is_ready) return ["loading", true];
    if (status.is_playing)
      return performance.now() - moved.at > COMPILES ? ["compiling", true] : ["playing", false];
    return [status.step ? "paused" : "begin", false];
  }

  function showCounts() {
    const rate = curves.rate();
    part.countstep.textContent = number(status.step);
    part.countimages.textContent = number(status.images);
    part.countrate.textContent = rate === null ? exact(null) : number(rate, 0);
    part.counttime.textContent = t("time", { seconds: status.seconds });
  }

  /** Do something about the training, and say what went wrong. */
  async function act(call, request, line = part.line) {
    try {
      const answer = await session.send(call, request);
      tell(line);
      return answer;
    } catch (error) {
      tell(line, error.message);
      return null;
    }
  }

  part.play.addEventListener("click", () => {
    const isPlaying = !(status?.is_playing ?? true);
    if (status) {
      status.is_playing = isPlaying; // at once; the next answer says how it is
      moved.at = performance.now();
      showControls();
    }
    act(server.play, { is_playing: isPlaying });
  });
  const step = (player) => act(server.step, { player, num: Number(nums.value) });
  part.stepd.addEventListener("click", () => step("discriminator"));
  part.stepg.addEventListener("click", () => step("generator"));
  part.stepall.addEventListener("click", () => step(""));

  part.wishes.addEventListener("change", () => {
    verdicts.showWishes(part.wishes.checked);
    part.board.classList.toggle("dg-close", part.wishes.checked);
    isAnew = true; // with wishes
    session.nudge();
  });

  part.save.addEventListener("click", async () => {
    part.save.ariaBusy = "true";
    part.save.disabled = true;
    part.save.textContent = t("saving");
    const saved = await act(server.save, {});
    if (saved) saveBlob(`${saved.name}.zip`, await (await fetch(saved.file)).blob());
    part.save.ariaBusy = "false";
    part.save.textContent = t("save");
    if (status) showControls();
  });

  part.reset.addEventListener("click", async () => {
    const ended = session.key();
    session.leave();
    await showSetup();
    part.begin.focus({ preventScroll: true });
    ask(server.end, { key: ended }).catch((error) => tell(part.setupline, error.message));
    prepare();
  });

  // --- settings ------------------------------------------------------------------------------

  /** @param {Record<string, Training.Value>} [values] to begin with */
  function showSettings(list, values) {
    settings.show(list);
    if (values) settings.preset(values);
    part.settingsnote.textContent = t(status ? "settings-run" : "settings-setup");
    showEdited();
  }

  function showEdited() {
    const names = Object.keys(settings.edited());
    const count = names.filter((name) => !status || !isRate(name)).length;
    part.defaults.hidden = Boolean(status) || !count;
    part.applyrow.hidden = !status || !count;
    part.apply.textContent = t("apply", { count });
  }

  let rates = {}; // those that are to be sent
  const sendRates = later(() => {
    change(rates);
    rates = {};
  }, RESTS);

  function onedit(name, value) {
    showEdited();
    if (!status || !isRate(name)) return;
    rates[name] = value;
    sendRates();
  }

  /** Go on with other settings. */
  async function change(values) {
    const answer = await act(server.change, { settings: values }, part.settingsline);
    if (!answer || !status) return;
    settings.settle(values);
    status.settings = answer.settings;
    showSettings(answer.settings);
  }

  part.defaults.addEventListener("click", () => {
    settings.preset({});
    showEdited();
  });
  part.apply.addEventListener("click", () => change(settings.edited()));
  part.putback.addEventListener("click", () => {
    settings.preset({});
    showEdited();
  });

  /** Have the server at hand what takes it seconds; a training begins without it, too. */
  function prepare() {
    ask(server.prepare, {}).catch(() => {});
  }

  // --- begin ---------------------------------------------------------------------------------

  whenShown(element, prepare);
  const key = rememberedKey();
  if (key) {
    await setup.show();
    enter(key);
  } else await showSetup();
}
