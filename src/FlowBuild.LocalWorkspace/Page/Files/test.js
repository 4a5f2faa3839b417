import { el } from './dom.js';
import { ChatTest } from './chat.js';
import { FormTest } from './formtest.js';
import { choice } from './log.js';
import { RequestView } from './request.js';

/** The Test tab: a chat where the model's properties say so, else a form. */
export class TestPanel {
  #endpoint;
  #flows;
  #deployment;
  #stream = el('input', { type: 'checkbox', checked: true, onchange: () => this.#change() });
  #streamLabel = el('label', { class: 'toggle' }, this.#stream, 'Stream');
  #body = el('div', { class: 'test' });
  #request;
  #test;
  #shown;

  constructor(endpoint, flows) {
    this.#endpoint = endpoint;
    this.#flows = flows;
    this.#stream.checked = true;
    this.#request = new RequestView(endpoint);
    this.#deployment = choice('Deployment', [['', 'by traffic'], ...flows.map(f => [f.deployment, f.deployment])], () => this.#choose());
    this.element = el('div', { class: 'stack' }, el('div', { class: 'toolbar' }, this.#deployment.element, this.#streamLabel), this.#body);
    this.#choose();
  }

  get #current() {
    return this.#flows.find(f => f.deployment === this.#deployment.value) ?? this.#flows[0];
  }

  #choose() {
    const { flow } = this.#current;
    const key = JSON.stringify(flow);
    this.#streamLabel.hidden = !flow.canStream;
    if (key !== this.#shown) {
      this.#shown = key;
      const Test = flow.chat ? ChatTest : FormTest;
      this.#test = new Test(flow, () => ({ endpoint: this.#endpoint, deployment: this.#deployment.value, isStreamed: this.#isStreamed }), () => this.#change());
      this.#body.replaceChildren(this.#test.element, el('div', { class: 'stack beside' }, this.#test.side, this.#request.element));
    }

    this.#change();
  }

  get #isStreamed() {
    return this.#stream.checked && this.#current.flow.canStream;
  }

  async #change() {
    const { deployment, flow } = this.#current;
    this.#request.update(deployment, flow, await this.#test.body(), this.#isStreamed);
  }
}
