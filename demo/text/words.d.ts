// What demo/text/__init__.py makes of the words, as scripts import it.

declare module "*.words.js" {
  /** The words of a part of the page. */
  const t: ReturnType<typeof import("../components/text.js").speaker>;
  export default t;
}

declare module "*/text/language.js" {
  /** What the language that is spoken is like. */
  const language: import("../components/text.js").Language & { code: string };
  export default language;
}
