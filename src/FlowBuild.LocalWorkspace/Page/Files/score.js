import { call, events, parse } from './api.js';
import { el } from './dom.js';

/**
 * Calls the endpoint and hands on the answer as it grows.
 * @param request endpoint, deployment ('' for the one whose turn it is), body (text), isStreamed, signal
 * @returns the answer: status, deployment, origin, milliseconds, outputs, raw, and error (code, message) where it failed
 */
export async function score(request, onupdate = () => {}) {
  const start = performance.now();
  const answer = { outputs: {}, raw: '' };
  // Drawn once a frame, however fast the pieces come.
  let frame;
  const update = () => {
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      onupdate(answer);
    });
  };
  try {
    const response = await call(`endpoints/${encodeURIComponent(request.endpoint)}/score`, {
      method: 'POST',
      body: request.body,
      signal: request.signal,
      headers: {
        'Content-Type': 'application/json',
        Accept: request.isStreamed ? 'text/event-stream, application/json' : 'application/json',
        ...request.deployment && { 'azureml-model-deployment': request.deployment },
      },
    });
    Object.assign(answer, {
      status: response.status,
      modelStatus: response.headers.get('ms-azureml-model-error-statuscode'),
      deployment: response.headers.get('azureml-model-deployment'),
      origin: response.headers.get('x-flowbuild-answer'),
    });
    if (response.ok && response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      await readStream(response, answer, update);
    } else {
      readWhole(response.ok, await response.text(), answer);
    }
  } catch (error) {
    answer.error = error.name === 'AbortError'
      ? { code: 'Stopped', message: 'You stopped it.' }
      : { code: answer.status ? 'Interrupted' : 'NoAnswer', message: answer.status ? 'The stream was cut before its end.' : 'The workspace does not answer.' };
  }

  if (frame !== undefined) cancelAnimationFrame(frame);
  answer.milliseconds = Math.round(performance.now() - start);
  return answer;
}

async function readStream(response, answer, onupdate) {
  for await (const data of events(response)) {
    answer.raw += data + '\n';
    for (const [name, piece] of Object.entries(parse(data) ?? {})) {
      const before = Object.hasOwn(answer.outputs, name) ? answer.outputs[name] : undefined;
      answer.outputs[name] = typeof before === 'string' && typeof piece === 'string' ? before + piece : piece ?? before;
    }

    onupdate();
  }
}

function readWhole(isGood, text, answer) {
  const value = parse(text);
  answer.raw = text;
  if (!isGood) {
    answer.error = { code: value?.error?.code ?? '', message: value?.error?.message ?? text };
  } else if (value && typeof value === 'object' && !Array.isArray(value)) {
    answer.outputs = value;
  } else {
    answer.outputs = { result: value ?? text };
  }
}

/** Who answered, how and how fast; a made-up answer says so. */
export function summary(answer) {
  return el('p', { class: 'summary' },
    answer.status && el('span', { class: 'badge', 'data-state': answer.error ? 'bad' : 'good' }, String(answer.status)),
    answer.deployment && el('span', {}, answer.deployment),
    answer.milliseconds !== undefined && el('span', { class: 'number' }, `${answer.milliseconds} ms`),
    answer.origin === 'made-up' && el('span', { class: 'badge', 'data-state': 'made-up', title: 'No model was asked: the values are made up from the contract.' }, 'made up, no model was asked'),
    answer.origin === 'recorded' && el('span', { class: 'badge', 'data-state': 'recorded', title: 'The flow’s folder holds this answer for these inputs.' }, 'recorded'));
}

export function problem(answer) {
  const model = answer.modelStatus ? ` (the flow’s own status is ${answer.modelStatus})` : '';
  return el('div', { class: 'error', role: 'alert' },
    el('strong', {}, [answer.error.code, model].join('') || 'Error'), el('p', {}, answer.error.message));
}

/** A value as people read it: text as text, an image as an image, anything else as JSON. */
export function show(value) {
  if (typeof value === 'string') return el('div', { class: 'text' }, value);
  const image = imageOf(value);
  if (image?.startsWith('data:')) return picture(image);
  if (image) return el('div', { class: 'text' }, image);
  if (Array.isArray(value) && value.some(item => imageOf(item))) return el('div', { class: 'stack' }, value.map(show));
  return el('pre', {}, JSON.stringify(value, null, 2) ?? '');
}

// {"data:image/png;base64": "…"}, {"data:image/png;url": "…"} or {"type": "image_url", "image_url": {"url": "…"}}
function imageOf(value) {
  if (!value || typeof value !== 'object') return undefined;
  if (typeof value.image_url?.url === 'string') return value.image_url.url;
  const [key, content] = Object.entries(value)[0] ?? [];
  if (typeof content !== 'string' || !/^data:image\/[^;]+;(base64|url)$/.test(key ?? '')) return undefined;
  return key.endsWith(';url') ? content : `${key},${content}`;
}

// Bytes of this answer, never an address elsewhere.
function picture(uri) {
  const [, type, base64] = /^data:(image\/[a-z0-9.+*-]+);base64,([a-z0-9+/=\s]*)$/i.exec(uri) ?? [];
  if (!type) return el('div', { class: 'text' }, uri);
  try {
    const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes], { type: type.replace('*', 'png') }));
    return el('img', { src: address, alt: 'Image', onload: () => URL.revokeObjectURL(address) });
  } catch {
    return el('div', { class: 'text' }, uri);
  }
}
