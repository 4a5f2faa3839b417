import { el, svg } from './dom.js';
import { choice } from './log.js';

/** The flow's graph, and its contract as tables. */
export function flowPanel(flows) {
  const content = el('div', { class: 'stack' });
  const show = () => content.replaceChildren(...describe(flows.find(f => f.deployment === deployment.value).flow));
  const deployment = choice('Deployment', flows.map(f => [f.deployment, f.deployment]), show);
  show();
  return el('div', { class: 'stack' }, flows.length > 1 && el('div', { class: 'toolbar' }, deployment.element), content);
}

function describe(flow) {
  return [
    el('h3', {}, flow.name),
    flow.description && el('p', { class: 'description' }, flow.description),
    flow.graph.nodes.length > 0 && el('div', { class: 'scroll graph' }, picture(flow)),
    el('div', { class: 'columns' },
      table('Inputs', ['Name', 'Type', 'Default'], flow.inputs.map(i => [i.name, i.type, i.isRequired ? 'required' : i.default]), flow.acceptsAnyInput && 'Any JSON object.'),
      table('Outputs', ['Name', 'Type', 'Streams'], flow.outputs.map(o => [o.name, o.type, o.canStream ? 'can' : '–']), flow.acceptsAnyInput && 'Whatever the code returns.')),
  ].filter(part => part);
}

function table(title, titles, rows, instead) {
  return el('section', {}, el('h3', {}, title), rows.length === 0
    ? el('p', { class: 'hint' }, instead || 'None.')
    : el('div', { class: 'scroll' }, el('table', { 'aria-label': title },
      el('thead', {}, el('tr', {}, titles.map(text => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, rows.map(([name, ...cells]) => el('tr', {}, el('th', { scope: 'row' }, name), cells.map(cell => el('td', {}, el('code', {}, cell)))))))));
}

const boxHeight = 46;
const layerGap = 44;
const boxGap = 24;
const margin = 12;

// Drawn in layers, each below all that it refers to.
function picture(flow) {
  const { nodes, edges } = flow.graph;
  const layers = layersOf(nodes, edges);
  const near = neighbours(edges);
  order(layers, near);
  place(layers, near);
  const height = layers.length * (boxHeight + layerGap) - layerGap + 2 * margin;
  const width = Math.max(...layers.flat().map(box => box.x + box.width)) + margin;
  const boxes = layers.flat();
  const find = id => boxes.find(box => box.id === id);
  const title = `Graph of ${flow.name}: ${nodes.map(n => n.name).join(', ')}`;
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': title },
    svg('title', {}, title),
    svg('defs', {}, svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      svg('path', { d: 'M0 0 8 4 0 8z', class: 'arrow' }))),
    edges.map(edge => svg('path', {
      class: edge.condition ? 'edge condition' : 'edge', d: route([edge.from, ...edge.through, edge.to].map(find)), 'marker-end': 'url(#arrow)',
    }, edge.condition && svg('title', {}, 'decides whether it runs'))),
    boxes.filter(box => box.kind !== 'bend').map(box => svg('g', { class: 'box', 'data-kind': box.kind, transform: `translate(${box.x} ${box.y})` },
      svg('title', {}, `${box.kind} ${box.name}${box.detail && `: ${box.detail}`}`),
      svg('rect', { width: box.width, height: boxHeight, rx: box.kind === 'input' || box.kind === 'output' ? boxHeight / 2 : 8 }),
      svg('text', { x: box.width / 2, y: 20, class: 'name' }, shorten(box.name, 28)),
      svg('text', { x: box.width / 2, y: 35, class: 'detail' }, shorten(detailOf(box), 34)))));
}

const detailOf = box => ['input', 'output'].includes(box.kind) ? `${box.kind} · ${box.detail}` : box.detail ? `${box.kind} · ${box.detail}` : box.kind;
const shorten = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;

function layersOf(nodes, edges) {
  const depth = new Map(nodes.map(n => [n.id, 0]));
  // As many rounds as there are nodes settle every depth; a circle, which no flow has, would only be drawn oddly.
  for (let round = 0, isSettled = false; round < nodes.length && !isSettled; round++) {
    isSettled = true;
    for (const { from, to } of edges) {
      if (depth.get(to) <= depth.get(from)) {
        depth.set(to, depth.get(from) + 1);
        isSettled = false;
      }
    }
  }

  const last = Math.max(...depth.values());
  const layers = Array.from({ length: last + 1 }, () => []);
  for (const node of nodes) {
    const at = node.kind === 'output' ? last : depth.get(node.id);
    depth.set(node.id, at);
    layers[at].push({ ...node, width: Math.max(96, 7.6 * Math.max(shorten(node.name, 28).length, 0.86 * shorten(detailOf(node), 34).length) + 32) });
  }

  // An edge over several layers bends in each, so that it passes between the boxes.
  for (const edge of edges) {
    edge.through = [];
    for (let at = depth.get(edge.from) + 1; at < depth.get(edge.to); at++) {
      const bend = { id: `bend ${at} ${edge.from} ${edge.to}`, kind: 'bend', width: 8 };
      layers[at].push(bend);
      edge.through.push(bend.id);
    }
  }

  return layers.filter(layer => layer.length > 0);
}

function neighbours(edges) {
  const near = new Map();
  const join = (a, b) => near.set(a, [...near.get(a) ?? [], b]);
  for (const edge of edges) {
    const path = [edge.from, ...edge.through, edge.to];
    for (let i = 1; i < path.length; i++) {
      join(path[i], path[i - 1]);
      join(path[i - 1], path[i]);
    }
  }

  return near;
}

// Runs over the layers downwards and upwards some times; each layer is handed with the one before it.
function sweep(layers, times, visit) {
  for (let round = 0; round < times; round++) {
    const turned = round % 2 === 0 ? layers : layers.toReversed();
    for (let i = 1; i < turned.length; i++) visit(turned[i], turned[i - 1]);
  }
}

const mean = numbers => numbers.reduce((a, b) => a + b, 0) / numbers.length;

// In its layer, every box stands where those that it is joined with stand in theirs.
function order(layers, near) {
  sweep(layers, 6, (layer, before) => {
    const at = new Map(before.map((box, index) => [box.id, (index + 0.5) / before.length]));
    const wanted = new Map(layer.map((box, index) => {
      const places = (near.get(box.id) ?? []).filter(id => at.has(id)).map(id => at.get(id));
      return [box.id, places.length > 0 ? mean(places) : (index + 0.5) / layer.length];
    }));
    layer.sort((a, b) => wanted.get(a.id) - wanted.get(b.id));
  });
}

// Without changing the order, every box moves to the middle of those that it is joined with, as far as its layer has room.
function place(layers, near) {
  layers.forEach((layer, depth) => {
    let x = 0;
    for (const box of layer) {
      Object.assign(box, { x, y: margin + depth * (boxHeight + layerGap) });
      x += box.width + boxGap;
    }
  });
  const middles = new Map(layers.flat().map(box => [box.id, box]));
  const middle = box => box.x + box.width / 2;
  sweep(layers, 40, layer => {
    const wanted = layer.map(box => mean((near.get(box.id) ?? [box.id]).map(id => middle(middles.get(id)))) - box.width / 2);
    let end = -Infinity;
    layer.forEach((box, i) => {
      box.x = Math.max(wanted[i], end);
      end = box.x + box.width + boxGap;
    });
    const shift = mean(layer.map((box, i) => wanted[i] - box.x));
    for (const box of layer) box.x += shift;
  });
  const left = Math.min(...layers.flat().map(box => box.x)) - margin;
  for (const box of layers.flat()) box.x -= left;
}

// Leaves and enters boxes upright, and passes bends in the direction from the one before to the one after.
function route(boxes) {
  const points = boxes.map((box, i) => ({
    x: box.x + box.width / 2,
    y: i === 0 ? box.y + boxHeight : i === boxes.length - 1 ? box.y - 1 : box.y + boxHeight / 2,
  }));
  const last = points.length - 1;
  const slope = i => i === 0 ? [0, (points[1].y - points[0].y) / 2]
    : i === last ? [0, (points[last].y - points[last - 1].y) / 2]
    : [(points[i + 1].x - points[i - 1].x) / 6, (points[i + 1].y - points[i - 1].y) / 6];
  let path = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i <= last; i++) {
    const [before, here] = [points[i - 1], points[i]];
    const [[x0, y0], [x1, y1]] = [slope(i - 1), slope(i)];
    path += `C${before.x + x0} ${before.y + y0} ${here.x - x1} ${here.y - y1} ${here.x} ${here.y}`;
  }

  return path;
}
