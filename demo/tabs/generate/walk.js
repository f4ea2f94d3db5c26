// Walks of the Generate tab: from picture to picture, played and saved.
import { tell } from "../../components/base.js";
import { cut, decoded, saveBlob, saveGrid } from "../../components/pictures.js";
import { ask, later, newest } from "../../components/requests.js";
import t from "../../text/walk.words.js";
import { keep, keptItem } from "./kept.js";

/** `canvas` is `createCanvas`. */
export function createWalk(part, server, canvas) {
  const SIDE = 32; // pixels of a picture
  const MOST = 5; // stops
  const LEG = 16; // pictures from one stop to the next

  let stops = []; // as `keep`
  let strip = null; // the pictures on the way, in a row
  let num = 0;
  let at = 0; // the picture that is shown
  let timer = 0; // of the playing; 0 where it rests

  const isClosed = () => part.walkloop.checked;
  const pause = () => Math.round(1000 / Number(part.walkspeed.value) / 10) * 10; // as a GIF counts
  const request = () => {
    const legs = isClosed() ? stops.length : stops.length - 1;
    return {
      stops: stops.map(({ setting }) => setting),
      num: legs * LEG + (isClosed() ? 0 : 1),
      closed: isClosed(),
    };
  };

  const send = newest(
    server.walk,
    async (answer, sent) => {
      if (sent.stops[0].model !== canvas.model.name) return;
      tell(part.walkline);
      strip = await decoded(answer.grid);
      num = answer.num;
      part.walkstrip.width = num * SIDE;
      part.walkstrip.getContext("2d").drawImage(strip, 0, 0);
      part.walkalong.max = num - 1;
      show(Math.min(at, num - 1));
    },
    (error) => tell(part.walkline, error.message),
  );

  // --- stops ---------------------------------------------------------------------------------

  function lay() {
    part.stops.replaceChildren(
      ...stops.map((stop) =>
        keptItem(stop, canvas.model.conditional, () => set(stops.filter((one) => one !== stop))),
      ),
    );
    part.pin.disabled = stops.length === MOST;
    const isWalk = stops.length > 1;
    for (const ref of ["play", "savegif", "savewebp", "savestrip", "walkalong"]) {
      part[ref].disabled = !isWalk;
    }
    if (!isWalk) tell(part.walkline);
    part.walkhow.textContent = t(isWalk ? "arc" : "choose");
  }

  const sendLater = later(() => stops.length > 1 && send(request()), 60);

  function set(next) {
    stops = next;
    rest();
    lay();
    sendLater();
  }

  function add(setting, node) {
    if (stops.length === MOST) return tell(part.walkline, t("most"));
    tell(part.walkline);
    set([...stops, keep(setting, node)]);
  }

  // --- playing -------------------------------------------------------------------------------

  function show(place) {
    at = place;
    if (strip) cut(part.walker, strip, at);
    part.walkalong.value = at;
    part.walkalong.style.setProperty("--at", `${(100 * at) / Math.max(1, num - 1)}%`);
    part.walkalong.setAttribute("aria-valuetext", t("at", { number: at + 1, num }));
  }

  function step() {
    if (part.walk.offsetParent === null || !strip) return rest(); // another tab was opened
    if (at === num - 1 && !isClosed() && !part.walkagain.checked) return rest();
    show((at + 1) % num);
    timer = setTimeout(step, pause());
  }

  function play() {
    if (at === num - 1) show(0);
    part.play.textContent = t("pause");
    timer = setTimeout(step, pause());
  }

  function rest() {
    clearTimeout(timer);
    timer = 0;
    part.play.textContent = t("play");
  }

  function showSpeed() {
    part.walkspeedvalue.textContent = t("a-second", { num: Number(part.walkspeed.value) });
  }

  part.play.addEventListener("click", () => (timer ? rest() : play()));
  part.walkalong.addEventListener("input", () => {
    rest();
    show(Number(part.walkalong.value));
  });
  part.walkspeed.addEventListener("input", showSpeed);
  part.walkloop.addEventListener("change", () => set(stops));
  part.walkstrip.addEventListener("click", (event) => {
    const box = part.walkstrip.getBoundingClientRect();
    rest();
    show(Math.min(num - 1, Math.floor((num * (event.clientX - box.left)) / box.width)));
  });
  part.pin.addEventListener("click", () => add(canvas.request(), part.picture));

  // --- saving --------------------------------------------------------------------------------

  async function save(kind) {
    part.walk.setAttribute("aria-busy", "true");
    try {
      const settings = { kind, pause: pause(), smooth: canvas.isSmooth() };
      const { file } = await ask(server.animation, { ...request(), ...settings });
      const blob = await (await fetch(file)).blob(); // browsers save no long data URL
      saveBlob(`${canvas.fileName(t("file"))}.${kind.toLowerCase()}`, blob);
      tell(part.walkline);
    } catch (error) {
      tell(part.walkline, error.message);
    }
    part.walk.removeAttribute("aria-busy");
  }
  part.savegif.addEventListener("click", () => save("GIF"));
  part.savewebp.addEventListener("click", () => save("WEBP"));
  part.savestrip.addEventListener("click", () => {
    if (strip) saveGrid(canvas.fileName(t("file")), strip, 4, canvas.isSmooth());
  });

  showSpeed();
  lay();
  return {
    add,
    /** The section is opened: the picture of the canvas is where a walk begins. */
    open() {
      if (!stops.length && part.picture.dataset.shown) add(canvas.request(), part.picture);
    },
    /** Another model: its stops are elsewhere. */
    clear() {
      strip = null;
      part.walker.getContext("2d").clearRect(0, 0, SIDE, SIDE);
      part.walkstrip.getContext("2d").clearRect(0, 0, part.walkstrip.width, SIDE);
      set([]);
    },
    rest,
  };
}
