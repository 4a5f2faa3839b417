// Runs steps in a browser. Each line of standard input is a step, {"open": {…}} for a new window or {"run": "…"} for the body of a function
// that has the window as "page"; each is answered by a line {"result": …} or {"error": "…"}.
// Usage: node browser.cjs BROWSER.
'use strict';
const readline = require('node:readline');
const { chromium } = require('playwright-core');

const Step = Object.getPrototypeOf(async () => {}).constructor;

(async () => {
  const browser = await chromium.launch({ executablePath: process.argv[2], args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  let page;
  let complaints = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { open, run } = JSON.parse(line);
    let answer;
    try {
      if (open) {
        await page?.context().close();
        page = await (await browser.newContext(open)).newPage();
        complaints = [];
        page.on('pageerror', error => complaints.push(String(error)));
        page.on('dialog', dialog => { complaints.push('dialog: ' + dialog.message()); dialog.dismiss(); });
        page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()); });
      }

      answer = { result: run ? await new Step('page', 'complaints', run)(page, complaints) : null };
    } catch (error) {
      answer = { error: String(error) };
    }

    process.stdout.write(JSON.stringify({ result: null, ...answer }) + '\n');
  }

  await browser.close();
})();
