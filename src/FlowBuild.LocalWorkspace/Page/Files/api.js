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

/**
 * Hands on a value as it is now and whenever it changes, until the signal aborts or the workspace ends the stream. A page that nobody sees
 * does not ask: a browser keeps six connections to an address at most, and every link opens a page more.
 */
export async function watch(path, signal, onvalue) {
  while (true) {
    if (document.hidden) await new Promise(resolve => document.addEventListener('visibilitychange', resolve, { once: true }));
    const seen = new AbortController();
    document.addEventListener('visibilitychange', () => seen.abort(), { once: true, signal: seen.signal });
    try {
      const response = await call(path, { signal: AbortSignal.any([seen.signal, ...signal ? [signal] : []]) });
      if (!response.ok) throw new Error(String(response.status));
      for await (const data of events(response)) onvalue(JSON.parse(data));
      return;
    } catch (error) {
      if (signal?.aborted || !seen.signal.aborted) throw error;
    } finally {
      seen.abort();
    }
  }
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
