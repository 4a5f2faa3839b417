import { parse } from './api.js';
import { announce, el } from './dom.js';
import { InputForm, requestText } from './form.js';
import { problem, score, show, summary } from './score.js';

// A field hides the member of its form that has its name.
const submit = HTMLFormElement.prototype.requestSubmit;

/** A form made from the flow's contract, and the answer beside it. */
export class FormTest {
  #flow;
  #where;
  #form;
  #anything;
  #answer = el('section', { class: 'card answer' });
  #send = el('button', { type: 'submit', class: 'primary' }, 'Send');
  #stop;

  constructor(flow, where, onchange) {
    this.#flow = flow;
    this.#where = where;
    // Without declared inputs the body is any object.
    this.#form = new InputForm(flow.acceptsAnyInput
      ? [{ name: 'Body', type: 'object', isRequired: true, default: null, example: '{}', description: 'The flow declares no inputs: any JSON object.' }]
      : flow.inputs, flow.messageFormat, onchange);
    this.#anything = flow.acceptsAnyInput;
    this.element = el('form', {
      class: 'card form', 'aria-label': 'Inputs', novalidate: true,
      onsubmit: event => { event.preventDefault(); this.#submit(event.submitter); },
      onkeydown: event => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit.call(this.element);
      },
    },
    el('h3', {}, 'Inputs'), this.#form.isEmpty ? el('p', { class: 'hint' }, 'The flow takes no inputs.') : this.#form.element,
    el('div', { class: 'actions' }, this.#send, el('span', { class: 'hint' }, 'Ctrl + Enter')));
    this.side = this.#answer;
    this.#answer.append(el('h3', {}, 'Answer'), el('p', { class: 'hint' }, 'Nothing has been sent yet.'));
  }

  async body(isChecked = false) {
    const { members, isGood } = await this.#form.read(isChecked);
    if (isChecked && !isGood) return undefined;
    return this.#anything ? members[0]?.[1] ?? '{}' : requestText(members);
  }

  async #submit(button) {
    if (this.#stop) {
      // Ctrl + Enter sends; only the button stops.
      if (button) this.#stop.abort();
      return;
    }

    this.#stop = new AbortController();
    const body = await this.body(true);
    if (body === undefined) {
      this.#stop = undefined;
      return;
    }

    this.#send.textContent = 'Stop';
    this.#answer.setAttribute('aria-busy', 'true');
    this.#show({ outputs: {} }, true);
    const answer = await score({ ...this.#where(), body, signal: this.#stop.signal }, growing => this.#show(growing, true));
    this.#stop = undefined;
    this.#send.textContent = 'Send';
    this.#answer.setAttribute('aria-busy', 'false');
    this.#show(answer, false);
    announce(answer.error ? 'The call failed' : `${answer.deployment} answered`);
  }

  #show(answer, isRunning) {
    const declared = this.#flow.outputs.map(o => o.name);
    const names = [...declared.filter(name => Object.hasOwn(answer.outputs, name)), ...Object.keys(answer.outputs).filter(name => !declared.includes(name))];
    this.#answer.replaceChildren(...[
      el('h3', {}, 'Answer'),
      isRunning && names.length === 0 && el('p', { class: 'hint waiting' }, 'Waiting for the answer…'),
      answer.status && summary(answer),
      answer.error && problem(answer),
      names.length > 0 && el('dl', { class: 'outputs' }, names.flatMap(name => [el('dt', {}, name), el('dd', {}, show(answer.outputs[name]))])),
      !isRunning && answer.raw && el('details', {}, el('summary', {}, 'As it came'), el('pre', { class: 'code' }, pretty(answer.raw))),
    ].filter(part => part));
  }
}

function pretty(raw) {
  const value = parse(raw);
  return value === undefined || raw.includes('\n') ? raw : JSON.stringify(value, null, 2);
}
