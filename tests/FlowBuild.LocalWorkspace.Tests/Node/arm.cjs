// Creates, updates, lists, polls and deletes every resource of the control plane with Microsoft's management client.
// Usage: node arm.cjs WORKSPACE_JSON MODEL_PATH. The process must trust the workspace's certificate (NODE_EXTRA_CA_CERTS).
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { AzureMachineLearningWorkspaces } = require('@azure/arm-machinelearning');

const workspace = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const modelUri = process.argv[3];
const credential = { getToken: async () => ({ token: workspace.token, expiresOnTimestamp: Date.now() + 3600000 }) };
const client = new AzureMachineLearningWorkspaces(credential, workspace.subscriptionId, { endpoint: workspace.controlPlane });
const at = [workspace.resourceGroup, workspace.workspace];
const polling = { updateIntervalInMs: 10 };

async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item.name);
  return items;
}

async function main() {
  assert.equal((await client.workspaces.get(...at)).location, workspace.location);
  const store = await client.datastores.get(...at, 'workspaceblobstore');
  assert.equal(store.properties.datastoreType, 'AzureBlob');
  assert.ok((await client.datastores.listSecrets(...at, 'workspaceblobstore')).key.length > 40);
  assert.deepEqual(await all(client.datastores.list(...at)), ['workspaceblobstore']);

  const model = await client.modelVersions.createOrUpdate(...at, 'js-model', '1', { properties: { modelUri, modelType: 'custom_model' } });
  assert.equal((await client.modelVersions.get(...at, 'js-model', '1')).properties.modelUri, modelUri);
  assert.deepEqual(await all(client.modelVersions.list(...at, 'js-model')), ['1']);
  assert.equal((await client.modelContainers.get(...at, 'js-model')).properties.nextVersion, '2');
  const environment = await client.environmentVersions.createOrUpdate(...at, 'js-env', '1', { properties: { image: 'a:1' } });
  assert.deepEqual(await all(client.environmentContainers.list(...at)), ['js-env']);
  await client.codeVersions.createOrUpdate(...at, 'js-code', '1', { properties: { codeUri: 'https://a/b' } });
  assert.deepEqual(await all(client.codeVersions.list(...at, 'js-code')), ['1']);

  const endpoint = { location: workspace.location, identity: { type: 'SystemAssigned' }, properties: { authMode: 'Key' } };
  await client.onlineEndpoints.beginCreateOrUpdateAndWait(...at, 'js-endpoint', endpoint, polling);
  assert.equal((await client.onlineEndpoints.get(...at, 'js-endpoint')).properties.provisioningState, 'Succeeded');
  const deployment = {
    location: workspace.location,
    sku: { name: 'Default', capacity: 1 },
    properties: { endpointComputeType: 'Managed', model: model.id, environmentId: environment.id, instanceType: 'Standard_DS3_v2' },
  };
  await client.onlineDeployments.beginCreateOrUpdateAndWait(...at, 'js-endpoint', 'blue', deployment, polling);
  assert.equal((await client.onlineDeployments.get(...at, 'js-endpoint', 'blue')).properties.provisioningState, 'Succeeded');
  assert.deepEqual(await all(client.onlineDeployments.list(...at, 'js-endpoint')), ['blue']);
  assert.deepEqual(await all(client.onlineEndpoints.list(...at)), ['js-endpoint']);
  assert.match((await client.onlineDeployments.getLogs(...at, 'js-endpoint', 'blue', {})).content, /8080/);
  const scaled = await client.onlineDeployments.beginUpdateAndWait(...at, 'js-endpoint', 'blue', { sku: { capacity: 2 } }, polling);
  assert.ok(scaled === undefined || scaled.sku === undefined || scaled.sku.capacity === 2);
  assert.equal((await client.onlineDeployments.get(...at, 'js-endpoint', 'blue')).sku.capacity, 2);

  await client.onlineEndpoints.beginCreateOrUpdateAndWait(
    ...at, 'js-endpoint', { ...endpoint, properties: { authMode: 'Key', traffic: { blue: 100 } } }, polling);
  assert.deepEqual((await client.onlineEndpoints.get(...at, 'js-endpoint')).properties.traffic, { blue: 100 });
  const before = await client.onlineEndpoints.listKeys(...at, 'js-endpoint');
  await client.onlineEndpoints.beginRegenerateKeysAndWait(...at, 'js-endpoint', { keyType: 'Primary' }, polling);
  const after = await client.onlineEndpoints.listKeys(...at, 'js-endpoint');
  assert.notEqual(after.primaryKey, before.primaryKey);
  assert.equal(after.secondaryKey, before.secondaryKey);

  await assert.rejects(
    client.onlineDeployments.beginDeleteAndWait(...at, 'js-endpoint', 'blue', polling), error => error.statusCode === 400);
  await client.onlineEndpoints.beginDeleteAndWait(...at, 'js-endpoint', polling);
  await assert.rejects(client.onlineEndpoints.get(...at, 'js-endpoint'), error => error.statusCode === 404 && error.code === 'ResourceNotFound');
  await client.modelVersions.delete(...at, 'js-model', '1');
  await client.environmentVersions.delete(...at, 'js-env', '1');
  await client.codeVersions.delete(...at, 'js-code', '1');
  assert.deepEqual(await all(client.modelVersions.list(...at, 'js-model')), []);
  console.log('ok');
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
