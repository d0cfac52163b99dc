// How an answer fares, in words: what is done about a fault of the model while one waits, and how
// it ended where it did not end well.
//
//   <p data-answer-notice hidden><span data-answer-notice-text>
//   <div data-ending="failed" hidden><p data-ending-sentence>
//   showNotice(root, "The model is busy …");   "" takes it away
//   showEnding(root, "failed", sentence);   <button data-continue-answer>: where there is a text

export function showNotice(root, sentence) {
  const place = root.querySelector("[data-answer-notice]");
  place.hidden = !sentence;
  place.querySelector("[data-answer-notice-text]").textContent = sentence;
}

export function showEnding(root, name, sentence = "") {
  const begun = root.querySelector("[data-answer-text]").textContent.trim() !== "";
  for (const ending of root.querySelectorAll("[data-ending]")) {
    ending.hidden = ending.dataset.ending !== name;
    const place = ending.querySelector("[data-ending-sentence]");
    if (place && !ending.hidden) place.textContent = sentence;
    const goOn = ending.querySelector("[data-continue-answer]");
    if (goOn) goOn.hidden = !begun;
  }
}
