import { announce, el, newId } from './dom.js';
import { imageOfFile, InputForm, requestText } from './form.js';
import { problem, score, show, summary } from './score.js';

/** A conversation: each message goes with the turns so far. */
export class ChatTest {
  #flow;
  #where;
  #onchange;
  #others;
  #turns = [];
  #log = el('div', { class: 'turns', role: 'log', 'aria-label': 'Conversation', tabindex: 0 });
  #message;
  #files;
  #send = el('button', { type: 'submit', class: 'primary' }, 'Send');
  #stop;

  constructor(flow, where, onchange) {
    this.#flow = flow;
    this.#where = where;
    this.#onchange = onchange;
    const { chat } = flow;
    const takesList = flow.inputs.find(i => i.name === chat.input).type === 'list';
    const others = flow.inputs.filter(i => i.name !== chat.input && i.name !== chat.history);
    this.#others = new InputForm(others, flow.messageFormat, onchange);
    const id = newId();
    this.#message = el('textarea', {
      id, rows: 1, placeholder: 'Write a message', autocomplete: 'off', oninput: onchange,
      onkeydown: event => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          composer.requestSubmit();
        }
      },
    });
    this.#files = takesList && el('input', { type: 'file', accept: 'image/*', multiple: true, 'aria-label': 'Images for the message', onchange });
    const composer = el('form', { class: 'composer', onsubmit: event => { event.preventDefault(); this.#submit(event.submitter); } },
      el('label', { for: id, class: 'hidden-text' }, chat.input), this.#message, this.#files, this.#send);
    this.element = el('section', { class: 'card chat', 'aria-label': 'Chat' },
      el('div', { class: 'card-head' }, el('h3', {}, 'Chat'),
        el('button', { type: 'button', class: 'quiet', onclick: () => this.#restart() }, 'New conversation')),
      this.#log, composer);
    // A required input without a value is asked for at once.
    this.side = others.length > 0 && el('details', { class: 'card', open: others.some(i => i.isRequired) }, el('summary', {}, 'Other inputs'), this.#others.element);
    this.#clear();
  }

  async body(isChecked = false) {
    // A field that is to be mended must be seen.
    if (isChecked && !(await this.#others.read(false)).isGood) this.side.open = true;
    const { members, isGood } = await this.#others.read(isChecked);
    if (isChecked && !isGood) return undefined;
    const { chat } = this.#flow;
    const history = chat.history ? [[chat.history, JSON.stringify(this.#turns, null, 2)]] : [];
    return requestText([...history, [chat.input, JSON.stringify(await this.#content())], ...members]);
  }

  // A message of a flow that takes a list is images and text.
  async #content() {
    if (!this.#files) return this.#message.value;
    const images = await Promise.all([...this.#files.files].map(file => imageOfFile(file, this.#flow.messageFormat)));
    const text = this.#flow.messageFormat === 'openai-vision' ? { type: 'text', text: this.#message.value } : this.#message.value;
    return [...images, ...this.#message.value ? [text] : []];
  }

  #restart() {
    this.#stop?.abort();
    this.#rest();
    this.#clear();
    this.#onchange();
    this.#message.focus();
  }

  #clear() {
    this.#turns = [];
    this.#log.replaceChildren(el('p', { class: 'hint' }, this.#flow.description ?? 'The conversation begins with your message.'));
  }

  async #submit(button) {
    if (this.#stop) {
      // Enter sends; only the button stops.
      if (button) this.#stop.abort();
      return;
    }

    const stop = this.#stop = new AbortController();
    let content;
    let body;
    try {
      content = await this.#content();
      body = content.length > 0 ? await this.body(true) : undefined;
    } catch {
      this.#log.append(problem({ error: { code: '', message: 'A file cannot be read, or has changed since: choose it again.' } }));
      this.#scroll();
    }

    if (body === undefined) {
      this.#rest();
      return;
    }

    if (this.#turns.length === 0) this.#log.replaceChildren();
    const { chat } = this.#flow;
    const text = el('div', { class: 'text waiting' }, '…');
    const answered = bubble('flow', this.#flow.name, text);
    answered.setAttribute('aria-busy', 'true');
    this.#log.append(
      bubble('you', 'You', typeof content === 'string' ? show(content) : el('div', { class: 'stack' }, content.map(part => show(part.text ?? part)))), answered);
    this.#scroll();
    this.#message.value = '';
    this.#message.focus();
    if (this.#files) this.#files.value = '';
    this.#send.textContent = 'Stop';
    const answer = await score({ ...this.#where(), body, signal: stop.signal }, growing => {
      const part = growing.outputs[chat.output];
      if (typeof part === 'string') {
        text.classList.remove('waiting');
        text.textContent = part;
        this.#scroll();
      }
    });
    answered.setAttribute('aria-busy', 'false');
    this.#finish(answered, answer);
    if (this.#stop !== stop) return;
    this.#rest();
    // A failed turn is no part of the conversation; the message is there again to be mended.
    if (answer.error && typeof content === 'string') this.#message.value ||= content;
    if (!answer.error) this.#turns.push({ inputs: { [chat.input]: content }, outputs: { [chat.output]: answer.outputs[chat.output] ?? '' } });
    announce(answer.error ? 'The call failed' : `${this.#flow.name}: ${typeof answer.outputs[chat.output] === 'string' ? answer.outputs[chat.output] : 'answered'}`);
    this.#onchange();
  }

  #rest() {
    this.#stop = undefined;
    this.#send.textContent = 'Send';
  }

  #finish(answered, answer) {
    const { chat } = this.#flow;
    const rest = Object.entries(answer.outputs).filter(([name]) => name !== chat.output);
    answered.replaceChildren(...[
      answered.firstChild,
      Object.hasOwn(answer.outputs, chat.output) && show(answer.outputs[chat.output]),
      answer.error && problem(answer),
      rest.length > 0 && el('details', {}, el('summary', {}, 'Other outputs'),
        el('dl', { class: 'outputs' }, rest.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, show(value))]))),
      summary(answer),
    ].filter(part => part));
    this.#scroll();
  }

  #scroll() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

const bubble = (kind, who, content) => el('article', { class: 'turn', 'data-from': kind }, el('h4', {}, who), content);
