// Numbers below a million in digits, English words and Chinese numerals, as attend.data.numerals has them.

const DIGITS = [..."零一二三四五六七八九"];
const SMALL = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
  "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]; // prettier-ignore
const TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SPECIAL = ["<pad>", "<begin>", "<end>"];

export const LIMIT = 1_000_000;
export const BEGIN = 1;
export const END = 2;
export const WORDS = [...SMALL, ...TENS, "hundred", "thousand", "million"];
export const SOURCE = [...SPECIAL, ...WORDS];
export const TARGET = [...SPECIAL, ...DIGITS, "十", "百", "千", "万", "亿"];

// 342017 → "three hundred forty-two thousand seventeen".
export function english(number) {
  const thousands = Math.floor(number / 1000);
  const rest = number % 1000;
  const said = thousands > 0 ? [block(thousands), "thousand"] : [];
  if (rest > 0 || thousands === 0) said.push(block(rest));
  return said.join(" ");
}

function block(number) {
  if (number < 20) return SMALL[number];
  if (number < 100) return TENS[Math.floor(number / 10) - 2] + (number % 10 ? `-${SMALL[number % 10]}` : "");
  const hundreds = `${SMALL[Math.floor(number / 100)]} hundred`;
  return number % 100 ? `${hundreds} ${block(number % 100)}` : hundreds;
}

// The words, one a token: hyphens and commas part them, "and" is left out.
export function splitEnglish(text) {
  return text.toLowerCase().split(/[\s,‐‑–-]+/).filter((word) => word !== "" && word !== "and");
}

// 342017 → "三十四万二千零一十七".
export function chinese(number) {
  if (number === 0) return DIGITS[0];
  const high = Math.floor(number / 10_000);
  return (high > 0 ? `${group(high, true)}万` : "") + group(number % 10_000, high === 0);
}

// Four digits; zeros before a digit are read as one 零, but not those at the start of a number.
function group(number, atStart) {
  let said = "";
  let gap = false;
  for (const [unit, name] of [[1000, "千"], [100, "百"], [10, "十"], [1, ""]]) {
    const digit = Math.floor(number / unit) % 10;
    if (digit === 0) gap ||= said !== "" || !atStart;
    else {
      said += (gap ? DIGITS[0] : "") + DIGITS[digit] + name;
      gap = false;
    }
  }
  return atStart && said.startsWith("一十") ? said.slice(1) : said;
}

const RANGE = `Expected a whole number from 0 to ${(LIMIT - 1).toLocaleString("en-US")}`;

// What the reader typed, digits or words → { number } or { problem }, a sentence to show beneath.
export function readNumber(text) {
  const typed = text.trim();
  if (typed === "") return { problem: "Type a number, such as 342017, or its English words." };
  if (/\p{Nd}/u.test(typed)) {
    const isPlain = /^(\d+|\d{1,3}([, ]\d{3})+)$/.test(typed);
    const number = Number(typed.replace(/[, ]/g, ""));
    return isPlain && number < LIMIT ? { number } : { problem: `${RANGE}, got “${shortened(typed)}”.` };
  }
  return readEnglish(typed);
}

function readEnglish(text) {
  const words = splitEnglish(text);
  const unknown = words.findIndex((word) => !WORDS.includes(word));
  if (unknown >= 0) {
    const near = nearestWord(words[unknown]);
    const hint = near === null ? "Expected words such as “forty” or “thousand”." : `Did you mean “${near}”?`;
    return { problem: `Unknown word “${shortened(words[unknown])}”. ${hint}` };
  }
  if (words.includes("million")) return { problem: `${RANGE}: the translator has not learned “million”.` };
  let [total, part] = [0, 0];
  for (const word of words) {
    if (word === "hundred") part *= 100;
    else if (word === "thousand") [total, part] = [total + part * 1000, 0];
    else part += SMALL.includes(word) ? SMALL.indexOf(word) : 10 * (TENS.indexOf(word) + 2);
  }
  const number = total + part;
  const said = number < LIMIT ? splitEnglish(english(number)) : [];
  if (said.join(" ") === words.join(" ") && words.length > 0) return { number };
  return { problem: `These words are not one number: “${shortened(text)}”. Expected some like “forty-two thousand seventeen”.` };
}

function shortened(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

// The known word that takes the fewest single-letter changes, or null when all are far.
export function nearestWord(word) {
  let [best, fewest] = [null, Math.max(1, Math.floor(word.length / 3)) + 1];
  for (const known of WORDS) {
    const changes = editDistance(word, known);
    if (changes < fewest) [best, fewest] = [known, changes];
  }
  return best;
}

function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
