// What the scripts of the page must pass: `npm run check`.
import js from "@eslint/js";
import globals from "globals";

// What a visitor reads stands in demo/text/. Several words in a row, a capital letter at the
// beginning, and all that is put where words are shown look like it; classes, commands, names of
// keys and of errors of the browser do not.
const SENTENCE = "[A-Za-z’]{2}[,:.]? [A-Za-z]{2}|^ [A-Za-z]{2}|[A-Za-z]{2}:? $|^[A-Z][a-z]";
const NO_WORDS =
  "dg-|python -m|--[a-z]|^\\(|^use strict|^(Arrow|Page)[A-Z]|^(Enter|Home|End|Escape|Delete|Backspace)$|Error$";
const WORDS = `/^(?!.*(${NO_WORDS})).*(${SENTENCE})/s`;
const LETTERS = "[value=/^(?![a-z]+(-[a-z]+)+$).*[A-Za-z]{2}/]"; // and no key of a message
const SHOWN = "/^(textContent|title|label|note|alt|placeholder|aria-label|aria-valuetext)$/";
const WHERE_WORDS_ARE = [
  `Literal[value=${WORDS}]`,
  `TemplateElement[value.raw=${WORDS}]`,
  `CallExpression[callee.name="h"] > Literal:not(:first-child)${LETTERS}`,
  `AssignmentExpression[left.property.name=${SHOWN}] > Literal${LETTERS}`,
  `Property[key.name=${SHOWN}] > Literal.value${LETTERS}`,
  `Property[key.value=${SHOWN}] > Literal.value${LETTERS}`,
  `CallExpression[callee.property.name="setAttribute"][arguments.0.value=${SHOWN}] > ` +
    `Literal.arguments:not(:first-child)${LETTERS}`,
];

export default [
  js.configs.recommended,
  {
    files: ["demo/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-shadow": "off",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-syntax": [
        "error",
        ...WHERE_WORDS_ARE.map((selector) => ({
          selector,
          message: "Words that a visitor reads stand in demo/text/en/.",
        })),
      ],
      "no-empty": ["error", { allowEmptyCatch: true }],
    },
  },
  // Its errors are for those who write messages.
  { files: ["demo/components/text.js"], rules: { "no-restricted-syntax": "off" } },
  { files: ["tests/js/**/*.js", "*.js"], languageOptions: { globals: globals.node } },
];
