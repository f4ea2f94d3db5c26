// What methods of classifying are called.
import t from "../text/methods.words.js";

export const METHODS = ["head", "bayes", "semi-supervised", "features", "bayes-features", "cnn"];

/**
 * What a method of classifying is called.
 * @param {string} method
 */
export const methodTitle = (method) => (METHODS.includes(method) ? t(method) : method);
