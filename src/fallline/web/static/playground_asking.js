// Questions to the server that never pile up: of each kind one is on its way, and the newest goes next.
//
// newest(ask, apart)    a function with the arguments of `ask`; while one call is under way, and for `apart` milliseconds
//                   after it began, only the last of the further ones is kept. `ask` catches its own errors.
// each(ask)         the same for many things at once: `changed(key)` asks for a thing, `ask(keys)` answers for several.
//                   What is asked for the first time, and may have to be compiled, goes alone and holds up nobody.

export function newest(ask, apart = 0) {
  let busy = false, next = null;
  return async function again(...args) {
    next = args;
    if (busy) return;
    busy = true;
    while (next) {
      const now = next;
      next = null;
      await Promise.all([ask(...now), new Promise(resolve => setTimeout(resolve, apart))]);
    }
    busy = false;
  };
}

export function each(ask) {
  const known = new Set(), alone = new Set(), dirty = new Set();
  let busy = false;

  async function first(key) {
    alone.add(key);
    const done = await ask([key]);
    alone.delete(key);
    if (done) known.add(key);
    if (dirty.has(key) && known.has(key)) together();
    else if (dirty.delete(key)) first(key);
  }

  async function together() {
    if (busy) return;
    busy = true;
    for (;;) {
      const keys = [...dirty].filter(key => known.has(key));
      if (!keys.length) break;
      for (const key of keys) dirty.delete(key);
      await ask(keys);
    }
    busy = false;
  }

  return {
    changed(key) {
      if (!known.has(key) && !alone.has(key)) { first(key); return; }
      dirty.add(key);
      if (known.has(key)) together();
    },
    forget(key) { known.delete(key); dirty.delete(key); },
    forgetAll() { known.clear(); },
  };
}
