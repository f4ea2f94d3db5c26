import { readFile } from "node:fs/promises";

const MADE = /\/demo\/text\/(language|(\w+)\.words)\.js$/;

export function resolve(specifier, context, next) {
  const { href } = new URL(specifier, context.parentURL);
  return MADE.test(href) ? { url: href, shortCircuit: true } : next(specifier, context);
}

export async function load(url, context, next) {
  const [, name, part] = url.match(MADE) ?? [];
  if (!name) return next(url, context);
  const json = await readFile(new URL(`./en/${part ?? name}.json`, url), "utf8");
  const source = part
    ? `import { speaker } from "../components/text.js";
       import language from "./language.js";
       export default speaker(${json}, language);`
    : `export default { code: "en", ...${json} };`;
  return { format: "module", source, shortCircuit: true };
}
