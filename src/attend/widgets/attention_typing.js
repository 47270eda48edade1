import { splitWords } from "./attention_arithmetic.js";
import { sentenceProblem } from "./attention_sentences.js";
import { problemLine, textField } from "./ui.js";

// The box for the reader's own sentence. New words get new vectors, so what was set by hand for the old ones goes.
export function makeSentenceField({ getFrame, writeAloud, lookAway }) {
  let words = "";
  const problem = problemLine();
  const field = textField({
    label: "Your sentence",
    value: "",
    attributes: { class: "attend-aw-sentence" },
    onChange(text) {
      const tokens = splitWords(text);
      const wrong = sentenceProblem(tokens);
      problem.show(wrong);
      if (wrong) return;
      if (tokens.join("\n") === getFrame().tokens.join("\n")) return;
      lookAway();
      const { pinned, valid_length: validLength } = getFrame();
      const fits = validLength !== null && validLength <= tokens.length;
      writeAloud({
        tokens,
        vectors: null,
        key_vectors: null,
        value_vectors: null,
        query: Math.min(pinned, tokens.length - 1),
        valid_length: fits ? validLength : null,
      });
    },
  });
  return {
    parts: [field.root, problem.root],
    show(tokens) {
      // The sentence with the problem is the reader's own while the cursor is in it.
      if (words !== tokens.join(" ") && document.activeElement !== field.input) problem.show("");
      words = tokens.join(" ");
      field.set(words);
    },
  };
}
