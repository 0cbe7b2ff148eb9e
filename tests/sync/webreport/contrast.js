// Texts whose contrast with what is behind them is below WCAG 2.2's 4.5 to 1 (3 to 1 where large).
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const found = channels(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
};
const ratio = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
/** The bar that an SVG text stands on, if any: by place, as text and bars are siblings' children. */
const barBelow = (text) => {
  const { left, right, top, bottom } = text.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const bars = [...text.ownerSVGElement.querySelectorAll("rect")];
  return bars.find((bar) => {
    const box = bar.getBoundingClientRect();
    return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
  });
};
const found = [];
let seen = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const words = walker.currentNode.data.trim();
  if (!words || !element.checkVisibility() || element.closest("script, .unseen, button:disabled, option")) continue;
  const style = getComputedStyle(element);
  const svg = element.closest("svg");
  const bar = svg && element.closest("text") ? barBelow(element.closest("text")) : null;
  const ink = channels(svg ? style.fill : style.color);
  const paper = bar ? channels(getComputedStyle(bar).fill) : ground(element);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  seen += 1;
  const contrast = ratio(ink, paper);
  if (contrast < (large ? 3 : 4.5)) found.push(`${contrast.toFixed(2)} ${words.slice(0, 40)}`);
}
if (!seen) found.push("no text at all");
return found;
