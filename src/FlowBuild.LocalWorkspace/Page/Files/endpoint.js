import { call, deploymentPath } from './api.js';
import { copyButton, el, renew, tabs } from './dom.js';
import { flowPanel } from './flow.js';
import { LogPanel } from './log.js';
import { TestPanel } from './test.js';

const busyStates = ['Creating', 'Updating', 'Scaling', 'Deleting'];

export const stateDot = state => el('span', {
  class: 'dot', 'data-state': state === 'Succeeded' ? 'good' : busyStates.includes(state) ? 'busy' : 'bad', title: state, role: 'img', 'aria-label': state,
});

/** One endpoint: its head, and the tabs with what it is made of, a test, the logs and the flow. */
export class EndpointView {
  #head = el('header', { class: 'endpoint-head' });
  #overview = el('section', { class: 'overview' });
  #test = el('section');
  #log = el('section');
  #flow = el('section');
  #tabs;
  #selected = 'overview';
  #endpoint;
  #panels = new Map();
  #logPanel;

  constructor(name) {
    this.name = name;
    this.#tabs = tabs('Endpoint', [
      { name: 'overview', label: 'Overview', panel: this.#overview },
      { name: 'test', label: 'Test', panel: this.#test },
      { name: 'log', label: 'Log', panel: this.#log },
      { name: 'flow', label: 'Flow', panel: this.#flow },
    ], tab => { location.hash = `#/${encodeURIComponent(name)}/${tab}`; });
    this.element = el('article', { 'aria-label': name }, this.#head, this.#tabs.list, this.#overview, this.#test, this.#log, this.#flow);
  }

  /** Shows the endpoint as it is now. */
  update(endpoint) {
    // What has not changed stays, and with it the focus.
    if (JSON.stringify(endpoint) === JSON.stringify(this.#endpoint)) return;
    this.#endpoint = endpoint;
    renew(this.#head, ...head(endpoint));
    renew(this.#overview, ...overview(endpoint));
    this.#refresh();
  }

  /** Selects a tab. */
  show(tab) {
    this.#selected = ['test', 'log', 'flow'].includes(tab) ? tab : 'overview';
    this.#tabs.select(this.#selected);
    if (this.#selected !== 'log') this.#logPanel?.close();
    this.#refresh();
  }

  close() {
    this.#logPanel?.close();
  }

  // What a tab holds is made when it is first seen, and kept while the deployments serve the same.
  #refresh() {
    if (!this.#endpoint) return;
    const names = this.#endpoint.deployments.map(d => d.name).join();
    const serving = JSON.stringify(this.#running().map(d => [d.name, d.model, d.state]));
    if (this.#selected === 'test') this.#keep(this.#test, serving, () => this.#describe(flows => new TestPanel(this.name, flows).element));
    if (this.#selected === 'flow') this.#keep(this.#flow, serving, () => this.#describe(flowPanel));
    if (this.#selected === 'log') {
      this.#keep(this.#log, names, () => {
        this.#logPanel?.close();
        this.#logPanel = new LogPanel(this.name, this.#endpoint.deployments.map(d => d.name));
        return { key: names, make: () => this.#logPanel.element };
      });
      this.#logPanel.open();
    }
  }

  // Asks what the section is to show when the cause has changed, and shows it when it differs from what is there: a conversation outlives a
  // change that does not touch its flow.
  async #keep(section, cause, ask) {
    const panel = this.#panels.get(section) ?? {};
    if (panel.cause === cause) return;
    this.#panels.set(section, { ...panel, cause });
    let asked;
    try {
      asked = await ask();
    } catch {
      // The head of the page says that the workspace has gone; the next look asks again.
      this.#panels.set(section, panel);
      return;
    }

    const { key, make } = asked;
    const now = this.#panels.get(section);
    if (now.cause !== cause || now.key === key) return;
    this.#panels.set(section, { cause, key });
    renew(section, make());
  }

  async #describe(make) {
    const flows = await this.#flows();
    return {
      // Traffic that moves between deployments of the same flow changes nothing that is to be seen.
      key: JSON.stringify([flows[0]?.flow, flows.toSorted((a, b) => a.deployment < b.deployment ? -1 : 1)]),
      make: () => flows.length > 0 ? make(flows) : el('p', { class: 'empty' }, 'No deployment of this endpoint serves a flow yet.'),
    };
  }

  // The deployments that serve, that with most traffic first.
  #running() {
    const { deployments, traffic } = this.#endpoint;
    return deployments.filter(d => d.isRunning).sort((a, b) => (traffic[b.name] ?? 0) - (traffic[a.name] ?? 0));
  }

  async #flows() {
    const answers = await Promise.all(this.#running().map(async deployment => {
      const response = await call(deploymentPath(this.name, deployment.name, 'flow'));
      return response.ok ? { deployment: deployment.name, flow: await response.json() } : null;
    }));
    return answers.filter(answer => answer);
  }
}

function head(endpoint) {
  return [
    el('div', { class: 'title' }, el('h2', {}, endpoint.name), badge(endpoint.state)),
    endpoint.description && el('p', { class: 'description' }, endpoint.description),
    el('div', { class: 'address' }, el('code', {}, endpoint.scoringUri), copyButton('Copy the scoring URI', () => endpoint.scoringUri),
      el('span', { class: 'hint' }, `Authentication: ${{ Key: 'key', AMLToken: 'token of the workspace', AADToken: 'Microsoft Entra token' }[endpoint.authMode] ?? endpoint.authMode}`)),
  ].filter(part => part);
}

function badge(state) {
  return el('span', { class: 'badge', 'data-state': state === 'Succeeded' ? 'good' : busyStates.includes(state) ? 'busy' : 'bad' }, state);
}

function overview(endpoint) {
  if (endpoint.deployments.length === 0) return [el('p', { class: 'empty' }, 'The endpoint has no deployment.')];
  const share = name => endpoint.traffic[name] ?? 0;
  const colour = name => String(endpoint.deployments.findIndex(d => d.name === name) % 6);
  const carrying = endpoint.deployments.filter(d => share(d.name) > 0);
  const bar = el('div', { class: 'traffic', role: 'img', 'aria-label': carrying.map(d => `${d.name} ${share(d.name)} %`).join(', ') || 'no traffic' },
    carrying.map(d => {
      const part = el('span', { 'data-colour': colour(d.name) });
      part.style.flexGrow = share(d.name);
      return part;
    }));
  return [
    el('h3', {}, 'Traffic'),
    bar,
    carrying.length === 0 && el('p', { class: 'hint' }, 'No deployment has traffic: calls get 404 unless they name one.'),
    el('table', { class: 'deployments' },
      el('caption', { class: 'hidden-text' }, 'Deployments'),
      el('thead', {}, el('tr', {}, ['Deployment', 'State', 'Traffic', 'Model', 'Environment', 'Size'].map(title => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, endpoint.deployments.map(d => el('tr', {},
        el('th', { scope: 'row' }, el('span', { class: 'swatch', 'data-colour': colour(d.name), 'data-idle': share(d.name) === 0 }), d.name),
        cell('State', badge(d.state)),
        cell('Traffic', percent(share(d.name)), endpoint.mirrorTraffic[d.name] ? ` + ${percent(endpoint.mirrorTraffic[d.name])} mirrored` : null),
        cell('Model', d.model ?? '–'),
        cell('Environment', d.environment ?? '–'),
        cell('Size', d.instanceType ? `${d.instanceType} × ${d.instances}` : '–'))))),
  ].filter(part => part);
}

// Where there is no room for columns each value has its title beside it.
const cell = (title, ...children) => el('td', { 'data-title': title }, ...children);

// Never broken between the number and its sign.
const percent = share => `${share}\u00a0%`;
