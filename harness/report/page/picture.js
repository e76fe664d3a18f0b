// SPDX-License-Identifier: Apache-2.0
//
// The diagram: a column for each process and for each object, time runs down. `view` is what is
// shown and how; draw() makes all of it anew, mark() only shows what is selected.

const looks = ['makes', 'removes', 'gives', 'takes', 'ends', 'other'];
const letter = 7.23;  // width of one, in pixels
const top_ = 16;
const bar = {x: 26, width: 10, text: 44};
const far = 12;       // below this zoom there is no text
const objectWidth = 88;

const view = {
  run: 0,
  zoom: 36,       // pixels of a unit of time
  linear: false,  // races by the clock
  call: never,    // that is selected
  moment: never,
};
const shown = () => runs[view.run].diagram;

// Time to pixels. By the clock, a race keeps its height, and its moments are where they were.
function warp(time) {
  if (!view.linear) return time;
  for (const race of shown().races) {
    const last = race.first + 0.5 * (race.moments.length - 1);
    if (time <= race.first || time >= last) continue;
    const at = (time - race.first) * 2;
    const i = Math.min(Math.floor(at), race.moments.length - 2);
    const ns = race.moments[i] + (race.moments[i + 1] - race.moments[i]) * (at - i);
    return race.first + (last - race.first) * ns / race.moments.at(-1);
  }
  return time;
}
const y = (time) => top_ + warp(time) * view.zoom;

// Columns as wide as their texts, within limits, and together as wide as the window if they can be.
function layout() {
  const {lanes, calls, objects} = shown();
  const widths = lanes.map((lane, i) => {
    const lengths = calls.filter((call) => call.lane === i)
      .map((call) => Math.max(call.text.length + 4, call.outcome.length + 2));
    return Math.max(130, bar.text + 22 + letter * Math.max(0, ...lengths));
  });
  const room = byId('scroll').clientWidth - objects.length * objectWidth - 26;
  const sum = (most) => widths.reduce((all, width) => all + Math.min(width, most), 0);
  let most = 440;
  while (most > 170 && sum(most) > room) most -= 2;  // the widest give way
  const spare = Math.min(Math.max(0, room - sum(most)) / Math.max(1, lanes.length), 160);
  let x = 8;
  const columns = widths.map((width) => {
    const column = {x, width: Math.min(width, most) + spare};
    x += column.width;
    return column;
  });
  return {columns, objects: x + 10, width: x + objects.length * objectWidth + 16};
}

const center = (place, lane) => place.columns[lane].x + bar.x;
const endOf = (call) => (call.to !== never ? call.to : shown().lanes[call.lane].to);

function drawLane(place, lane, i) {
  if (lane.from === never) return [];
  const x = center(place, i);
  const parts = [svg('line', {class: 'lane', x1: x, x2: x, y1: y(lane.from), y2: y(lane.to)})];
  if (!lane.end) return parts;
  const bottom = y(lane.to);
  const path = lane.killed ? `M${x - 6} ${bottom - 6}l12 12m0 -12l-12 12` : `M${x - 7} ${bottom}h14`;
  parts.push(svg('path', {class: 'end', d: path}));
  return parts;
}

function drawObject(place, object, i) {
  const x = place.objects + i * objectWidth + 8;
  const end = object.to === never ? shown().end : object.to;
  const marked = object.marked === never ? end : object.marked;
  const line = (name, from, to) =>
    svg('line', {class: name, x1: x, x2: x, y1: y(from), y2: y(to)});
  const parts = [line('life', object.from, marked)];
  if (marked < end) {
    parts.push(line('life marked', marked, end));
    parts.push(svg('path', {class: 'end', d: `M${x - 5} ${y(marked)}h10`}));
  }
  parts.push(svg('circle', {class: 'born', cx: x, cy: y(object.from), r: 4}));
  if (object.to !== never) {
    parts.push(svg('path', {class: 'end', d: `M${x - 5} ${y(end) - 5}l10 10m0 -10l-10 10`}));
  }
  object.notes.forEach(([at, text], n) => {
    const next = object.notes[n + 1];
    if (view.zoom < far || (next && y(next[0]) - y(at) < 12)) return;
    parts.push(svg('text', {class: 'small', x: x + 10, y: y(at) + 4}, cut(text, 10)));
  });
  return [svg('g', {class: 'object'}, svg('title', {}, `${object.kind} ${object.id}`), ...parts)];
}

function drawRace(place, race) {
  const took = race.moments.length ? duration(race.moments.at(-1)) : '';
  const box = {class: 'race', x: 0, width: place.width, y: y(race.from) + 4, rx: 4};
  const label = svg('text', {class: 'small', x: 10, y: y(race.from) + 18}, `race  ${took}`);
  return [svg('rect', {...box, height: y(race.to) - y(race.from) - 8}),
    ...(view.zoom >= 20 ? [label] : [])];
}

// Text on a ground of its own, so that no arrow strikes it through.
function label(x, at, text, rest) {
  const width = letter * (text.length + rest.length) + 4;
  return [svg('rect', {class: 'pad', x: x - 2, y: at - 11, width, height: 15, rx: 3}),
    svg('text', {x, y: at}, text, svg('tspan', {class: 'dim'}, rest))];
}

// What a call says: beside its beginning, and where it slept also beside its end.
function labels(place, call, next) {
  const x = place.columns[call.lane].x + bar.text;
  const most = Math.floor((place.columns[call.lane].width - bar.text - 12) / letter);
  const from = y(call.from) + 10;
  const room = (next ? y(next.from) : Infinity) - y(call.from);
  const outcome = call.outcome ? `= ${call.outcome}` : '';
  const end = call.asleep[0] !== never && call.to !== never ? y(call.to) + 2 : never;
  if (room < 12 || view.zoom < far) return [];
  const text = cut(call.text, most);
  const below = end - from > 12 ? end : from + 15;
  const fits = end - from <= 12 && text.length + outcome.length + 2 <= most;
  if (!outcome) return label(x, from, text, '');
  if (fits) return label(x, from, `${text}  `, outcome);
  if (below === from + 15 && room < 28) return label(x, from, text, '');
  return [...label(x, from, text, ''), ...label(x, below, '', cut(outcome, most))];
}

function drawCall(place, call, i, next) {
  const x = center(place, call.lane) - bar.width / 2;
  const end = endOf(call);
  const box = (name, from, to, fill) => svg('rect', {
    class: name, x, width: bar.width, y: y(from), height: Math.max(3, y(to) - y(from)), rx: 3,
    style: `stroke: var(--${call.look}); fill: ${fill}`,
  });
  const [asleep, awake] = call.asleep;
  const parts = [box('bar', call.from, asleep === never ? end : Math.min(end, call.to === never ?
    asleep : end), call.failed ? 'var(--ground)' : `var(--${call.look})`)];
  if (asleep !== never) {
    const ground = box('asleep', asleep, awake === never ? end : awake, 'var(--ground)');
    parts.push(ground, box('asleep', asleep, awake === never ? end : awake,
      `url(#hatch-${call.look})`));
  }
  const {columns} = place;
  const reach = svg('rect', {class: 'reach', x: columns[call.lane].x + 12, y: y(call.from) - 2,
    width: columns[call.lane].width - 16, height: Math.max(8, y(end) - y(call.from) + 4), rx: 4});
  const title = svg('title', {}, `${call.text}${call.outcome ? ` = ${call.outcome}` : ''}`);
  const name = `call ${call.failed ? 'failed ' : ''}${call.ns[0] === never ? '' : 'racing'}`;
  return svg('g', {class: name, 'data-call': i}, title, reach, ...parts, ...labels(place, call, next));
}

function drawEffects(place) {
  const {moments, calls} = shown();
  const parts = [];
  let before = null;
  moments.forEach((moment, i) => {
    const call = calls[moment.call];
    if (!call || (call.effect === never && call.ns[0] === never)) return before = null;
    const dot = {x: center(place, moment.lane), y: y(moment.at)};
    if (before) {
      parts.unshift(svg('path', {class: 'order', d: `M${before.x} ${before.y}L${dot.x} ${dot.y}`}));
    }
    before = dot;
    const named = view.zoom >= 30 && moment.text !== 'falls asleep';
    parts.push(svg('circle', {class: 'effect', cx: dot.x, cy: dot.y, r: named ? 8 : 3}));
    if (!named) return null;
    return parts.push(svg('text', {class: 'number', x: dot.x, y: dot.y + 3.5}, `${i + 1}`));
  });
  return parts;
}

function drawArrow(place, arrow) {
  const from = {x: center(place, shown().calls[arrow.call].lane), y: y(arrow.from)};
  const to = {x: center(place, arrow.lane), y: y(arrow.to)};
  const side = Math.sign(to.x - from.x);
  const name = `arrow ${arrow.kind}`;
  const begin = from.x + side * 6;
  const end = to.x - side * 10;
  const path = side === 0 ?
    `M${from.x - 6} ${from.y}C${from.x - 28} ${from.y} ${from.x - 28} ${to.y} ${from.x - 9} ${to.y}` :
    `M${begin} ${from.y}L${end} ${to.y}`;
  return svg('path', {class: name, d: path, 'marker-end': `url(#tip-${arrow.kind})`});
}

// Calls each of which has to be before the next, and the last before the first.
function drawCycle(place, cycle) {
  const {calls} = shown();
  const middle = (call) => ({x: center(place, call.lane), y: (y(call.from) + y(endOf(call))) / 2});
  return cycle.map((call, i) => {
    const from = middle(calls[call]);
    const to = middle(calls[cycle[(i + 1) % cycle.length]]);
    const bend = 26 + 10 * i;
    const path = `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x + bend} ${to.y} ` +
      `${to.x + 7} ${to.y}`;
    return svg('path', {class: 'arrow cycle', d: path, 'marker-end': 'url(#tip-cycle)'});
  });
}

function definitions() {
  const tip = (name, color) => svg('marker', {id: `tip-${name}`, viewBox: '0 0 8 8', refX: 6,
    refY: 4, markerWidth: 6.5, markerHeight: 6.5, orient: 'auto'},
  svg('path', {d: 'M0 0.5L7 4L0 7.5z', style: `fill: var(--${color})`}));
  const hatch = (look) => svg('pattern', {id: `hatch-${look}`, width: 5, height: 5,
    patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'},
  svg('line', {y2: 5, style: `stroke: var(--${look}); stroke-width: 2.4; opacity: .75`}));
  return svg('defs', {}, tip('message', 'gives'), tip('wake', 'takes'), tip('kill', 'ends'),
    tip('fork', 'makes'), tip('cycle', 'finding'), ...looks.map(hatch));
}

function drawFindings(place, findings) {
  return findings.map((finding) => {
    const call = shown().calls[finding.call];
    const from = call ? y(call.from) - 5 : y(finding.at) - 12;
    const least = view.zoom < far ? 10 : 30;
    const end = call ? Math.max(y(Math.min(endOf(call), call.from + 1)), from + least) : from + 24;
    return svg('rect', {class: 'finding-band', x: 0, width: place.width, y: from,
      height: end - from, rx: 4});
  });
}

function drawNames(place) {
  const {lanes, objects} = shown();
  byId('names').replaceChildren(
    ...lanes.map((lane, i) => html('span', {style: `left: ${place.columns[i].x + bar.x - 5}px`},
      lane.name, html('small', {}, lane.end || (lane.pid ? `pid ${lane.pid}` : '')))),
    ...objects.map((object, i) => html('span', {class: 'object',
      style: `left: ${place.objects + i * objectWidth}px`}, cut(object.name, 10),
    html('small', {}, object.name.startsWith(object.kind) ? '' : `${object.kind} ${object.id}`))));
  byId('names').style.width = `${place.width}px`;
}

function draw() {
  const {findings} = runs[view.run];
  const diagram = shown();
  const place = layout();
  const height = y(diagram.end) + 30;
  const next = (i) => diagram.calls.find((call, k) => k > i && call.lane === diagram.calls[i].lane);
  drawNames(place);
  const calls = diagram.calls.map((call, i) => drawCall(place, call, i, next(i)));
  for (const finding of findings) calls[finding.call]?.classList.add('finding');
  byId('picture').replaceChildren(
    definitions(),
    ...diagram.races.flatMap((race) => drawRace(place, race)),
    ...drawFindings(place, findings),
    ...diagram.marks.flatMap((mark) => [
      svg('line', {class: 'mark', x1: 0, x2: place.width, y1: y(mark.at), y2: y(mark.at)}),
      svg('text', {class: 'small', x: 10, y: y(mark.at) - 3}, view.zoom < far ? '' : mark.text)]),
    svg('g', {id: 'cursor'}),
    ...diagram.lanes.flatMap((lane, i) => drawLane(place, lane, i)),
    ...diagram.objects.flatMap((object, i) => drawObject(place, object, i)),
    ...diagram.arrows.map((arrow) => drawArrow(place, arrow)),
    ...calls,
    ...drawEffects(place),
    ...findings.flatMap((finding) => drawCycle(place, finding.cycle)));
  byId('picture').classList.toggle('far', view.zoom < far);
  byId('picture').setAttribute('width', Math.max(place.width, byId('scroll').clientWidth));
  byId('picture').setAttribute('height', height);
  drawMap();
  mark();
}

// Shows what is selected.
function mark() {
  for (const node of document.querySelectorAll('#picture .call')) {
    node.classList.toggle('selected', Number(node.dataset.call) === view.call);
  }
  const moment = shown().moments[view.moment];
  const width = byId('picture').getAttribute('width');
  byId('cursor').replaceChildren(...(moment ? [
    svg('rect', {class: 'cursor', x: 0, width, y: y(moment.at) - 9, height: 18}),
    svg('line', {class: 'now', x1: 0, x2: width, y1: y(moment.at), y2: y(moment.at)})] : []));
}

// All of it, small, at the right; what is on the screen is shaded.
function drawMap() {
  const {calls, lanes, end} = shown();
  const map = byId('map');
  const wrong = new Set(runs[view.run].findings.map((finding) => finding.call));
  const width = 12 / Math.max(1, lanes.length);
  const height = Math.max(warp(end), (byId('scroll').clientHeight - 40) / view.zoom);
  map.setAttribute('viewBox', `0 0 16 ${height}`);
  map.replaceChildren(svg('rect', {class: 'view', x: 0, width: 16}), ...calls.map((call, i) =>
    svg('rect', {
      x: wrong.has(i) ? 0 : 2 + call.lane * width, y: warp(call.from),
      width: wrong.has(i) ? 16 : Math.max(1, width - 1),
      height: Math.max(end / 250, warp(endOf(call)) - warp(call.from)),
      style: `fill: var(--${wrong.has(i) ? 'finding' : call.look})`})));
  showView();
}

function showView() {
  const {scrollTop, clientHeight} = byId('scroll');
  const view_ = byId('map').querySelector('.view');
  if (!view_) return;
  view_.setAttribute('y', scrollTop / view.zoom);
  view_.setAttribute('height', clientHeight / view.zoom);
}
