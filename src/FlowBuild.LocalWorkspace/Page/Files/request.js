import { call, deploymentPath } from './api.js';
import { copyButton, el, tabs } from './dom.js';

/** The request as JSON and as C#, as it would be sent now. */
export class RequestView {
  #endpoint;
  #json = el('pre', { class: 'code', tabindex: 0, 'aria-label': 'The request as JSON' });
  #csharp = el('pre', { class: 'code', tabindex: 0, 'aria-label': 'The call as C#' });
  #client = el('p', { class: 'hint' });
  #text = '';
  #timer;
  #turn = 0;

  constructor(endpoint) {
    this.#endpoint = endpoint;
    const json = el('div', { class: 'copied' }, this.#json, el('div', { class: 'row' }, copyButton('Copy the request', () => this.#text)));
    const csharp = el('div', { class: 'copied' }, this.#csharp,
      el('div', { class: 'row' }, this.#client, copyButton('Copy the call', () => this.#csharp.textContent)));
    const both = tabs('Request', [{ name: 'json', label: 'JSON', panel: json }, { name: 'csharp', label: 'C#', panel: csharp }]);
    this.element = el('section', { class: 'card request' }, el('div', { class: 'card-head' }, el('h3', {}, 'Request'), both.list), json, csharp);
  }

  update(deployment, flow, text, isStreamed) {
    this.#text = text;
    this.#json.textContent = shorten(text);
    this.#client.replaceChildren('client is the generated ', el('code', {}, flow.client), '.');
    clearTimeout(this.#timer);
    // The names and types are the generator's, so the workspace writes the call.
    this.#timer = setTimeout(() => this.#write(deployment, text, isStreamed), 150);
  }

  async #write(deployment, text, isStreamed) {
    const turn = ++this.#turn;
    try {
      const response = await call(deploymentPath(this.#endpoint, deployment, `csharp?stream=${isStreamed}`), { method: 'POST', body: text });
      const written = response.ok ? await response.text() : '';
      if (turn === this.#turn) this.#csharp.textContent = written;
    } catch {
      // The head of the page says that the workspace has gone.
    }
  }
}

// Images are long.
const shorten = text => text.replace(/"((?:data:[^",]*,)?[A-Za-z0-9+/=]{240,})"/g, (_, data) => `"${data.slice(0, 48)}… (${data.length} characters)"`);
