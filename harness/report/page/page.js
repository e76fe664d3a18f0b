// SPDX-License-Identifier: Apache-2.0
//
// What the reader does: chooses a run, a step or a call, zooms and pans.

function reveal(time) {
  const scroll = byId('scroll');
  const at = y(time);
  const {scrollTop, clientHeight} = scroll;
  if (at > scrollTop + 60 && at < scrollTop + clientHeight - 90) return;
  scroll.scrollTop = at - clientHeight / 2;
}

// The step in which the call takes effect, or its last one.
function momentOf(call) {
  return shown().moments.findLastIndex((moment) => moment.call === call);
}

function select(moment, call) {
  view.moment = moment;
  view.call = call;
  mark();
  tell();
  if (moment !== never) reveal(shown().moments[moment].at);
  else if (call !== never) reveal(shown().calls[call].from);
}
const selectCall = (call) => select(momentOf(call), call);

function goTo(moment) {
  const {moments} = shown();
  if (moments.length === 0) return;
  const at = Math.min(Math.max(moment, 0), moments.length - 1);
  select(at, moments[at].call);
}
const step = (by) => goTo(view.moment === never ? (by > 0 ? 0 : Infinity) : view.moment + by);

// Keeps the time that is in the middle, or under the pointer, where it is; and the selected step
// on the screen.
function zoomTo(zoom, offset = byId('scroll').clientHeight / 2) {
  const scroll = byId('scroll');
  const at = (scroll.scrollTop + offset - top_) / view.zoom;
  view.zoom = Math.min(Math.max(zoom, 1.5), 200);
  draw();
  scroll.scrollTop = at * view.zoom + top_ - offset;
  const moment = shown().moments[view.moment];
  if (moment) reveal(moment.at);
  showView();
}
const wholeZoom = () => (byId('scroll').clientHeight - 90) / shown().end;
const firstZoom = () => Math.min(Math.max(wholeZoom(), 36), 56);

function toggleClock() {
  if (shown().races.length === 0) return;
  view.linear = !view.linear;
  tellHead();
  draw();
}

function tellHead() {
  const run = runs[view.run];
  const button = (label, name, click) =>
    html('button', {click, title: name, 'aria-label': name}, label);
  const clock = shown().races.length === 0 ? [] : [html('button', {click: toggleClock,
    'aria-pressed': view.linear, title: 'races by the clock'}, 'clock')];
  byId('head').replaceChildren(
    html('div', {}, html('span', {class: `verdict ${run.verdict}`}, run.verdict),
      html('h1', {title: run.path}, run.path), ...clock,
      button('−', 'smaller', () => zoomTo(view.zoom / 1.25)),
      button('fit', 'all of it', () => zoomTo(wholeZoom())),
      button('+', 'larger', () => zoomTo(view.zoom * 1.25))),
    ...run.findings.map((finding) => html('p', {class: 'headline',
      click: () => (finding.call === never ? reveal(finding.at) : selectCall(finding.call))},
    `${finding.check}: ${finding.title}`)),
    ...(run.reason ? [html('p', {class: 'reason'}, run.reason)] : []));
}

function open(index) {
  if (index < 0 || index >= runs.length) return;
  view.run = index;
  view.zoom = firstZoom();
  document.title = `${runs[index].path} - ipcrig`;
  for (const [i, button] of [...document.querySelectorAll('#runs button')].entries()) {
    button.setAttribute('aria-current', i === index);
    if (i === index) button.scrollIntoView({block: 'nearest'});
  }
  tellHead();
  draw();
  byId('scroll').scrollTop = 0;
  const finding = runs[index].findings[0];
  if (finding && finding.call !== never) selectCall(finding.call);
  else select(never, never);
  if (finding && finding.call === never) reveal(finding.at);
  showView();
}

function listRuns() {
  if (runs.length < 2) return;
  const bad = runs.filter((run) => run.verdict !== 'pass' && run.verdict !== 'skipped').length;
  byId('runs').replaceChildren(
    html('p', {}, `${runs.length} runs, ${bad ? `${bad} did not pass` : 'all passed or skipped'}`),
    ...runs.map((run, i) => {
      const slash = run.path.lastIndexOf('/') + 1;
      return html('button', {click: () => open(i), title: run.path},
        html('span', {class: `dot ${run.verdict}`}), run.path.slice(slash),
        html('small', {}, run.findings[0]?.title ?? run.path.slice(0, slash)));
    }));
}

const keys = {
  ArrowDown: () => step(1), ArrowRight: () => step(1), j: () => step(1),
  ArrowUp: () => step(-1), ArrowLeft: () => step(-1), k: () => step(-1),
  Home: () => goTo(0), End: () => goTo(Infinity),
  '+': () => zoomTo(view.zoom * 1.25), '=': () => zoomTo(view.zoom * 1.25),
  '-': () => zoomTo(view.zoom / 1.25), 0: () => zoomTo(firstZoom()),
  f: () => zoomTo(wholeZoom()), t: toggleClock,
  n: () => open(view.run + 1), p: () => open(view.run - 1),
  Escape: () => select(never, never),
};

function listen() {
  const scroll = byId('scroll');
  let drag = null;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  byId('picture').addEventListener('pointerdown', (event) => {
    drag = {x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop};
  });
  window.addEventListener('pointermove', (event) => {
    if (!drag || event.buttons === 0) return;
    scroll.scrollLeft = drag.left + drag.x - event.clientX;
    scroll.scrollTop = drag.top + drag.y - event.clientY;
  });
  byId('picture').addEventListener('click', (event) => {
    const moved = drag && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
    drag = null;
    const call = event.target.closest?.('.call');
    if (!moved) call ? selectCall(Number(call.dataset.call)) : select(never, never);
  });
  scroll.addEventListener('scroll', showView);
  scroll.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(view.zoom * Math.exp(-event.deltaY / 300),
      event.clientY - scroll.getBoundingClientRect().top);
  }, {passive: false});
  byId('map').addEventListener('click', (event) => {
    const box = byId('map').getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    scroll.scrollTop = part * scroll.scrollHeight - scroll.clientHeight / 2;
  });
  window.addEventListener('resize', draw);
}

if (runs.length === 0) {
  byId('head').replaceChildren(html('h1', {}, 'Nothing was found.'));
} else {
  listRuns();
  listen();
  open(0);
}
