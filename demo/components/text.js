// Words with values in them: the messages of a catalogue, such as
// "{count, plural, one {# picture} other {# pictures}} of {name}, {share, percent} right".
// demo/text/messages.py is the same for Python; tests/messages.json holds both to one behaviour.

/**
 * What a language is like, from its language.json.
 * @typedef {{ locale: string, percent: string, beyond: string }} Language
 *
 * A piece of a message: words, the count of the plural around it ("#"), or a value.
 * @typedef {string | { isCount: true } | Value} Piece
 * @typedef {{ name: string, kind: string, style: string, cases: Record<string, Piece[]> }} Value
 */

const CASES = ["plural", "select"];

/**
 * The pieces of a message. Braces belong to values; there is no way to write one as it is.
 * @param {string} message
 * @returns {Piece[]}
 */
export function parse(message) {
  let at = 0;

  /** @param {RegExp} pattern sticky */
  function take(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(message);
    if (!found) throw new Error(`at ${at}, this is no message: ${message}`);
    at = pattern.lastIndex;
    return found;
  }

  function pieces(isCase) {
    const found = [];
    while (at < message.length && message[at] !== "}") {
      if (message[at] === "{") found.push(value());
      else if (isCase && message[at] === "#") found.push(take(/#/y) && { isCount: true });
      else found.push(take(isCase ? /[^{}#]+/y : /[^{}]+/y)[0]);
    }
    return found;
  }

  function value() {
    const [, name, kind = "", style = ""] = take(/\{(\w+)(?:, *(\w+)(?:, *(\d+))?)?/y);
    const cases = {};
    if (CASES.includes(kind)) {
      take(/, */y);
      while (message[at] !== "}") {
        const [, label] = take(/(=?[\w-]+) *\{/y);
        cases[label] = pieces(true);
        take(/\} */y);
      }
      if (!cases.other)
        throw new Error(`in this message {${name}} has no case for all others: ${message}`);
    }
    take(/\}/y);
    return { name, kind, style, cases };
  }

  const found = pieces(false);
  if (at < message.length) take(/$/y);
  return found;
}

/**
 * How a language writes numbers and lists.
 * @param {Language} language
 */
export function writing({ locale, percent: percentPattern, beyond }) {
  const formats = new Map(); // digits -> Intl.NumberFormat
  const plurals = new Intl.PluralRules(locale);
  const lists = new Intl.ListFormat(locale);

  /**
   * @param {number} value
   * @param {number} [digits] behind the point; as many as there are, up to three, if not given
   */
  function number(value, digits) {
    if (!formats.has(digits)) {
      const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      const options = digits === undefined ? {} : exactly;
      formats.set(digits, new Intl.NumberFormat(locale, options));
    }
    return formats.get(digits).format(value).replace("-", "−");
  }

  /**
   * 0.9731 -> "97 %"; close to the ends one decimal, so that 99.6 % is no certainty.
   * @param {number} share of 1
   * @param {number} [digits] behind the point
   */
  function percent(share, digits) {
    const value = 100 * share;
    const written = (number) => percentPattern.replace("{number}", number);
    if (digits !== undefined) return written(number(value, digits));
    if (value > 99.9) return beyond.replace("{number}", written(number(99.9, 1)));
    return written(number(value, value > 99 || (value > 0.05 && value < 1) ? 1 : 0));
  }

  return {
    number,
    percent,
    /** "a", "a and b", "a, b and c". */
    list: (items) => lists.format(items),
    /** The case of a count: "one", "other", … */
    plural: (count) => plurals.select(count),
  };
}

/**
 * What says the words of one part of the page.
 * @param {Record<string, string>} words messages by key
 * @param {Language} language
 */
export function speaker(words, language) {
  const { number, percent, list, plural } = writing(language);
  const parsed = new Map(); // key -> pieces

  function piecesOf(key) {
    if (!parsed.has(key)) {
      if (!(key in words)) console.warn(`There are no words for ${key}.`);
      parsed.set(key, parse(words[key] ?? key));
    }
    return parsed.get(key);
  }

  /** @returns {(string | Node)[]} */
  function said(pieces, values, count = 0) {
    return pieces.flatMap((piece) => {
      if (typeof piece === "string") return [piece];
      if (piece.isCount) return [number(count)];
      const { name, kind, style, cases } = piece;
      const value = values[name];
      if (value === undefined || value === null) console.warn(`{${name}} has no value.`);
      const digits = style === "" ? undefined : Number(style);
      if (kind === "number") return [number(value, digits)];
      if (kind === "percent") return [percent(value, digits)];
      if (kind === "list") return [list(value)];
      if (kind === "plural")
        return said(cases[`=${value}`] ?? cases[plural(value)] ?? cases.other, values, value);
      if (kind === "select") return said(cases[value] ?? cases.other, values, count);
      return [typeof value === "object" ? value : String(value)];
    });
  }

  /**
   * The words of a key, with values in them.
   * @param {string} key
   * @param {Record<string, any>} values
   */
  const t = (key, values = {}) => said(piecesOf(key), values).join("");

  /** Whether there are words for a key that another part of the page has made. */
  t.has = (key) => key in words;

  /** The same where elements are among the values: what to put into an element, piece by piece. */
  t.nodes = (key, values = {}) => said(piecesOf(key), values);
  return t;
}
