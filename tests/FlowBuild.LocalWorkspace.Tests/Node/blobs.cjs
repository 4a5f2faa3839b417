// Uploads a folder, lists it and downloads it with Microsoft's storage client; prints how many blobs were equal.
// Usage: node blobs.cjs CONTAINER_URI_WITH_SIGNATURE FOLDER.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ContainerClient } = require('@azure/storage-blob');

const container = new ContainerClient(process.argv[2]);
const folder = process.argv[3];
const parallel = 16;

async function each(items, work) {
  const queue = items.slice();
  await Promise.all(Array.from({ length: parallel }, async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  }));
}

async function main() {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'));
  await each(files, file => container.getBlockBlobClient(`js/${file}`).uploadFile(path.join(folder, file)));
  const listed = [];
  for await (const blob of container.listBlobsFlat({ prefix: 'js/' })) listed.push(blob.name);
  assert.deepEqual(listed.sort(), files.map(file => `js/${file}`).sort());
  let equal = 0;
  await each(files, async file => {
    const content = await container.getBlockBlobClient(`js/${file}`).downloadToBuffer();
    if (content.equals(fs.readFileSync(path.join(folder, file)))) equal++;
  });
  console.log(`${equal} of ${files.length} equal`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
