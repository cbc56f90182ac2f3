// Particles in space and in a map, linked: what is selected in one is seen in the other. Drawn with regl.
"use strict";
(async () => {
  const byId = id => document.getElementById(id);
  const fail = message => { byId("error").textContent = message; document.body.dataset.error = message; };
  const data = JSON.parse(byId("data").textContent);
  const SPACE_VERTICES = `
    precision highp float;
    attribute vec3 place; attribute vec4 color;
    uniform mat3 turn; uniform vec2 reach; uniform float depth, size, cut;
    varying vec4 shade;
    void main() {
      vec3 seen = turn * place;
      shade = color;
      gl_PointSize = size;
      gl_Position = color.a == 0.0 || seen.z > cut ? vec4(2.0, 2.0, 2.0, 1.0)
                                                  : vec4(seen.xy / reach, -seen.z / depth, 1.0);
    }`;
  const SPACE_PIXELS = `
    #ifdef GL_EXT_frag_depth
    #extension GL_EXT_frag_depth : enable
    #endif
    precision highp float;
    uniform float thick;
    varying vec4 shade;
    void main() {
      vec2 off = 2.0 * gl_PointCoord - 1.0;
      float far = dot(off, off);
      if (far > 1.0) discard;
      float front = sqrt(1.0 - far);
      float light = 0.55 + 0.45 * dot(vec3(off.x, -off.y, front), vec3(-0.4, 0.5, 0.77));
      gl_FragColor = vec4(shade.rgb * light * (front < 0.3 ? 0.7 : 1.0), 1.0);
      #ifdef GL_EXT_frag_depth
      gl_FragDepthEXT = gl_FragCoord.z - 0.5 * thick * front;
      #endif
    }`;
  const MAP_VERTICES = `
    precision highp float;
    attribute vec2 spot; attribute vec4 color;
    uniform vec2 middle, span; uniform float size;
    varying vec4 shade;
    void main() {
      shade = color; gl_PointSize = size;
      gl_Position = color.a == 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4((spot - middle) / span, 0.0, 1.0);
    }`;
  const MAP_PIXELS = `
    precision highp float;
    varying vec4 shade;
    void main() {
      vec2 off = 2.0 * gl_PointCoord - 1.0;
      if (dot(off, off) > 1.0) discard;
      gl_FragColor = vec4(shade.rgb, 1.0);
    }`;
  const LINES = `
    precision highp float;
    attribute vec3 place;
    uniform mat3 turn; uniform vec2 reach; uniform float depth;
    void main() { vec3 seen = turn * place; gl_Position = vec4(seen.xy / reach, -seen.z / depth, 1.0); }`;

  const unpack = async (text, type) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new type(await new Response(stream).arrayBuffer());
  };
  // Whole numbers 0 ... 65535 over the range of each column, back to numbers.
  const numbers = (whole, low, high) => Float32Array.from(whole, (value, i) => {
    const column = i % low.length;
    return low[column] + value / 65535 * (high[column] - low[column]);
  });
  const loaded = new Map();
  const load = async index => {
    if (!loaded.has(index)) {
      const packed = data.frames[index];
      loaded.set(index, {
        count: packed.count,
        places: numbers(await unpack(packed.places, Uint16Array), packed.low, packed.high),
        spots: numbers(await unpack(packed.spots, Uint16Array), data.map.low, data.map.high),
        structures: await unpack(packed.structures, Uint8Array),
        probability: await unpack(packed.probability, Uint8Array),
      });
    }
    return loaded.get(index);
  };

  const open = canvas => createREGL({canvas, attributes: {antialias: true, preserveDrawingBuffer: true},
                                     optionalExtensions: ["EXT_frag_depth"]});
  const canvases = {space: byId("space"), map: byId("map")};
  let space, map;
  try { space = open(canvases.space); map = open(canvases.map); }
  catch (error) { fail("This browser shows no WebGL: " + error); return; }

  const state = {index: 0, frame: null, by: "structure", off: new Set(), selected: null, cut: 1, only: false,
                 turn: [1, 0, 0, 0, 1, 0, 0, 0, 1], zoom: 1, middle: [0, 0], span: [1, 1], playing: 0};
  state.middle = data.map.low.map((low, i) => (low + data.map.high[i]) / 2);
  state.span = data.map.low.map((low, i) => 0.54 * (data.map.high[i] - low) || 1);
  const radius = data.radius;
  const buffers = {places: space.buffer(0), spaceColors: space.buffer(0), spots: map.buffer(0),
                   mapColors: map.buffer(0), edges: space.buffer(0)};

  const colorsOf = index => [1, 3, 5].map(place => parseInt(index.slice(place, place + 2), 16));
  const nameColors = data.colors.map(colorsOf), scaleColors = data.scale.map(colorsOf);
  const valueOf = (frame, i) => state.by === "probability" ? frame.probability[i] / 255
    : (frame.spots[2 * i + state.by] - data.map.low[state.by]) / (data.map.high[state.by] - data.map.low[state.by] || 1);
  const shadesOf = (frame, hide) => {
    const shades = new Uint8Array(4 * frame.count);
    for (let i = 0; i < frame.count; i++) {
      const chosen = !state.selected || state.selected[i];
      const color = state.by === "structure" ? nameColors[frame.structures[i]]
        : scaleColors[Math.min(scaleColors.length - 1, Math.floor(valueOf(frame, i) * scaleColors.length))];
      for (let c = 0; c < 3; c++) shades[4 * i + c] = chosen ? color[c] : 200 + color[c] / 6;
      shades[4 * i + 3] = state.off.has(frame.structures[i]) || (hide && !chosen) ? 0 : 255;
    }
    return shades;
  };

  const reach = () => {
    const {clientWidth: width, clientHeight: height} = canvases.space;
    const least = radius / state.zoom;
    return width > height ? [least * width / height, least] : [least, least * height / width];
  };
  const drawParticles = space({
    vert: SPACE_VERTICES, frag: SPACE_PIXELS, primitive: "points", count: () => state.frame.count,
    attributes: {place: () => buffers.places, color: {buffer: () => buffers.spaceColors, type: "uint8", normalized: true}},
    uniforms: {turn: () => state.turn, reach, depth: 2 * radius, thick: data.diameter / (2 * radius) / 2,
               cut: () => (2 * state.cut - 1) * radius,
               size: context => data.diameter / reach()[1] * context.viewportHeight / 2},
  });
  const drawBox = space({
    vert: LINES, frag: "precision highp float; void main() { gl_FragColor = vec4(0.3, 0.3, 0.3, 1.0); }",
    primitive: "lines", count: 24, attributes: {place: () => buffers.edges},
    uniforms: {turn: () => state.turn, reach, depth: 2 * radius},
  });
  const drawSpots = map({
    vert: MAP_VERTICES, frag: MAP_PIXELS, primitive: "points", count: () => state.frame.count, depth: {enable: false},
    attributes: {spot: () => buffers.spots, color: {buffer: () => buffers.mapColors, type: "uint8", normalized: true}},
    uniforms: {middle: () => state.middle, span: () => state.span, size: 3 * devicePixelRatio},
  });

  let waiting = false;
  const redraw = () => {
    if (waiting || !state.frame) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      for (const [name, canvas] of Object.entries(canvases)) {
        canvas.width = canvas.clientWidth * devicePixelRatio;
        canvas.height = canvas.clientHeight * devicePixelRatio;
        const regl = name === "space" ? space : map;
        regl.poll();
        regl.clear({color: [1, 1, 1, 1], depth: 1});
      }
      drawBox(); drawParticles(); drawSpots();
      document.body.dataset.drawn = 1 + Number(document.body.dataset.drawn || 0);
    });
  };
  const recolor = () => {
    const {frame} = state;
    buffers.spaceColors(shadesOf(frame, state.only));
    // What is selected lies on top of the map.
    buffers.mapColors(shadesOf(frame, false));
    showLegend(); redraw();
  };
  const show = async index => {
    const frame = await load(index);
    if (state.selected && state.selected.length !== frame.count) state.selected = null;
    Object.assign(state, {index, frame});
    buffers.places(frame.places);
    buffers.spots(frame.spots);
    buffers.edges(data.frames[index].edges);
    byId("time").value = index;
    byId("moment").textContent = data.frames[index].label;
    document.body.dataset.frame = data.frames[index].number;
    recolor();
  };

  const showLegend = () => {
    const {frame} = state, counts = new Array(data.names.length).fill(0), chosen = counts.slice();
    let all = 0;
    frame.structures.forEach((name, i) => {
      counts[name]++;
      if (state.selected && state.selected[i]) { chosen[name]++; all++; }
    });
    const order = counts.map((_, i) => i).filter(i => counts[i]).sort((a, b) => counts[b] - counts[a]);
    byId("legend").replaceChildren(...order.map(i => {
      const button = document.createElement("button"), mark = document.createElement("i");
      const name = document.createElement("span");
      mark.style.background = state.by === "structure" ? data.colors[i] : "#fff";
      name.textContent = data.names[i];
      button.append(mark, name, (100 * counts[i] / frame.count).toFixed(1) + " %");
      button.title = "show or hide";
      button.className = state.off.has(i) ? "off" : "";
      button.onclick = () => { state.off.has(i) ? state.off.delete(i) : state.off.add(i); recolor(); };
      return button;
    }));
    byId("colorbar").hidden = state.by === "structure";
    const [low, high] = byId("ends").children;
    low.textContent = state.by === "probability" ? "0" : state.by === "structure" ? "" : data.map.low[state.by].toPrecision(3);
    high.textContent = state.by === "probability" ? "1" : state.by === "structure" ? "" : data.map.high[state.by].toPrecision(3);
    byId("selected").textContent = state.selected ? `${all} of ${frame.count} particles selected: `
      + order.filter(i => chosen[i]).map(i => `${data.names[i]} ${chosen[i]}`).join(", ") : "";
    document.body.dataset.selected = all;
  };

  // Where particle i is on a canvas, in its pixels, and how near: [x, y, nearness].
  const seenInSpace = i => {
    const {turn, frame: {places}} = state, [wide, high] = reach(), canvas = canvases.space;
    const [x, y, z] = places.subarray(3 * i, 3 * i + 3);
    const seen = [0, 1, 2].map(row => turn[row] * x + turn[3 + row] * y + turn[6 + row] * z);
    return [(1 + seen[0] / wide) * canvas.clientWidth / 2, (1 - seen[1] / high) * canvas.clientHeight / 2, seen[2]];
  };
  const seenInMap = i => {
    const {frame: {spots}, middle, span} = state, canvas = canvases.map;
    return [(1 + (spots[2 * i] - middle[0]) / span[0]) * canvas.clientWidth / 2,
            (1 - (spots[2 * i + 1] - middle[1]) / span[1]) * canvas.clientHeight / 2, 0];
  };
  const visible = (i, near) => !state.off.has(state.frame.structures[i]) && near <= (2 * state.cut - 1) * radius + 1e-6;
  const select = (seen, [left, top, right, bottom]) => {
    const {frame} = state, chosen = new Uint8Array(frame.count);
    let any = false;
    for (let i = 0; i < frame.count; i++) {
      const [x, y, near] = seen(i);
      if (x >= left && x <= right && y >= top && y <= bottom && visible(i, near)) chosen[i] = any = 1;
    }
    state.selected = any ? chosen : null;
    recolor();
  };
  const pick = (seen, x, y, within) => {
    let best = -1, nearest = -Infinity;
    for (let i = 0; i < state.frame.count; i++) {
      const [ownX, ownY, near] = seen(i);
      const far = Math.hypot(ownX - x, ownY - y);
      const rank = seen === seenInSpace ? near : -far;
      if (far <= within && rank > nearest && visible(i, near)) { best = i; nearest = rank; }
    }
    state.selected = best < 0 ? null : Uint8Array.from({length: state.frame.count}, (_, i) => i === best ? 1 : 0);
    byId("particle").textContent = best < 0 ? "" : `particle ${best}: ${data.names[state.frame.structures[best]]}, `
      + `probability ${(state.frame.probability[best] / 255).toFixed(2)}`;
    recolor();
  };

  const turned = (right, down) => {
    const [cx, sx, cy, sy] = [Math.cos(down), Math.sin(down), Math.cos(right), Math.sin(right)];
    const about = [[cy, 0, sy], [sx * sy, cx, -sx * cy], [-cx * sy, sx, cx * cy]];
    const {turn} = state;  // columns one after the other
    state.turn = [0, 1, 2].flatMap(column => about.map(row =>
      row[0] * turn[3 * column] + row[1] * turn[3 * column + 1] + row[2] * turn[3 * column + 2]));
  };
  const listen = (canvas, seen, bands, move, wheel, within) => {
    const band = canvas.parentElement.querySelector(".band");
    let start = null, last = null, banding = false;
    const at = event => [event.offsetX, event.offsetY];
    canvas.onpointerdown = event => {
      start = last = at(event); banding = bands(event); canvas.setPointerCapture(event.pointerId);
    };
    const rectangle = end => [Math.min(start[0], end[0]), Math.min(start[1], end[1]),
                              Math.max(start[0], end[0]), Math.max(start[1], end[1])];
    canvas.onpointermove = event => {
      if (!start) return;
      const here = at(event);
      if (banding) {
        const [left, top, right, bottom] = rectangle(here);
        Object.assign(band.style, {display: "block", left: left + "px", top: top + "px", width: right - left + "px",
                                   height: bottom - top + "px"});
      } else { move(here[0] - last[0], here[1] - last[1]); redraw(); }
      last = here;
    };
    canvas.onpointerup = event => {
      const here = at(event);
      band.style.display = "none";
      if (Math.hypot(here[0] - start[0], here[1] - start[1]) < 4) pick(seen, ...here, within());
      else if (banding) select(seen, rectangle(here));
      start = null;
    };
    canvas.onwheel = event => { event.preventDefault(); wheel(Math.exp(-0.001 * event.deltaY), at(event)); redraw(); };
    canvas.ondblclick = () => { state.selected = null; byId("particle").textContent = ""; recolor(); };
  };
  listen(canvases.space, seenInSpace, event => event.shiftKey, (x, y) => turned(0.008 * x, 0.008 * y),
         factor => { state.zoom *= factor; },
         () => data.diameter / reach()[1] * canvases.space.clientHeight / 4);
  listen(canvases.map, seenInMap, event => !event.shiftKey, (x, y) => {
    state.middle = [state.middle[0] - 2 * state.span[0] * x / canvases.map.clientWidth,
                    state.middle[1] + 2 * state.span[1] * y / canvases.map.clientHeight];
  }, (factor, [x, y]) => {
    const off = [2 * x / canvases.map.clientWidth - 1, 1 - 2 * y / canvases.map.clientHeight];
    state.middle = state.middle.map((value, i) => value + off[i] * state.span[i] * (1 - 1 / factor));
    state.span = state.span.map(value => value / factor);
  }, () => 6);

  byId("by").append(...[["structure", "structure"], ["probability", "probability"], ...data.map.labels.map(
    (label, i) => [label, i])].map(([label, value]) => new Option(label, value)));
  byId("by").onchange = event => {
    const {value} = event.target;
    state.by = ["structure", "probability"].includes(value) ? value : Number(value);
    recolor();
  };
  byId("scale").style.background = `linear-gradient(to right, ${data.scale.join(", ")})`;
  byId("cut").oninput = event => { state.cut = event.target.value / 100; redraw(); };
  byId("only").onchange = event => { state.only = event.target.checked; recolor(); };
  byId("time").max = data.frames.length - 1;
  byId("time").oninput = event => show(Number(event.target.value));
  byId("play").onclick = () => {
    clearInterval(state.playing);
    state.playing = state.playing ? 0 : setInterval(() => show((state.index + 1) % data.frames.length), 400);
    byId("play").textContent = state.playing ? "Stop" : "Play";
  };
  byId("sentences").replaceChildren(...data.sentences.map(sentence => {
    const line = document.createElement("div");
    line.textContent = sentence;
    return line;
  }));
  window.addEventListener("resize", redraw);
  turned(0.5, 0.35);
  try { await show(data.start); document.body.dataset.ready = "yes"; }
  catch (error) { fail("The data of this page cannot be read: " + error); }
})();
