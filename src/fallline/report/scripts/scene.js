// A scene as the page has it. Python's `fallline.report.scene_json.scene_json(scene)` makes the JSON:
//
// {
//   title: string, notes: string[], steps: number,        // the steps of the longest way
//   axes: [axis, axis],                                   // two coordinates, or one coordinate and the function
//   ratio: number,                                        // height of the room within the axes over its width
//   ground: {kind: "map", land: string,                   // the land as SVG, which fills the room
//            columns: number, rows: number, heights: b64, // from 0 to 1, row by row from the axes' low ends
//            upright: {name: string, ticks: [from 0 to 1: number, label: string][]},
//            shades: {bands, lights, light: colour[], dark: colour[]}, signs: sign[]}
//         | {kind: "curve", x: b64, y: b64, signs: sign[]},
//   ways: way[],
// }
// sign = {kind: "minimum"|"local minimum"|"saddle point", point: [number, number]}
// axis = {name: string, low: number, high: number, ticks: [value: number, label: string][]}
// way  = {label, method, outcome, ending: string, failed: boolean, chosen: "tuned"|"given"|"own"|null, lr: number|null,
//         role: string, dashes: number[],                 // the colour's role, the line's dashes in pixels
//         steps: number, leaves: number|null,
//         points: b64, f: b64, gradient: b64,             // n + 1 points of d coordinates, one after the other
//         memory: {direction: slot|null, squares: slot|null}}  // where it pushes; the squared gradients gathered
// slot = {name: string, values: b64}
//
// b64 is base64 of little-endian float32; `openScene` and `openWay` turn it into Float32Array.
//
// openScene(json) -> scene      the same object, with arrays, and with `d`, the number of coordinates
// openWay(json) -> way          the same for one way, for `setWays` of a view

function floats(text) {
  const plain = atob(text), bytes = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

const slot = json => json && {...json, values: floats(json.values)};

export function openWay(json) {
  const {direction, squares} = json.memory, memory = {direction: slot(direction), squares: slot(squares)};
  return {...json, memory, points: floats(json.points), f: floats(json.f), gradient: floats(json.gradient)};
}

export function openScene(json) {
  const ground = {...json.ground};
  for (const name of ["x", "y", "heights"]) if (name in ground) ground[name] = floats(ground[name]);
  return {...json, ground, d: ground.kind === "map" ? 2 : 1, ways: json.ways.map(openWay)};
}
