// SPDX-License-Identifier: Apache-2.0

import type { MessageTable } from "../grpc/message-codec.ts";

/** The messages of runtime.v1 (CRI) that Knarr uses: names in camelCase, field numbers of the protocol. */
export const criMessages: MessageTable = {
  enums: {
    Protocol: "TCP UDP SCTP",
    MountPropagation: "PROPAGATION_PRIVATE PROPAGATION_HOST_TO_CONTAINER PROPAGATION_BIDIRECTIONAL",
    NamespaceMode: "POD CONTAINER NODE TARGET",
    SupplementalGroupsPolicy: "Merge Strict",
    ProfileType: "RuntimeDefault Unconfined Localhost",
    PodSandboxState: "SANDBOX_READY SANDBOX_NOTREADY",
    ContainerState: "CONTAINER_CREATED CONTAINER_RUNNING CONTAINER_EXITED CONTAINER_UNKNOWN",
    Signal: `RUNTIME_DEFAULT SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT
      SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN
      SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ ${realTimeSignals()}`,
  },
  messages: {
    VersionRequest: "version=1",
    VersionResponse: "version=1 runtimeName=2 runtimeVersion=3 runtimeApiVersion=4",
    DnsConfig: "servers:string[]=1 searches:string[]=2 options:string[]=3",
    PortMapping: "protocol:Protocol=1 containerPort:int=2 hostPort:int=3 hostIp=4",
    Mount: `containerPath=1 hostPath=2 readonly:bool=3 selinuxRelabel:bool=4 propagation:MountPropagation=5
      recursiveReadOnly:bool=8 image:ImageSpec=9 imageSubPath=10`,
    IdMapping: "hostId:int=1 containerId:int=2 length:int=3",
    UserNamespace: "mode:NamespaceMode=1 uids:IdMapping[]=2 gids:IdMapping[]=3",
    NamespaceOption:
      "network:NamespaceMode=1 pid:NamespaceMode=2 ipc:NamespaceMode=3 targetId=4 usernsOptions:UserNamespace=5",
    Int64Value: "value:int=1",
    UInt64Value: "value:int=1",
    SecurityProfile: "profileType:ProfileType=1 localhostRef=2",
    SelinuxOption: "user=1 role=2 type=3 level=4",
    LinuxSandboxSecurityContext: `namespaceOptions:NamespaceOption=1 selinuxOptions:SelinuxOption=2
      runAsUser:Int64Value=3 readonlyRootfs:bool=4 supplementalGroups:int[]=5 privileged:bool=6 runAsGroup:Int64Value=8
      seccomp:SecurityProfile=9 apparmor:SecurityProfile=10 supplementalGroupsPolicy:SupplementalGroupsPolicy=11`,
    LinuxPodSandboxConfig: `cgroupParent=1 securityContext:LinuxSandboxSecurityContext=2 sysctls:map=3
      overhead:LinuxContainerResources=4 resources:LinuxContainerResources=5`,
    PodSandboxMetadata: "name=1 uid=2 namespace=3 attempt:int=4",
    PodSandboxConfig: `metadata:PodSandboxMetadata=1 hostname=2 logDirectory=3 dnsConfig:DnsConfig=4
      portMappings:PortMapping[]=5 labels:map=6 annotations:map=7 linux:LinuxPodSandboxConfig=8`,
    RunPodSandboxRequest: "config:PodSandboxConfig=1 runtimeHandler=2",
    RunPodSandboxResponse: "podSandboxId=1",
    StopPodSandboxRequest: "podSandboxId=1",
    RemovePodSandboxRequest: "podSandboxId=1",
    PodSandboxStatusRequest: "podSandboxId=1 verbose:bool=2",
    PodIp: "ip=1",
    PodSandboxNetworkStatus: "ip=1 additionalIps:PodIp[]=2",
    Namespaces: "options:NamespaceOption=2",
    LinuxPodSandboxStatus: "namespaces:Namespaces=1",
    PodSandboxStatus: `id=1 metadata:PodSandboxMetadata=2 state:PodSandboxState=3 createdAt:int=4
      network:PodSandboxNetworkStatus=5 linux:LinuxPodSandboxStatus=6 labels:map=7 annotations:map=8 runtimeHandler=9`,
    PodSandboxStatusResponse: "status:PodSandboxStatus=1 info:map=2",
    PodSandboxStateValue: "state:PodSandboxState=1",
    PodSandboxFilter: "id=1 state:PodSandboxStateValue=2 labelSelector:map=3",
    ListPodSandboxRequest: "filter:PodSandboxFilter=1",
    PodSandbox: `id=1 metadata:PodSandboxMetadata=2 state:PodSandboxState=3 createdAt:int=4 labels:map=5
      annotations:map=6 runtimeHandler=7`,
    ListPodSandboxResponse: "items:PodSandbox[]=1",
    ImageSpec: "image=1 annotations:map=2 userSpecifiedImage=18 runtimeHandler=19",
    KeyValue: "key=1 value=2",
    HugepageLimit: "pageSize=1 limit:int=2",
    LinuxContainerResources: `cpuPeriod:int=1 cpuQuota:int=2 cpuShares:int=3 memoryLimitInBytes:int=4 oomScoreAdj:int=5
      cpusetCpus=6 cpusetMems=7 hugepageLimits:HugepageLimit[]=8 unified:map=9 memorySwapLimitInBytes:int=10`,
    Capability: "addCapabilities:string[]=1 dropCapabilities:string[]=2 addAmbientCapabilities:string[]=3",
    LinuxContainerSecurityContext: `capabilities:Capability=1 privileged:bool=2 namespaceOptions:NamespaceOption=3
      selinuxOptions:SelinuxOption=4 runAsUser:Int64Value=5 runAsUsername=6 readonlyRootfs:bool=7
      supplementalGroups:int[]=8 noNewPrivs:bool=11 runAsGroup:Int64Value=12 maskedPaths:string[]=13
      readonlyPaths:string[]=14 seccomp:SecurityProfile=15 apparmor:SecurityProfile=16
      supplementalGroupsPolicy:SupplementalGroupsPolicy=17`,
    LinuxContainerConfig: "resources:LinuxContainerResources=1 securityContext:LinuxContainerSecurityContext=2",
    LinuxContainerUser: "uid:int=1 gid:int=2 supplementalGroups:int[]=3",
    ContainerMetadata: "name=1 attempt:int=2",
    Device: "containerPath=1 hostPath=2 permissions=3",
    ContainerConfig: `metadata:ContainerMetadata=1 image:ImageSpec=2 command:string[]=3 args:string[]=4 workingDir=5
      envs:KeyValue[]=6 mounts:Mount[]=7 devices:Device[]=8 labels:map=9 annotations:map=10 logPath=11 stdin:bool=12
      stdinOnce:bool=13 tty:bool=14 linux:LinuxContainerConfig=15 stopSignal:Signal=18`,
    CreateContainerRequest: "podSandboxId=1 config:ContainerConfig=2 sandboxConfig:PodSandboxConfig=3",
    CreateContainerResponse: "containerId=1",
    StartContainerRequest: "containerId=1",
    StopContainerRequest: "containerId=1 timeout:int=2",
    RemoveContainerRequest: "containerId=1",
    ContainerStateValue: "state:ContainerState=1",
    ContainerFilter: "id=1 state:ContainerStateValue=2 podSandboxId=3 labelSelector:map=4",
    ListContainersRequest: "filter:ContainerFilter=1",
    Container: `id=1 podSandboxId=2 metadata:ContainerMetadata=3 image:ImageSpec=4 imageRef=5 state:ContainerState=6
      createdAt:int=7 labels:map=8 annotations:map=9 imageId=10`,
    ListContainersResponse: "containers:Container[]=1",
    ContainerStatusRequest: "containerId=1 verbose:bool=2",
    ContainerStatus: `id=1 metadata:ContainerMetadata=2 state:ContainerState=3 createdAt:int=4 startedAt:int=5
      finishedAt:int=6 exitCode:int=7 image:ImageSpec=8 imageRef=9 reason=10 message=11 labels:map=12 annotations:map=13
      mounts:Mount[]=14 logPath=15 resources:ContainerResources=16 imageId=17 user:ContainerUser=18
      stopSignal:Signal=19`,
    ContainerStatusResponse: "status:ContainerStatus=1 info:map=2",
    ContainerResources: "linux:LinuxContainerResources=1",
    ContainerUser: "linux:LinuxContainerUser=1",
    UpdateContainerResourcesRequest: "containerId=1 linux:LinuxContainerResources=2 annotations:map=4",
    ReopenContainerLogRequest: "containerId=1",
    ExecSyncRequest: "containerId=1 cmd:string[]=2 timeout:int=3",
    ExecSyncResponse: "stdout:bytes=1 stderr:bytes=2 exitCode:int=3",
    ExecRequest: "containerId=1 cmd:string[]=2 tty:bool=3 stdin:bool=4 stdout:bool=5 stderr:bool=6",
    AttachRequest: "containerId=1 stdin:bool=2 tty:bool=3 stdout:bool=4 stderr:bool=5",
    PortForwardRequest: "podSandboxId=1 port:int[]=2",
    UrlResponse: "url=1",
    ImageFilter: "image:ImageSpec=1",
    ListImagesRequest: "filter:ImageFilter=1",
    Image: `id=1 repoTags:string[]=2 repoDigests:string[]=3 size:int=4 uid:Int64Value=5 username=6 spec:ImageSpec=7
      pinned:bool=8`,
    ListImagesResponse: "images:Image[]=1",
    ImageStatusRequest: "image:ImageSpec=1 verbose:bool=2",
    ImageStatusResponse: "image:Image=1 info:map=2",
    AuthConfig: "username=1 password=2 auth=3 serverAddress=4 identityToken=5 registryToken=6",
    PullImageRequest: "image:ImageSpec=1 auth:AuthConfig=2 sandboxConfig:PodSandboxConfig=3",
    PullImageResponse: "imageRef=1",
    RemoveImageRequest: "image:ImageSpec=1",
    RuntimeCondition: "type=1 status:bool=2 reason=3 message=4",
    RuntimeStatus: "conditions:RuntimeCondition[]=1",
    StatusRequest: "verbose:bool=1",
    RuntimeHandlerFeatures: "recursiveReadOnlyMounts:bool=1 userNamespaces:bool=2",
    RuntimeHandler: "name=1 features:RuntimeHandlerFeatures=2",
    RuntimeFeatures: "supplementalGroupsPolicy:bool=1",
    StatusResponse: "status:RuntimeStatus=1 info:map=2 runtimeHandlers:RuntimeHandler[]=3 features:RuntimeFeatures=4",
    FilesystemIdentifier: "mountpoint=1",
    FilesystemUsage: "timestamp:int=1 fsId:FilesystemIdentifier=2 usedBytes:UInt64Value=3 inodesUsed:UInt64Value=4",
    ImageFsInfoResponse: "imageFilesystems:FilesystemUsage[]=1 containerFilesystems:FilesystemUsage[]=2",
    ContainerStatsFilter: "id=1 podSandboxId=2 labelSelector:map=3",
    ListContainerStatsRequest: "filter:ContainerStatsFilter=1",
    ContainerAttributes: "id=1 metadata:ContainerMetadata=2 labels:map=3 annotations:map=4",
    CpuUsage: "timestamp:int=1 usageCoreNanoSeconds:UInt64Value=2 usageNanoCores:UInt64Value=3",
    MemoryUsage: `timestamp:int=1 workingSetBytes:UInt64Value=2 availableBytes:UInt64Value=3 usageBytes:UInt64Value=4
      rssBytes:UInt64Value=5 pageFaults:UInt64Value=6 majorPageFaults:UInt64Value=7`,
    ContainerStats:
      "attributes:ContainerAttributes=1 cpu:CpuUsage=2 memory:MemoryUsage=3 writableLayer:FilesystemUsage=4",
    ListContainerStatsResponse: "stats:ContainerStats[]=1",
    Empty: "",
  },
};

/** SIGRTMIN, SIGRTMINPLUS1 to 15, SIGRTMAXMINUS14 to 1, SIGRTMAX. */
function realTimeSignals(): string {
  const up = Array.from({ length: 15 }, (_, i) => `SIGRTMINPLUS${i + 1}`);
  const down = Array.from({ length: 14 }, (_, i) => `SIGRTMAXMINUS${14 - i}`);
  return ["SIGRTMIN", ...up, ...down, "SIGRTMAX"].join(" ");
}
