// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import { KindSteps } from "../kind-steps.test.ts";
import { persistentVolume } from "./persistent-volume.ts";

const claims = new KindSteps("PersistentVolumeClaim");
const volumes = new KindSteps("PersistentVolume");

const claim = (spec: object, metadata = {}): object => ({
  metadata: { name: "a", namespace: "default", resourceVersion: "1", ...metadata },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});
const sourcesOf = (spec: object): unknown[] => {
  const { dataSource, dataSourceRef } = claims.created(claim(spec))["spec"] as Record<string, unknown>;
  return [dataSource, dataSourceRef];
};

test("where one source of a claim is given both are, and what the old field cannot name goes", () => {
  const snapshot = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" };
  const other = { apiGroup: "example.com", kind: "Populator", name: "p" };
  assert.deepEqual(sourcesOf({ dataSource: snapshot }), [snapshot, snapshot]);
  assert.deepEqual(sourcesOf({ dataSourceRef: other }), [other, other]);
  assert.deepEqual(sourcesOf({ dataSource: other }), [undefined, undefined]);
  assert.deepEqual(sourcesOf({ dataSourceRef: { ...other, namespace: "n" } }), [undefined, undefined]);
});

test("a claim that names its class by annotation is warned of", () => {
  const annotated = claim({}, { annotations: { "volume.beta.kubernetes.io/storage-class": "x" } });
  assert.deepEqual(claims.warnings(annotated), [
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
  ]);
});

const volume = (spec: object, annotations = {}): object => ({
  metadata: { name: "a", resourceVersion: "1", annotations },
  spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, ...spec },
});

test("mount options as an annotation need a source that is mounted with options", () => {
  const options = { "volume.beta.kubernetes.io/mount-options": "ro" };
  assert.deepEqual(volumes.mistakes(volume({ nfs: { server: "s", path: "/p" } }, options)), []);
  assert.deepEqual(volumes.mistakes(volume({ hostPath: { path: "/p" } }, options)), [
    "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type",
  ]);
});

test("a capacity that was sent empty is printed as it was sent", () => {
  const capacityOf = (fields: object): string => volumes.mistakes(volume({ hostPath: { path: "/p" }, ...fields }))[1]!;
  assert.match(capacityOf({ capacity: {} }), /Unsupported value: \{\}/);
  assert.match(capacityOf({ capacity: undefined }), /Unsupported value: null/);
});

test("the time of a volume's phase follows the phase, unless the writer says when", () => {
  const timeOf = (status: object, old: object): unknown => {
    const object = { metadata: {}, status } as KubeObject;
    persistentVolume.status!.prepareForUpdate!(object, { metadata: {}, status: old } as KubeObject, {
      userName: "a",
      userGroups: [],
      now: "now",
      dryRun: false,
    });
    return (object["status"] as Record<string, unknown>)["lastPhaseTransitionTime"];
  };
  const before = { phase: "Pending", lastPhaseTransitionTime: "then" };
  assert.equal(timeOf({ phase: "Pending" }, before), "then");
  assert.equal(timeOf({ phase: "Bound" }, before), "now");
  assert.equal(timeOf({ phase: "Bound", lastPhaseTransitionTime: "then" }, before), "now");
  assert.equal(timeOf({ phase: "Bound", lastPhaseTransitionTime: "said" }, before), "said");
});

test("the table marks the default class", () => {
  const classes = new KindSteps("StorageClass");
  const nameOf = (annotations: object): unknown =>
    classes.cells(classes.created({ metadata: { name: "a", annotations }, provisioner: "p" }))[0];
  assert.equal(nameOf({}), "a");
  assert.equal(nameOf({ "storageclass.beta.kubernetes.io/is-default-class": "true" }), "a (default)");
});

test("choices are printed as JSON, amounts by their names", () => {
  const hostPath = { path: "/p" };
  const changed = volumes.mistakesOfUpdate(volume({ hostPath }), volume({ hostPath, volumeMode: "<b>" }));
  assert.equal(changed.at(-1), 'volumeMode: Invalid value: "\\u003cb\\u003e": field is immutable');
  assert.match(
    volumes.mistakes(volume({ hostPath, capacity: { storage: "1", cpu: "1" } }))[0]!,
    /Unsupported value: \{"cpu":"1","storage":"1"\}/,
  );
});
