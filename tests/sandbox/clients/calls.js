// Calls a Taskcluster with the official client, as users do; prints the name of each call that works.
//
// It works with a real deployment as well: TASKCLUSTER_ROOT_URL, _CLIENT_ID and _ACCESS_TOKEN say which.
"use strict";
const assert = require("node:assert");
const taskcluster = require("taskcluster-client");

const options = taskcluster.fromEnvVars();
const [queue, index, auth, secrets, purgeCache] = ["Queue", "Index", "Auth", "Secrets", "PurgeCache"].map(
  (name) => new taskcluster[name](options),
);
const pool = `sandbox/js-${Date.now()}`;
const [provisioner, workerType] = pool.split("/");
const worker = { workerGroup: "group", workerId: "worker" };
let count = 0;

const call = (name, answer, ...expected) => {
  for (const [found, wanted] of expected) assert.deepStrictEqual(found, wanted, `${name}: ${JSON.stringify(answer)}`);
  count += 1;
  console.log(`ok ${name}`);
  return answer;
};

const main = async () => {
  const group = taskcluster.slugid();
  const definition = {
    taskQueueId: pool,
    schedulerId: "clients",
    taskGroupId: group,
    created: taskcluster.fromNowJSON("0 hours"),
    deadline: taskcluster.fromNowJSON("2 hours"),
    expires: taskcluster.fromNowJSON("2 days"),
    payload: {},
    metadata: {
      name: "called",
      description: "Made by a test of clients",
      owner: "somebody@example.com",
      source: "https://example.com/source",
    },
  };
  let answer = await queue.ping();
  call("queue.ping", answer, [answer.alive, true]);
  answer = await queue.createTask(group, definition);
  call("queue.createTask", answer, [answer.status.state, "pending"]);
  answer = await queue.task(group);
  call("queue.task", answer, [answer.metadata.name, "called"]);
  answer = await queue.status(group);
  call("queue.status", answer, [answer.status.taskId, group]);
  answer = await queue.listTaskGroup(group, { limit: 1 });
  call("queue.listTaskGroup", answer, [answer.tasks.length, 1]);
  answer = await queue.pendingTasks(pool);
  call("queue.pendingTasks", answer, [answer.pendingTasks, 1]);
  answer = await queue.claimWork(pool, { ...worker, tasks: 1 });
  call("queue.claimWork", answer, [answer.tasks[0].status.taskId, group]);
  const own = new taskcluster.Queue({ ...options, credentials: answer.tasks[0].credentials });
  const text = "Hello, artifact";
  const expires = taskcluster.fromNowJSON("1 day");
  answer = await own.createArtifact(group, 0, "public/hello.txt", {
    storageType: "s3",
    contentType: "text/plain",
    expires,
  });
  const put = await fetch(answer.putUrl, { method: "PUT", body: text, headers: { "content-type": "text/plain" } });
  call("queue.createArtifact", answer, [put.status, 200]);
  answer = await queue.listLatestArtifacts(group);
  call("queue.listLatestArtifacts", answer, [answer.artifacts.length, 1]);
  answer = await queue.latestArtifactInfo(group, "public/hello.txt");
  call("queue.latestArtifactInfo", answer, [answer.contentType, "text/plain"]);
  let url = queue.buildUrl(queue.getLatestArtifact, group, "public/hello.txt");
  call("queue.buildUrl", url, [await (await fetch(url)).text(), text]);
  url = queue.buildSignedUrl(queue.getLatestArtifact, group, "public/hello.txt", { expiration: 60 });
  call("queue.buildSignedUrl", url, [await (await fetch(url)).text(), text]);
  answer = await own.reportCompleted(group, 0);
  call("queue.reportCompleted", answer, [answer.status.state, "completed"]);
  answer = await queue.listWorkers(provisioner, workerType);
  call("queue.listWorkers", answer, [answer.workers[0].latestTask, { taskId: group, runId: 0 }]);

  const path = `clients.${Date.now()}.one`;
  answer = await index.insertTask(path, { taskId: group, rank: 1, data: {}, expires });
  call("index.insertTask", answer, [answer.namespace, path]);
  answer = await index.findTask(path);
  call("index.findTask", answer, [answer.taskId, group]);

  answer = await auth.currentScopes();
  call("auth.currentScopes", answer, [answer.scopes, ["*"]]);
  const resource = "/api/queue/v1/ping";
  const signed = auth.buildSignedUrl(auth.currentScopes, { expiration: 60 });
  const { hostname, port, pathname, search } = new URL(signed);
  answer = await auth.authenticateHawk({ method: "get", resource: pathname + search, host: hostname, port: Number(port) });
  call("auth.authenticateHawk", answer, [answer.status, "auth-success"], [answer.clientId, options.credentials.clientId]);
  answer = await auth.authenticateHawk({ method: "get", resource, host: hostname, port: Number(port) });
  call("auth.authenticateHawk without a signature", answer, [answer.status, "no-auth"]);
  const role = { scopes: ["queue:route:a"], description: "Of a test" };
  const roleId = `clients-${Date.now()}`;
  answer = await auth.createRole(roleId, role);
  call("auth.createRole", answer, [answer.scopes, role.scopes]);
  answer = await auth.expandScopes({ scopes: [`assume:${roleId}`] });
  call("auth.expandScopes", answer, [answer.scopes.includes("queue:route:a"), true]);
  const temporary = taskcluster.createTemporaryCredentials({
    clientId: "clients/temporary",
    start: taskcluster.fromNow("-1 minute"),
    expiry: taskcluster.fromNow("1 hour"),
    scopes: ["secrets:get:a"],
    credentials: options.credentials,
  });
  answer = await new taskcluster.Auth({ ...options, credentials: temporary }).currentScopes();
  call("auth.currentScopes of temporary credentials", answer, [answer.scopes.includes("secrets:get:a"), true]);

  const secret = { secret: { key: "value" }, expires };
  await secrets.set("clients/js", secret);
  answer = await secrets.get("clients/js");
  call("secrets.get", answer, [answer, secret]);
  await purgeCache.purgeCache(pool, { cacheName: "checkout" });
  answer = await purgeCache.purgeRequests(pool);
  call("purgeCache.purgeRequests", answer, [answer.requests[0].cacheName, "checkout"]);

  const refused = await queue.task(taskcluster.slugid()).catch((error) => error);
  call("an error", refused, [[refused.statusCode, refused.code], [404, "ResourceNotFound"]]);
  console.log(`${count} calls`);
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
