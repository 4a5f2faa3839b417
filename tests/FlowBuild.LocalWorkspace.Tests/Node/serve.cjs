// Stands for a real serving process: says that it is healthy, answers what it was given, and ends when it is asked to. One whose folder is
// called never-healthy does not become it.
// Usage: node serve.cjs FLOW_FOLDER PORT.
'use strict';
const fs = require('node:fs');
const http = require('node:http');

const [folder, port] = process.argv.slice(2);
console.log('serving starts');
http.createServer((request, response) => {
  let body = '';
  request.on('data', piece => { body += piece; });
  request.on('end', () => {
    if (body.includes('END')) process.exit(1);
    response.setHeader('Content-Type', 'application/json');
    if (folder.endsWith('never-healthy')) response.statusCode = 503;
    if (body.includes('FAIL')) response.statusCode = 400;
    response.end(JSON.stringify({ answer: body, files: fs.readdirSync(folder), variable: process.env.GREETING, path: request.url, pid: process.pid }));
  });
}).listen(Number(port), '127.0.0.1');
