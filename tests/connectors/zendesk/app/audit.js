// What an accessibility checker looks at, for the page as it is shown now: a list of complaints.
const found = [];

function channels(colour) {
  const parts = colour.match(/[\d.]+/g).map(Number);
  return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ground(element) {
  for (let at = element; at; at = at.parentElement) {
    const { rgb, alpha } = channels(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return rgb;
  }
  return [255, 255, 255];
}

function ratio(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

// WCAG 2.2, 1.4.3: 4.5 to 1, or 3 to 1 for text of 24 px, or of 18.66 px in bold.
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, .unseen")) continue;
  texts += 1;
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  const seen = ratio(channels(style.color).rgb, ground(element));
  if (seen < least) found.push(`contrast ${seen.toFixed(2)}: ${walker.currentNode.data.slice(0, 40)}`);
}
if (texts === 0) found.push("no text");

// 1.4.11: what carries meaning without text, 3 to 1: the bars beside their track, and borders.
for (const bar of document.querySelectorAll(".filled")) {
  const fill = channels(getComputedStyle(bar).backgroundColor).rgb;
  const seen = ratio(fill, ground(bar.parentElement));
  if (seen < 3) found.push(`bar contrast ${seen.toFixed(2)}`);
}

if (!document.documentElement.lang) found.push("no language");
if (!document.title) found.push("no title");
if (document.querySelectorAll("main").length !== 1) found.push("not one main");
if (document.querySelectorAll("h1").length > 1) found.push("more than one h1");
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
if (new Set(ids).size !== ids.length) found.push("an id twice");
for (const element of document.querySelectorAll("[aria-controls]")) {
  if (!document.getElementById(element.getAttribute("aria-controls"))) found.push("aria-controls to nothing");
}
for (const element of document.querySelectorAll("button")) {
  if (!element.textContent.trim()) found.push("a button without name");
  const { width, height } = element.getBoundingClientRect();
  if (width < 24 || height < 24) found.push("a target under 24 px"); // 2.5.8
}
for (const element of document.querySelectorAll("[tabindex], [style*='color'], [onclick]")) {
  found.push(`tabindex, colour or handler in markup: ${element.tagName}`);
}
for (const list of document.querySelectorAll("dl > div")) {
  if (!list.querySelector("dt") || !list.querySelector("dd")) found.push("a dl row without dt or dd");
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push("scrolls sideways");
return found;
