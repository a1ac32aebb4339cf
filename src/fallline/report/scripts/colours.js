// Roles of `figures/style.py` as the colours that the page has now: Python gives the page a variable `--ROLE` for each,
// for light and for dark.
//
// colour(role) -> string       "#0072b2"
// isDark() -> boolean          whether the page is dark now
// onColours(callback)          called when the reader changes between light and dark

const known = new Map(), scheme = matchMedia("(prefers-color-scheme: dark)");
scheme.addEventListener("change", () => known.clear());

export function colour(role) {
  if (!known.has(role)) known.set(role, getComputedStyle(document.documentElement).getPropertyValue(`--${role}`).trim());
  return known.get(role);
}

export const isDark = () => scheme.matches;

export function onColours(callback) { scheme.addEventListener("change", callback); }
