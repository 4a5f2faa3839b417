import { el, newId } from './dom.js';
import { parse } from './api.js';

const whole = /^[+-]?\d+$/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A form for a flow's inputs. What is read is JSON text, so that no number is rounded. */
export class InputForm {
  #fields;

  constructor(inputs, messageFormat, onchange) {
    this.#fields = inputs.map(input => new Field(input, messageFormat, onchange));
    this.element = el('div', { class: 'fields' }, this.#fields.map(field => field.element));
  }

  get isEmpty() {
    return this.#fields.length === 0;
  }

  /** The members of the request, as pairs of name and JSON. Without a check, what does not fit is left out. */
  async read(isChecked) {
    const members = [];
    let wrong;
    for (const field of this.#fields) {
      const { json, problem } = await field.read();
      if (isChecked) field.tell(problem);
      if (problem) wrong ??= field;
      else if (json !== undefined) members.push([field.name, json]);
    }

    if (isChecked) wrong?.focus();
    return { members, isGood: !wrong };
  }
}

class Field {
  #input;
  #control;
  #file;
  #useDefault;
  #problem = el('p', { class: 'problem', id: newId() });
  #messageFormat;

  constructor(input, messageFormat, onchange) {
    this.#input = input;
    this.#messageFormat = messageFormat;
    const id = newId();
    const description = input.description && el('p', { class: 'description', id: newId() }, input.description);
    const described = [description?.id, this.#problem.id].filter(part => part).join(' ');
    this.#control = this.#makeControl(id, described);
    this.#control.addEventListener('input', onchange);
    if (input.type === 'image') {
      this.#file = el('input', {
        type: 'file', accept: 'image/*', 'aria-label': `File for ${input.name}`, 'aria-describedby': described,
        onchange: () => { if (this.#file.files.length > 0) this.#control.value = ''; onchange(); },
      });
    }

    if (!input.isRequired) {
      this.#useDefault = el('input', { type: 'checkbox', checked: true, onchange: () => { this.#enable(); onchange(); } });
      this.#useDefault.checked = true;
    }

    this.element = el('div', { class: 'field', 'data-type': input.type },
      el('div', { class: 'label' },
        el('label', { for: id }, input.name), el('span', { class: 'type' }, input.type),
        this.#useDefault
          ? el('label', { class: 'toggle' }, this.#useDefault, 'leave out')
          : el('span', { class: 'hint' }, 'required')),
      description, this.#file, this.#control, this.#problem);
    this.#enable();
  }

  get name() {
    return this.#input.name;
  }

  focus() {
    this.#control.focus();
  }

  tell(problem) {
    this.#problem.textContent = problem ?? '';
    this.#control.setAttribute('aria-invalid', Boolean(problem));
  }

  async read() {
    if (this.#useDefault?.checked) return {};
    const text = this.#control.value;
    const trimmed = text.trim();
    switch (this.#input.type) {
      case 'string': return { json: JSON.stringify(text) };
      case 'bool': return { json: text };
      case 'int': return whole.test(trimmed) ? { json: plain(trimmed) } : { problem: 'Write a whole number, such as 3.' };
      case 'double': return number.test(trimmed) ? { json: plain(trimmed) } : { problem: 'Write a number, such as 0.5.' };
      case 'image': return this.#readImage(trimmed);
      default: return this.#readJson(trimmed);
    }
  }

  // JSON has no plus, no leading zeros and no bare point.
  #readJson(text) {
    const value = parse(text);
    if (value === undefined) return { problem: this.#input.type === 'list' ? 'Write a JSON array, such as ["a", 1].' : 'Write JSON, such as {"a": 1}.' };
    if (this.#input.type === 'list' && !Array.isArray(value)) return { problem: 'Write a JSON array, such as ["a", 1].' };
    return { json: text };
  }

  async #readImage(address) {
    const file = this.#file.files[0];
    if (!file && !address) return { problem: 'Choose a file or write an address.' };
    if (!file && !URL.canParse(address)) return { problem: 'Write a whole address, such as https://example.com/cat.png.' };
    try {
      return { json: JSON.stringify(file ? await imageOfFile(file, this.#messageFormat) : image(address, undefined, this.#messageFormat)) };
    } catch {
      return { problem: 'The file cannot be read, or has changed since: choose it again.' };
    }
  }

  #makeControl(id, described) {
    const { type, name } = this.#input;
    const shared = { id, name, 'aria-describedby': described, autocomplete: 'off' };
    let control;
    if (type === 'bool') {
      control = el('select', shared, ['true', 'false'].map(word => el('option', { value: word }, word)));
    } else if (['string', 'list', 'object'].includes(type)) {
      control = el('textarea', { ...shared, rows: type === 'string' ? 1 : 2, spellcheck: type === 'string' ? null : 'false', class: type === 'string' ? null : 'code' });
    } else {
      control = el('input', { ...shared, type: type === 'image' ? 'url' : 'text', inputmode: { int: 'numeric', double: 'decimal' }[type], placeholder: type === 'image' ? 'or the address of an image' : null });
    }

    const start = this.#input.default ?? this.#input.example;
    if (start != null && type !== 'image') control.value = type === 'string' ? textOf(start) : start;
    return control;
  }

  #enable() {
    this.#control.disabled = this.#useDefault?.checked ?? false;
    if (this.#file) this.#file.disabled = this.#control.disabled;
    if (this.#control.disabled) this.tell();
  }
}

const textOf = json => {
  const value = parse(json);
  return typeof value === 'string' ? value : json;
};

const plain = text => text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1').replace(/^(-?)\./, '$10.').replace(/\.(?=e|$)/i, '.0');

/** An image file in the flow's message format. */
export async function imageOfFile(file, messageFormat) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return image(btoa(binary), file.type || 'image/png', messageFormat);
}

function image(content, type, messageFormat) {
  if (messageFormat === 'openai-vision') return { type: 'image_url', image_url: { url: type ? `data:${type};base64,${content}` : content } };
  return { [type ? `data:${type};base64` : 'data:image/*;url']: content };
}

/** The request's text. */
export function requestText(members) {
  const lines = members.map(([name, json]) => `  ${JSON.stringify(name)}: ${json.trim().replaceAll('\n', '\n  ')}`);
  return lines.length > 0 ? `{\n${lines.join(',\n')}\n}` : '{}';
}
