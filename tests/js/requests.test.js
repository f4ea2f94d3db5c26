import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, later, newest, sleep } from "../../demo/components/requests.js";

test("one request is in flight, and of those that come meanwhile only the newest is sent", async () => {
  const sent = [];
  const answered = [];
  let inFlight = 0;
  const send = newest(
    async (request) => {
      assert.equal(++inFlight, 1);
      sent.push(request.value);
      await sleep(5);
      inFlight--;
      return request;
    },
    (answer) => void answered.push(answer.value),
    assert.fail,
  );
  const first = send({ value: 1 });
  for (const value of [2, 3, 4]) send({ value });
  await first;
  assert.deepEqual(sent, [1, 4]);
  assert.deepEqual(answered, [1, 4]);
});

test("what goes wrong is told with its request, and the next one is sent", async () => {
  const errors = [];
  const send = newest(
    async ({ value }) => (value === 1 ? { error: "Choose a model first." } : { value }),
    () => {},
    (error, request) => void errors.push([error.message, request.value]),
  );
  await Promise.all([send({ value: 1 }), send({ value: 2 })]);
  assert.deepEqual(errors, [["Choose a model first.", 1]]);
});

test("between two requests there is a pause", async () => {
  const times = [];
  const send = newest(
    async () => {
      times.push(performance.now());
      return {};
    },
    () => {},
    assert.fail,
    40,
  );
  await Promise.all([send({}), send({})]);
  assert.ok(times[1] - times[0] >= 35);
});

test("a server that is gone is told in words", async () => {
  const gone = () => Promise.reject(new TypeError("Failed to fetch"));
  await assert.rejects(ask(gone, {}), /The server does not answer/);
  await assert.rejects(
    ask(async () => undefined, {}),
    /The server does not answer/,
  );
});

test("of many calls the last one counts", async () => {
  const seen = [];
  const call = later((value) => seen.push(value), 10);
  for (const value of [1, 2, 3]) call(value);
  await sleep(30);
  assert.deepEqual(seen, [3]);
});
