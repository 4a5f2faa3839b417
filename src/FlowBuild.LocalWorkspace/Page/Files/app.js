import { watch } from './api.js';
import { announce, el, renew } from './dom.js';
import { EndpointView, stateDot } from './endpoint.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
let endpoints = [];
let view;
let listed;

// The address says what is shown: #/endpoint/tab.
function place() {
  const [, name = '', tab = ''] = location.hash.split('/').map(decode);
  return { name, tab };
}

// What a person has written into the address bar need not be encoded.
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function render() {
  const { name, tab } = place();
  const current = endpoints.find(e => e.name === name) ?? (name ? undefined : endpoints[0]);
  renderList(current);
  if (!current) {
    view?.close();
    view = undefined;
    renew(main, name
      ? el('p', { class: 'empty' }, `There is no endpoint '${name}'.`)
      : el('div', { class: 'empty' },
        el('p', {}, 'Nothing is deployed to this workspace yet.'),
        el('pre', {}, 'dotnet publish -t:DeployFlow -p:FlowWorkspace=local')));
    return;
  }

  if (view?.name !== current.name) {
    view?.close();
    view = new EndpointView(current.name);
    renew(main, view.element);
  }

  document.title = `${current.name} · FlowBuild local workspace`;
  view.update(current);
  view.show(tab);
}

function renderList(current) {
  const key = JSON.stringify([current?.name, endpoints.map(e => [e.name, e.state, e.deployments.map(d => d.name)])]);
  if (key === listed) return;
  listed = key;
  renew(document.getElementById('endpoints'), ...endpoints.map(endpoint => el('li', {},
    el('a', { href: '#/' + encodeURIComponent(endpoint.name), 'aria-current': endpoint === current ? 'page' : null },
      stateDot(endpoint.state), el('span', { class: 'name' }, endpoint.name),
      el('span', { class: 'count' }, endpoint.deployments.map(d => d.name).join(', ') || 'no deployment')))));
}

function receive(overview) {
  for (const endpoint of overview.endpoints) {
    const before = endpoints.find(e => e.name === endpoint.name);
    if (before && JSON.stringify(before.traffic) !== JSON.stringify(endpoint.traffic)) {
      announce(`Traffic of ${endpoint.name}: ${Object.entries(endpoint.traffic).map(([name, share]) => `${name} ${share} %`).join(', ') || 'none'}`);
    }
  }

  endpoints = overview.endpoints;
  setConnection('live', 'Live');
  render();
}

function setConnection(state, text) {
  if (connection.textContent !== text) connection.textContent = text;
  connection.dataset.state = state;
}

async function follow() {
  while (true) {
    try {
      await watch('live', undefined, receive);
    } catch (error) {
      if (error.message === '401') {
        setConnection('ended', 'This page’s session has ended: dotnet build -t:OpenFlow -p:FlowWorkspace=local prints a new link');
        return;
      }
    }

    setConnection('lost', 'The workspace has stopped: dotnet build -t:OpenFlow -p:FlowWorkspace=local starts it');
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}

addEventListener('hashchange', () => {
  // The skip link is a place on the page, not an endpoint.
  if (location.hash === '#main') history.replaceState(null, '', '#/' + encodeURIComponent(view?.name ?? ''));
  else render();
});
follow();
