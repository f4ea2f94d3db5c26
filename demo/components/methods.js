// What methods of classifying are called.
import t from "../text/methods.words.js";

/**
 * What a method of classifying is called; its own name where there are no words for it.
 * @param {string} method
 */
export const methodTitle = (method) => (t.has(`title-${method}`) ? t(`title-${method}`) : method);
