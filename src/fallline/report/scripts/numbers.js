// Numbers as people read them, in columns that do not jump.
//
// number(value) -> string           four significant digits: "0.9741", "1.235e−5", "∞"
// placed(value, axis) -> string     a coordinate, to a ten-thousandth of its axis or so

export function number(value) {
  if (!isFinite(value)) return isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 99999.5) return signed(value.toExponential(3));
  return signed(size >= 9999.5 ? value.toFixed(0) : value.toPrecision(4));
}

export function placed(value, {low, high}) {
  if (!isFinite(value)) return number(value);
  const digits = Math.min(Math.max(4 - Math.floor(Math.log10(high - low)), 0), 12);
  return Math.abs(value) < 10 * Math.max(Math.abs(low), Math.abs(high)) ? signed(value.toFixed(digits)) : number(value);
}

function signed(text) { return text.replace("e+", "e").replaceAll("-", "−"); }
