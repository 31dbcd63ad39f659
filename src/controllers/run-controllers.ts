// SPDX-License-Identifier: Apache-2.0

import { TaskGroup, type Clock, type Logger, type Random } from "../base/index.ts";
import { InformerFactory, type Client } from "../client/index.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { createCronJobController } from "./cronjob/cron-job-controller.ts";
import { createDaemonSetController } from "./daemonset/daemon-set-controller.ts";
import { createDeploymentController } from "./deployment/deployment-controller.ts";
import { createDisruptionController } from "./disruption/disruption-controller.ts";
import { createEndpointsController } from "./endpoints/endpoints-controller.ts";
import { createEndpointSliceController } from "./endpointslice/endpoint-slice-controller.ts";
import { createEndpointSliceMirroringController } from "./endpointslicemirroring/endpoint-slice-mirroring-controller.ts";
import { createReplicaSetController } from "./replicaset/replica-set-controller.ts";
import { createReplicationController } from "./replicationcontroller/replication-controller.ts";
import { createResourceQuotaController } from "./resourcequota/resource-quota-controller.ts";
import { createRootCaPublisher } from "./rootca/root-ca-publisher.ts";
import { createClusterRoleAggregationController } from "./clusterroleaggregation/cluster-role-aggregation-controller.ts";
import { createGarbageCollector } from "./garbagecollector/garbage-collector.ts";
import { createJobController } from "./job/job-controller.ts";
import { createNamespaceController } from "./namespace/namespace-controller.ts";
import { createNodeLifecycleController } from "./nodelifecycle/node-lifecycle-controller.ts";
import { createPodGarbageCollector } from "./podgc/pod-garbage-collector.ts";
import { createStatefulSetController } from "./statefulset/stateful-set-controller.ts";
import { createTaintEvictionController } from "./tainteviction/taint-eviction-controller.ts";
import { createTtlAfterFinishedController } from "./ttlafterfinished/ttl-after-finished-controller.ts";
import { createServiceAccountController } from "./serviceaccount/service-account-controller.ts";
import { createServiceAccountTokenController } from "./serviceaccounttoken/service-account-token-controller.ts";
import {
  createClaimProtectionController,
  createVolumeProtectionController,
} from "./volumeprotection/volume-protection-controllers.ts";

export interface ControllersOptions {
  /** The API server as seen by one controller's service account in kube-system (`deployment-controller`). */
  clientFor(name: string): Client;
  /** The API server as seen by all of them together: for what no account of a controller may do. */
  readonly client: Client;
  /** Fills the caches that all controllers share; may list and watch everything. */
  readonly informerClient?: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** PEM of what pods check the API server's certificate with. */
  readonly rootCa: string;
  /** A JWT over the claims, by the key of service account tokens. */
  signToken(claims: Readonly<Record<string, string>>): string;
}

/** May read everything, so that it can fill the caches when no client was given for that. */
const READER = "generic-garbage-collector";

const createControllers = (context: ControllerContext, options: ControllersOptions): Controller[] => [
  createReplicaSetController(context),
  createReplicationController(context),
  createDeploymentController(context),
  createDaemonSetController(context),
  createStatefulSetController(context),
  createJobController(context),
  createCronJobController(context),
  createTtlAfterFinishedController(context),
  createDisruptionController(context),
  createEndpointSliceController(context),
  createEndpointsController(context),
  createEndpointSliceMirroringController(context),
  createServiceAccountController(context),
  createServiceAccountTokenController(context, { client: options.client, content: options }),
  createRootCaPublisher(context, options),
  createNamespaceController(context),
  createNodeLifecycleController(context),
  createTaintEvictionController(context),
  createPodGarbageCollector(context),
  createClusterRoleAggregationController(context),
  createClaimProtectionController(context),
  createVolumeProtectionController(context),
  createResourceQuotaController(context),
  // Last: it shares the caches that the others ask for.
  createGarbageCollector(context),
];

/** Runs all controllers until aborted; rejects when one fails. Their caches are made anew by each call. */
export async function runControllers(
  options: ControllersOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, random, log } = options;
  const client = options.informerClient ?? options.clientFor(READER);
  const informers = new InformerFactory({ client, clock, random, log });
  const context: ControllerContext = { informers, clientFor: (name) => options.clientFor(name), clock, random, log };
  const controllers = createControllers(context, options);
  await using group = new TaskGroup(signal);
  informers.start(group);
  for (const controller of controllers) group.run(controller.name, (s) => controller.run(s));
  await group.wait();
}
