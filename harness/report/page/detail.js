// SPDX-License-Identifier: Apache-2.0
//
// What is said beside the diagram: the findings, what is selected, what held before and after it,
// and the text of the scenario.

function list(rows, name = null) {
  return html('dl', {class: name}, ...rows.flatMap(([term, ...words]) =>
    [html('dt', {}, term), html('dd', {class: 'mono'}, ...words)]));
}

function findingCard(finding) {
  const rows = finding.expected.map(([outcome, rule], i) =>
    [i === 0 ? 'expected' : 'or', outcome, ...(rule ? [html('small', {}, rule)] : [])]);
  rows.push(['observed', finding.seen]);
  if (finding.differs) rows.push(['differs', finding.differs]);
  return html('div', {class: 'card'}, html('b', {}, finding.check),
    html('p', {}, finding.title), list(rows));
}

function stepButtons() {
  const {moments} = shown();
  if (moments.length === 0) return [];
  const where = view.moment === never ? `${moments.length} steps` :
    `step ${view.moment + 1} of ${moments.length}`;
  return [html('div', {class: 'steps'},
    html('button', {click: () => step(-1), 'aria-label': 'previous step'}, '↑'),
    html('span', {id: 'where'}, where),
    html('button', {click: () => step(1), 'aria-label': 'next step'}, '↓'))];
}

function callDetail() {
  const call = shown().calls[view.call];
  if (!call) return [];
  const lane = shown().lanes[call.lane];
  const [from, to] = call.ns;
  const rows = [...call.arguments, ['outcome', call.outcome || 'did not return'],
    ['by', `${lane.name}, line ${call.line}`]];
  if (from !== never) rows.push(['at', duration(from)]);
  if (from !== never && to !== never) rows.push(['took', duration(to - from)]);
  return [html('code', {class: 'what'}, call.text), list(rows)];
}

// One state, with what differs from the one before it.
function stateDetail() {
  const {moments, states} = shown();
  const moment = moments[view.moment];
  if (!moment || moment.before === never) return [];
  const before = new Map(states[moment.before]);
  const heading = html('h2', {}, 'The model, before and after');
  if (moment.after === never) {
    return [heading, list([...before], 'state'), html('p', {}, 'No state is allowed after this.')];
  }
  const after = new Map(states[moment.after]);
  const rows = [...new Set([...before.keys(), ...after.keys()])].map((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [name, now];
    const words = [];
    if (old !== undefined) words.push(html('div', {class: 'was'}, old));
    words.push(html('div', {class: 'changed'}, now === undefined ? 'gone' : now));
    return [name, ...words];
  });
  return [heading, rows.length ? list(rows, 'state') : html('p', {}, 'Nothing exists.')];
}

function source() {
  const run = runs[view.run];
  const current = shown().calls[view.call]?.source;
  const wrong = new Set(run.findings.map((finding) => shown().calls[finding.call]?.source));
  const lines = run.source.trimEnd().split('\n').map((text, i) => {
    const name = `${i + 1 === current ? 'current ' : ''}${wrong.has(i + 1) ? 'wrong' : ''}`;
    return html('span', {class: name || null}, text || ' ');
  });
  return html('details', {id: 'source', open: view.sourceClosed ? null : '',
    toggle: (event) => { view.sourceClosed = !event.target.open; }},
  html('summary', {}, 'Scenario'), html('pre', {}, ...lines));
}

function legend() {
  const words = {makes: 'creates, attaches, begins', removes: 'removes, detaches, closes',
    gives: 'sends, writes', takes: 'receives, reads, waits', ends: 'ends, kills', other: 'other'};
  const keys = [['↓ ↑', 'next and previous step; also → ←'], ['Home End', 'first and last'],
    ['+ − 0', 'larger, smaller, as at first'], ['f', 'all of it'],
    ['t', 'races by the clock'], ['n p', 'next and previous run'], ['Esc', 'select nothing']];
  return html('details', {}, html('summary', {}, 'Legend and keys'),
    html('div', {class: 'legend'}, ...looks.flatMap((look) =>
      [html('i', {style: `background: var(--${look})`}), html('span', {}, words[look])])),
    html('p', {}, 'Hatched: asleep. Hollow: failed. A number is where an order of a race puts ' +
      'the call. Red arrows: each call has to be before the next.'),
    html('div', {class: 'legend'}, ...keys.flatMap(([key, text]) =>
      [html('span', {}, html('kbd', {}, key)), html('span', {}, text)])));
}

function tell() {
  const run = runs[view.run];
  const moment = shown().moments[view.moment];
  const said = moment && moment.text ? [html('p', {class: 'reason'},
    `${shown().lanes[moment.lane].name} ${moment.text}`)] : [];
  const notes = [...run.notes, ...run.deviations.map((name) => `known deviation ${name}`)];
  byId('detail').replaceChildren(...run.findings.map(findingCard), ...stepButtons(),
    ...callDetail(), ...said, ...stateDetail(), ...notes.map((note) => html('p', {}, note)),
    source(), legend());
  const line = document.querySelector('#source .current');
  if (line) line.parentNode.scrollTop = line.offsetTop - line.parentNode.clientHeight / 2;
}
