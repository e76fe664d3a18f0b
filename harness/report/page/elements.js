// SPDX-License-Identifier: Apache-2.0
//
// The data, and how elements are made of it. Text becomes text nodes, never markup.
'use strict';

const runs = JSON.parse(document.getElementById('data').textContent);
const never = -1;

const byId = (id) => document.getElementById(id);

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// html('p', {class: 'reason'}, 'text', html('b', {}, 'more'))
const html = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);

const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

const cut = (text, length) => (text.length <= length ? text : text.slice(0, length - 1) + '…');

function duration(ns) {
  if (ns < 1000) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}
