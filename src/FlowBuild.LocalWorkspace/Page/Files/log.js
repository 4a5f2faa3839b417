import { deploymentPath, watch } from './api.js';
import { el, newId } from './dom.js';

/** The log of a deployment's containers, as it grows. */
export class LogPanel {
  #endpoint;
  #deployment;
  #container;
  #lines = el('pre', { class: 'log', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Log' });
  #following = closed();

  constructor(endpoint, deployments) {
    this.#endpoint = endpoint;
    this.#deployment = choice('Deployment', deployments.map(name => [name, name]), () => this.#follow());
    this.#container = choice('Container', [['InferenceServer', 'Inference server'], ['StorageInitializer', 'Storage initializer']], () => this.#follow());
    this.element = deployments.length === 0
      ? el('p', { class: 'empty' }, 'The endpoint has no deployment.')
      : el('div', { class: 'stack' }, el('div', { class: 'toolbar' }, this.#deployment.element, this.#container.element), this.#lines);
  }

  /** Follows the log until it is closed. */
  open() {
    if (this.#following.signal.aborted && this.#deployment.value) this.#follow();
  }

  close() {
    this.#following.abort();
  }

  async #follow() {
    this.#following.abort();
    this.#following = new AbortController();
    const path = deploymentPath(this.#endpoint, this.#deployment.value, `log?container=${this.#container.value}`);
    try {
      await watch(path, this.#following.signal, lines => {
        const isAtEnd = this.#lines.scrollTop + this.#lines.clientHeight >= this.#lines.scrollHeight - 8;
        this.#lines.textContent = lines.join('\n') || 'The container has printed nothing.';
        if (isAtEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
      });
    } catch {
      // The head of the page says that the workspace has gone.
    }
  }
}

function closed() {
  const controller = new AbortController();
  controller.abort();
  return controller;
}

/** A labelled selection. */
export function choice(label, options, onchange) {
  const id = newId();
  const select = el('select', { id, onchange }, options.map(([value, text]) => el('option', { value }, text)));
  return {
    element: el('div', { class: 'choice' }, el('label', { for: id }, label), select),
    get value() { return select.value; },
  };
}
