// Asking the server, and pacing what is asked.
import t from "../text/requests.words.js";

/**
 * The answer of a server function; what went wrong is thrown in words for the visitor.
 * @template Request
 * @param {(request: Request) => Promise<any>} call
 * @param {Request} request
 */
export async function ask(call, request) {
  let answer;
  try {
    answer = await call(request);
  } catch {
    answer = undefined;
  }
  if (!answer) throw new Error(t("lost"));
  if (answer.error) throw new Error(answer.error);
  return answer;
}

/**
 * A sender that keeps one request in flight and, of those that come meanwhile, only the newest:
 * a dragged slider never runs ahead of the server, and its last value always arrives.
 * @template Request
 * @param {(request: Request) => Promise<any>} call
 * @param {(answer: any, request: Request) => void | Promise<void>} onanswer
 * @param {(error: Error, request: Request) => void} onerror
 * @param {number} pause least time between two requests, in milliseconds
 */
export function newest(call, onanswer, onerror, pause = 0) {
  let busy = false;
  let waiting = null;
  return async function send(request) {
    waiting = request;
    if (busy) return;
    busy = true;
    while (waiting !== null) {
      const current = waiting;
      const begun = performance.now();
      waiting = null;
      try {
        await onanswer(await ask(call, current), current);
      } catch (error) {
        onerror(error, current);
      }
      const left = pause - (performance.now() - begun);
      if (waiting !== null && left > 0) await sleep(left);
    }
    busy = false;
  };
}

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * The last of many calls within a time.
 * @param {(...values: any[]) => void} call
 * @param {number} wait milliseconds
 */
export function later(call, wait) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), wait);
  };
}
