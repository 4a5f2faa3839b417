// Builds elements. Text becomes text nodes and nothing else, so no answer, log or flow file can bring markup.

const svgNamespace = 'http://www.w3.org/2000/svg';

export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) => fill(document.createElementNS(svgNamespace, tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (typeof value === 'boolean') {
      element.toggleAttribute(name, value);
    } else if (value != null) {
      element.setAttribute(name, value);
    }
  }

  element.append(...children.flat().filter(child => child != null && child !== false));
  return element;
}

// What a control is called; links of one page are told apart by where they lead.
const nameOf = control => control.getAttribute('href') ?? control.getAttribute('aria-label') ?? (control.labels?.[0] ?? control).textContent;

/** Replaces what an element holds. A control that has the focus keeps it when it is there again. */
export function renew(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  const name = focused && nameOf(focused);
  element.replaceChildren(...children);
  if (!focused) return;
  const again = [...element.querySelectorAll(focused.localName)].find(control => nameOf(control) === name);
  (again ?? document.getElementById('main')).focus({ preventScroll: true });
}

let ids = 0;

export const newId = () => `id-${++ids}`;

/** Says something to those who hear the page. */
export function announce(text) {
  document.getElementById('announcement').textContent = text;
}

/** A button that copies a text. */
export function copyButton(label, text) {
  const button = el('button', {
    type: 'button',
    class: 'quiet',
    'aria-label': label,
    onclick: async () => {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
      announce('Copied');
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    },
  }, 'Copy');
  return button;
}

/**
 * Tabs with their panels: arrows, Home and End move between them.
 * @param tabs objects with name, label and panel
 */
export function tabs(label, items, onselect = () => {}) {
  const list = el('div', { role: 'tablist', 'aria-label': label, class: 'tabs' });
  const buttons = items.map(item => {
    item.panel.id ||= newId();
    const button = el('button', {
      type: 'button', role: 'tab', id: newId(), 'aria-controls': item.panel.id,
      onclick: () => { select(item.name); onselect(item.name); },
      onkeydown: event => {
        const at = buttons.indexOf(button);
        const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (next !== undefined) {
          event.preventDefault();
          buttons.at(next % buttons.length).focus();
          buttons.at(next % buttons.length).click();
        }
      },
    }, item.label);
    fill(item.panel, { role: 'tabpanel', 'aria-labelledby': button.id }, []);
    return button;
  });
  list.append(...buttons);

  function select(name) {
    items.forEach((item, i) => {
      const isSelected = item.name === name;
      buttons[i].setAttribute('aria-selected', isSelected);
      buttons[i].tabIndex = isSelected ? 0 : -1;
      item.panel.hidden = !isSelected;
    });
  }

  select(items[0].name);
  return { list, select };
}
