import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parse, speaker, writing } from "../../demo/components/text.js";
import english from "../../demo/text/language.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const say = (message, values) => speaker({ key: message }, english)("key", values);

for (const [message, values, expected] of read("../messages.json")) {
  test(`${message} of ${JSON.stringify(values)}`, () => {
    assert.equal(say(message, values), expected);
  });
}

test("elements stay elements among the words", () => {
  const node = { nodeType: 1 };
  const t = speaker({ key: "{model} says {label}." }, english);
  assert.deepEqual(t.nodes("key", { model: "DCGAN", label: node }), ["DCGAN", " says ", node, "."]);
});

test("what is no message is refused", () => {
  for (const wrong of ["{", "}", "{a", "{a b}", "{n, plural, one {#}}", "{n, plural, other {#}"]) {
    assert.throws(() => parse(wrong), Error, wrong);
  }
});

test("missing words and values are warned of, and the rest is said", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  assert.equal(speaker({}, english)("nowhere"), "nowhere");
  assert.equal(say("A {name}.", {}), "A undefined.");
  assert.equal(warn.mock.callCount(), 2);
});

test("another language has its own plurals and numbers", () => {
  const polish = writing({ ...english, locale: "pl" });
  assert.deepEqual([1, 2, 5].map(polish.plural), ["one", "few", "many"]);
  assert.equal(polish.number(12345.5), "12\u00a0345,5");
  const turkish = writing({ ...english, locale: "tr", percent: "%{number}" });
  assert.equal(turkish.percent(0.5), "%50");
});
