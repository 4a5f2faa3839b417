// Calls the workspace. The cookie goes by itself; the header proves that it is this page that calls.

const header = { 'x-flowbuild-page': localStorage.getItem('flowbuild-page') ?? '' };

export const call = (path, options = {}) =>
  fetch('/page/api/' + path, { ...options, headers: { ...header, ...options.headers } });

export const deploymentPath = (endpoint, deployment, rest) =>
  `endpoints/${encodeURIComponent(endpoint)}/deployments/${encodeURIComponent(deployment)}/${rest}`;

/** The data of a response's server-sent events, one after the other. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let data = [];
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const lines = text.split(/\r?\n/);
    text = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data:')) {
        data.push(line.slice(line[5] === ' ' ? 6 : 5));
      } else if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}

/** Hands on a value as it is now and whenever it changes, until the signal aborts or the workspace ends the stream. */
export async function watch(path, signal, onvalue) {
  const response = await call(path, { signal });
  if (!response.ok) throw new Error(String(response.status));
  for await (const data of events(response)) onvalue(JSON.parse(data));
}

/** JSON, with whole numbers that a script would round kept as text; undefined for what is no JSON. */
export function parse(text) {
  try {
    return JSON.parse(text, (_, value, context) =>
      typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value);
  } catch {
    return undefined;
  }
}
