// SPDX-License-Identifier: Apache-2.0

import type { MessageTable } from "../grpc/message-codec.ts";

/** The messages of containerd's own event service, and of the events that are about containers. */
export const containerdMessages: MessageTable = {
  enums: {},
  messages: {
    SubscribeRequest: "filters:string[]=1",
    Any: "typeUrl=1 value:bytes=2",
    Envelope: "namespace=2 topic=3 event:Any=4",
    PublishRequest: "topic=1 event:Any=2",
    Empty: "",
    // Task events name the container; an exit also names the process, which is another one for an exec.
    TaskEvent: "containerId=1",
    TaskExit: "containerId=1 id=2",
    ContainerEvent: "id=1",
  },
};
