// Walks of the Generate tab: from picture to picture, played and saved.
import { tell } from "../../components/base.js";
import { cut, decoded, saveBlob, saveGrid } from "../../components/pictures.js";
import { ask, later, newest } from "../../components/requests.js";
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
    async (answer, asked) => {
      if (asked.stops[0].model !== canvas.model.name) return;
      tell(part.walkline);
      strip = await decoded(answer.grid);
      num = answer.num;
      part.walkstrip.width = num * SIDE;
      part.walkstrip.getContext("2d").drawImage(strip, 0, 0);
      part.walkalong.max = num - 1;
      show(Math.min(at, num - 1));
      part.walk.dataset.shown = JSON.stringify(asked); // what the tests wait for
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
    part.walkhow.textContent = isWalk
      ? "The way is an arc around the origin of the latent space, so that every picture on it is about as likely as its ends. Where the class changes, each picture is drawn as that of the nearer stop."
      : "Choose two to five pictures: pin the one above, or press some of the many below.";
  }

  const sendLater = later(() => stops.length > 1 && send(request()), 60);

  function set(next) {
    stops = next;
    rest();
    lay();
    sendLater();
  }

  function add(setting, node) {
    if (stops.length === MOST) return tell(part.walkline, "Five stops are the most: take one out.");
    tell(part.walkline);
    set([...stops, keep(setting, node)]);
  }

  // --- playing -------------------------------------------------------------------------------

  function show(place) {
    at = place;
    if (strip) cut(part.walker, strip, at);
    part.walkalong.value = at;
    part.walkalong.style.setProperty("--at", `${(100 * at) / Math.max(1, num - 1)}%`);
    part.walkalong.setAttribute("aria-valuetext", `picture ${at + 1} of ${num}`);
  }

  function step() {
    if (part.walk.offsetParent === null || !strip) return rest(); // another tab was opened
    if (at === num - 1 && !isClosed() && !part.walkagain.checked) return rest();
    show((at + 1) % num);
    timer = setTimeout(step, pause());
  }

  function play() {
    if (at === num - 1) show(0);
    part.play.textContent = "Pause";
    timer = setTimeout(step, pause());
  }

  function rest() {
    clearTimeout(timer);
    timer = 0;
    part.play.textContent = "Play";
  }

  part.play.addEventListener("click", () => (timer ? rest() : play()));
  part.walkalong.addEventListener("input", () => {
    rest();
    show(Number(part.walkalong.value));
  });
  part.walkspeed.addEventListener("input", () => {
    part.walkspeedvalue.textContent = `${part.walkspeed.value} a second`;
  });
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
      const asked = { ...request(), kind, pause: pause(), smooth: canvas.isSmooth() };
      const { file } = await ask(server.animation, asked);
      const blob = await (await fetch(file)).blob(); // browsers save no long data URL
      saveBlob(`${canvas.fileName("walk")}.${kind.toLowerCase()}`, blob);
      tell(part.walkline);
    } catch (error) {
      tell(part.walkline, error.message);
    }
    part.walk.removeAttribute("aria-busy");
  }
  part.savegif.addEventListener("click", () => save("GIF"));
  part.savewebp.addEventListener("click", () => save("WEBP"));
  part.savestrip.addEventListener("click", () => {
    if (strip) saveGrid(canvas.fileName("walk"), strip, 4, canvas.isSmooth());
  });

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
