// A training on the server, as long as the page looks at it.
import { ask, sleep } from "../../components/requests.js";

const KEY = "dg-training";
const PAUSE = 500; // ms between two questions how it stands

/** The key of the last training, so that a reload takes it up again; "" where there is none. */
export function rememberedKey() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // an embedded page may be denied its storage
  }
}

function remember(key) {
  try {
    if (key) localStorage.setItem(KEY, key);
    else localStorage.removeItem(KEY);
  } catch {}
}

/**
 * Follows one training after another. `since()` tells what the page has of it and wants:
 * { since, frame, wishes }. `onstatus` gets each answer, `ongone` why there is none, `onlost` an
 * error after which it goes on asking, and `isSeen()` says whether anybody looks.
 * @param {Server} server
 */
export function createSession(server, { since, onstatus, ongone, onlost, isSeen }) {
  let key = "";
  let wake = () => {};

  /** Ask again and again, one request at a time, until another training is followed. */
  async function follow() {
    const mine = key;
    while (mine === key) {
      const begun = performance.now();
      let isIdle = false;
      try {
        const status = await ask(server.status, { key: mine, ...since() });
        if (mine !== key) return;
        if (status.is_gone) {
          leave();
          return ongone(status.is_gone);
        }
        await onstatus(status);
        if (status.is_over) return;
        isIdle = status.is_ready && !status.is_playing && status.place === 0;
      } catch (error) {
        if (mine === key) onlost(error);
      }
      const woken = new Promise((done) => (wake = () => done(undefined)));
      await Promise.race([sleep(Math.max(0, PAUSE - (performance.now() - begun))), woken]);
      while (mine === key && isIdle && !isSeen()) await sleep(PAUSE / 2);
    }
  }

  function leave() {
    key = "";
    remember("");
  }

  return {
    key: () => key,
    follow(nextKey) {
      key = nextKey;
      remember(key);
      follow();
    },
    leave,
    /** Ask at once. */
    nudge: () => wake(),
    /** Call a server function about this training, and ask at once what came of it. */
    async send(call, request = {}) {
      const answer = await ask(call, { key, ...request });
      wake();
      return answer;
    },
  };
}
