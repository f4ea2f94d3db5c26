// Lets the tests import scripts that import words: those are made by the server out of
// demo/text/en/, for which this stands in. Named by `npm test`.
import { register } from "node:module";

register("./words-loader.js", import.meta.url);
