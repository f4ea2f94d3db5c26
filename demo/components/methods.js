// What methods of classifying are called.

const METHOD_TITLES = {
  head: "Class head",
  bayes: "Bayes’ rule",
  "semi-supervised": "K + 1 classes",
  features: "Linear machine on features",
  "bayes-features": "Bayes’ rule on features",
  cnn: "Classifier",
};
/**
 * What a method of classifying is called.
 * @param {string} method
 */
export const methodTitle = (method) => METHOD_TITLES[method] ?? method;
